namespace FlexFs.Conformance.Attributes;

/// <summary>chown(2), lchown(2), fchown(2), fchownat(2).</summary>
public sealed class ChOwnTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("chown(2)")]
    public void Root_gives_anything_to_anybody_and_the_change_time_moves(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("d"));
        Assert.Equal(Moves.ChangedOnly, Moved("f", () => Ok(ChOwn("f", 1001, 2002))));
        Ok(ChOwn("d", 1002, 2001));
        Assert.Equal((1001u, 2002u, 1002u, 2001u), (Stat("f").Uid, Stat("f").Gid, Stat("d").Uid, Stat("d").Gid));
        Ok(ChOwn("f", int.MaxValue, int.MaxValue));
        Assert.Equal((uint)int.MaxValue, Stat("f").Uid);
        Ok(ChOwn("f", unchecked((int)4_000_000_000), 5));
        Assert.Equal((4_000_000_000u, 5u), (Stat("f").Uid, Stat("f").Gid));
    });

    [Theory, Man("chown(2): -1")]
    public void Minus_one_leaves_an_owner_as_it_is(Place place) => In(place, () =>
    {
        Make("f");
        Ok(ChOwn("f", 1001, 2001));
        Ok(ChOwn("f", -1, 2002));
        Assert.Equal((1001u, 2002u), (Stat("f").Uid, Stat("f").Gid));
        Ok(ChOwn("f", 1002, -1));
        Assert.Equal((1002u, 2002u), (Stat("f").Uid, Stat("f").Gid));
        Ok(ChOwn("f", -1, -1));
        Assert.Equal((1002u, 2002u), (Stat("f").Uid, Stat("f").Gid));
    });

    [Theory, Man("chown(2): EPERM")]
    public void A_user_gives_nothing_away_but_to_groups_of_his(Place place) => In(place, () =>
    {
        Make("f");
        Ok(ChOwn("f", 1001, 2001));
        As(Bob, () =>
        {
            Fails(EPERM, ChOwn("f", 1002, -1));
            Fails(EPERM, ChOwn("f", -1, 2002));
        });
        As(new Identity(1001, 2001, 3000), () =>
        {
            Fails(EPERM, ChOwn("f", 1002, -1));
            Fails(EPERM, ChOwn("f", -1, 2002));
            Ok(ChOwn("f", -1, 3000));
            Ok(ChOwn("f", 1001, 2001));
            Ok(ChOwn("f", -1, 3000));
        });
        Assert.Equal((1001u, 3000u), (Stat("f").Uid, Stat("f").Gid));
    });

    [Theory, Man("chown(2): set-user-ID")]
    public void Set_user_ID_and_set_group_ID_of_a_program_are_cleared(Place place) => In(place, () =>
    {
        Make("f", default, O(6755));
        Ok(ChMod("f", O(6755)));
        Ok(ChOwn("f", 1001, 2001));
        Assert.Equal(O(755), Stat("f").Permissions);
        Ok(ChMod("f", O(6755)));
        As(Alice, () => Ok(ChOwn("f", -1, 2001)));
        Assert.Equal(O(755), Stat("f").Permissions);
    });

    [Theory, Man("chown(2)")]
    public void Bits_of_a_folder_stay(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Ok(ChMod("d", O(7777)));
        Ok(ChOwn("d", 1001, 2001));
        Assert.Equal(O(7777), Stat("d").Permissions);
    });

    [Theory, Man("lchown(2)")]
    public void A_symbolic_link_itself_or_its_target(Place place) => In(place, () =>
    {
        Make("f");
        Ok(Symlink("f", "s"));
        Ok(Symlink("nothing", "dangling"));
        Ok(LChOwn("s", 1001, 2001));
        Assert.Equal((1001u, 0u), (Stat("s").Uid, Stat("f").Uid));
        Ok(ChOwn("s", 1002, 2002));
        Assert.Equal((1001u, 1002u), (Stat("s").Uid, Stat("f").Uid));
        Ok(LChOwn("dangling", 1001, 2001));
        Fails(ENOENT, ChOwn("dangling", 1001, 2001));
    });

    [Theory, Man("chown(2): ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG; fchownat(2): EINVAL, EBADF")]
    public void Wrong_paths_and_flags_are_refused(Place place) => In(place, () =>
    {
        Make("f");
        MakeLoop("loop");
        MakeClosedFolder("closed");
        Fails(ENOENT, ChOwn("x", 0, 0));
        Fails(ENOENT, ChOwn("", 0, 0));
        Fails(ENOTDIR, ChOwn("f/x", 0, 0));
        Fails(ELOOP, ChOwn("loop", 0, 0));
        Ok(LChOwn("loop", 1, 1));
        Fails(ENAMETOOLONG, ChOwn(Name256, 0, 0));
        Fails(ENAMETOOLONG, ChOwn(PathTooLong, 0, 0));
        As(Alice, () => Fails(EACCES, ChOwn("closed/file", 1001, 2001)));
        Fails(EINVAL, Libc.FChOwnAt(Here, "f", 0, 0, (AtFlags)0x800000));
        Fails(EBADF, Libc.FChOwn(-1, 0, 0));
    });

    [Theory, Man("fchown(2)")]
    public void By_an_open_file_also_one_without_a_name(Place place) => In(place, () =>
    {
        var file = Ok(Open("f", O_CREAT | O_RDWR, O(600)));
        Ok(Unlink("f"));
        Ok(Libc.FChOwn(file, 1001, 2001));
        Assert.Equal((1001u, 2001u), (Stat(file).Uid, Stat(file).Gid));
        Close(file);
    });
}
