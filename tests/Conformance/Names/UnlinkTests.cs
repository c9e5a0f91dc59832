namespace FlexFs.Conformance.Names;

/// <summary>unlink(2), unlinkat(2).</summary>
public sealed class UnlinkTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("unlink(2)")]
    public void A_name_goes_and_the_folders_times_move(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Make("d/f");
        Ok(MkNod("d/p", Mode.IFIFO));
        Ok(Symlink("x", "d/s"));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("d", () => Ok(Unlink("d/f"))) with { Accessed = false });
        Ok(Unlink("d/p"));
        Ok(Unlink("d/s"));
        Assert.Empty(List("d"));
        Fails(ENOENT, Unlink("d/f"));
    });

    [Theory, Man("XSH unlink: DESCRIPTION")]
    public void Of_a_file_with_other_names_the_count_falls_and_the_change_time_moves(Place place) => In(place, () =>
    {
        Make("a", "x"u8);
        Ok(Link("a", "b"));
        Assert.Equal(Moves.ChangedOnly, Moved("a", () => Ok(Unlink("b"))));
        Assert.Equal(1u, Stat("a").Links);
        Assert.Equal("x"u8, Contents("a"));
    });

    [Theory, Man("unlink(2): a file that is open")]
    public void An_open_file_lives_until_its_last_close(Place place) => In(place, () =>
    {
        var file = Ok(Open("f", O_CREAT | O_RDWR, O(644)));
        Ok(Libc.Write(file, "before"u8));
        Ok(Unlink("f"));
        Assert.Equal(0u, Stat(file).Links);
        Ok(Libc.Write(file, "after"u8));
        Ok(Libc.FChMod(file, O(600)));
        Ok(Libc.FTruncate(file, 8));
        var bytes = new byte[20];
        Assert.Equal(8, Ok(Libc.PRead(file, bytes, 0)));
        Assert.Equal("beforeaf"u8, bytes.AsSpan(0, 8));
        Make("f", "another"u8);
        Assert.NotEqual(Stat(file).Inode, Stat("f").Inode);
        Assert.Equal(8ul, Stat(file).Size);
        Close(file);
        Assert.Equal("another"u8, Contents("f"));
    });

    [Theory, Man("unlink(2)")]
    public void A_symbolic_link_goes_and_its_target_stays(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("d"));
        Ok(Symlink("f", "s"));
        Ok(Symlink("d", "t"));
        Ok(Unlink("s"));
        Fails(ENOTDIR, Unlink("t/"));
        Ok(Unlink("t"));
        Assert.Equal(["d", "f"], List("."));
    });

    [Theory, Man("unlink(2): EISDIR")]
    public void A_folder_is_EISDIR(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Fails(EISDIR, Unlink("d"));
        Fails(EISDIR, Unlink("d/"));
        Fails(EISDIR, Unlink("."));
    });

    [Theory, Man("unlink(2): ENOENT, ENOTDIR")]
    public void What_is_not_there_is_ENOENT_and_below_a_file_ENOTDIR(Place place) => In(place, () =>
    {
        Make("f");
        Fails(ENOENT, Unlink("x"));
        Fails(ENOENT, Unlink("d/x"));
        Fails(ENOENT, Unlink(""));
        Fails(ENOTDIR, Unlink("f/x"));
        Fails(ENOTDIR, Unlink("f/"));
    });

    [Theory, Man("unlink(2): EACCES")]
    public void A_folder_that_may_not_be_written_or_searched_is_EACCES(Place place) => In(place, () =>
    {
        Ok(MkDir("p", O(755)));
        Make("p/f", default, O(666));
        MakeClosedFolder("closed");
        As(Alice, () =>
        {
            Fails(EACCES, Unlink("p/f"));
            Fails(EACCES, Unlink("closed/file"));
        });
        Ok(ChMod("p", O(733)));
        As(Alice, () => Ok(Unlink("p/f")));
    });

    [Theory, Man("unlink(2): EPERM")]
    public void In_a_sticky_folder_only_the_owner_of_either_removes(Place place) => In(place, () =>
    {
        Ok(MkDir("t", O(1777)));
        As(Bob, () => Make("t/bobs", default, O(666)));
        As(Alice, () =>
        {
            Fails(EPERM, Unlink("t/bobs"));
            Make("t/mine");
            Ok(Unlink("t/mine"));
        });
        Ok(ChOwn("t", 1001, 2001));
        As(Alice, () => Ok(Unlink("t/bobs")));
    });

    [Theory, Man("unlink(2): ENAMETOOLONG, ELOOP")]
    public void Long_names_and_loops_are_refused(Place place) => In(place, () =>
    {
        MakeLoop("loop");
        Fails(ENAMETOOLONG, Unlink(Name256));
        Fails(ENAMETOOLONG, Unlink(PathTooLong));
        Fails(ELOOP, Unlink("loop/f"));
        Ok(Unlink("loop"));
    });

    [Theory, Man("unlinkat(2): EINVAL, EBADF")]
    public void Wrong_flags_are_EINVAL_and_a_wrong_folder_EBADF(Place place) => In(place, () =>
    {
        Make("f");
        Fails(EINVAL, Libc.UnlinkAt(Here, "f", AT_SYMLINK_FOLLOW));
        Fails(EBADF, Libc.UnlinkAt(-1, "f"));
        Assert.True(Exists("f"));
    });
}
