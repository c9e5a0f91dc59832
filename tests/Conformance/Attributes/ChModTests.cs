namespace FlexFs.Conformance.Attributes;

/// <summary>chmod(2), fchmod(2).</summary>
public sealed class ChModTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("chmod(2)")]
    public void All_bits_are_kept_and_only_the_change_time_moves(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("d"));
        Ok(MkNod("p", Mode.IFIFO));
        foreach (var mode in new[] { 0, 7777, 4755, 2755, 1777, 644, 1 })
        {
            foreach (var name in new[] { "f", "d", "p" })
            {
                Ok(ChMod(name, O(mode)));
                Assert.Equal(O(mode), Stat(name).Permissions);
            }
        }

        Assert.Equal(Moves.ChangedOnly, Moved("f", () => Ok(ChMod("f", O(600)))));
        Assert.Equal(Moves.ChangedOnly, Moved("d", () => Ok(ChMod("d", O(700)))));
    });

    [Theory, Man("chmod(2): EPERM")]
    public void Only_the_owner_and_root_change_it(Place place) => In(place, () =>
    {
        Make("f", default, O(666));
        Ok(ChOwn("f", 1001, 2001));
        As(Bob, () => Fails(EPERM, ChMod("f", O(600))));
        As(Alice, () => Ok(ChMod("f", O(600))));
        Assert.Equal(O(600), Stat("f").Permissions);
    });

    [Theory, Man("chmod(2): set-group-ID")]
    public void An_owner_outside_of_the_group_does_not_set_set_group_ID(Place place) => In(place, () =>
    {
        Make("f");
        Ok(ChOwn("f", 1001, 2002));
        As(Alice, () => Ok(ChMod("f", O(2755))));
        Assert.Equal(O(755), Stat("f").Permissions);
        Ok(ChOwn("f", 1001, 2001));
        As(Alice, () => Ok(ChMod("f", O(2755))));
        Assert.Equal(O(2755), Stat("f").Permissions);
    });

    [Theory, Man("chmod(2): ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG")]
    public void Wrong_paths_are_refused(Place place) => In(place, () =>
    {
        Make("f");
        MakeLoop("loop");
        MakeClosedFolder("closed");
        Ok(Symlink("nothing", "s"));
        Fails(ENOENT, ChMod("x", O(600)));
        Fails(ENOENT, ChMod("s", O(600)));
        Fails(ENOENT, ChMod("", O(600)));
        Fails(ENOTDIR, ChMod("f/x", O(600)));
        Fails(ELOOP, ChMod("loop", O(600)));
        Fails(ENAMETOOLONG, ChMod(Name256, O(600)));
        Fails(ENAMETOOLONG, ChMod(PathTooLong, O(600)));
        As(Alice, () => Fails(EACCES, ChMod("closed/file", O(600))));
    });

    [Theory, Man("chmod(2)")]
    public void A_symbolic_link_is_followed(Place place) => In(place, () =>
    {
        Make("f");
        Ok(Symlink("f", "s"));
        Ok(ChMod("s", O(600)));
        Assert.Equal((O(600), O(777)), (Stat("f").Permissions, Stat("s").Permissions));
    });

    [Theory, Man("fchmod(2)")]
    public void An_open_file_stays_open_whatever_its_mode_becomes(Place place) => In(place, () => As(Alice, () =>
    {
        var file = Ok(Open("f", O_CREAT | O_RDWR, O(600)));
        Ok(Libc.FChMod(file, 0));
        Ok(Libc.Write(file, "still"u8));
        Fails(EACCES, Open("f", O_RDONLY));
        Ok(Unlink("f"));
        Ok(Libc.FChMod(file, O(640)));
        Assert.Equal(O(640), Stat(file).Permissions);
        Close(file);
        Fails(EBADF, Libc.FChMod(file, O(600)));
    }));

    [Theory, Man("umask(2)")]
    public void The_umask_does_not_touch_chmod(Place place) => In(place, () =>
    {
        Make("f");
        _ = Libc.UMask(O(777));
        Ok(ChMod("f", O(666)));
        Assert.Equal(O(666), Stat("f").Permissions);
    });
}
