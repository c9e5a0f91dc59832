namespace FlexFs.Conformance.Names;

/// <summary>symlink(2), readlink(2).</summary>
public sealed class SymlinkTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("symlink(7)")]
    public void A_symbolic_link_has_all_permissions_and_the_length_of_its_target(Place place) => In(place, () => As(Alice, () =>
    {
        Ok(Symlink("any/ target \u00fc", "s"));
        var found = Stat("s");
        Assert.Equal((Mode.IFLNK, O(777), 1001u, 2001u, 1u, 14ul), (found.Type, found.Permissions, found.Uid, found.Gid, found.Links, found.Size));
        Assert.Equal("any/ target \u00fc", ReadLink("s"));
    }));

    [Theory, Man("XSH symlink: DESCRIPTION")]
    public void The_folders_times_move(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("d", () => Ok(Symlink("x", "d/s"))) with { Accessed = false });
    });

    [Theory, Man("symlink(2): EEXIST")]
    public void A_name_that_exists_is_EEXIST(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("d"));
        Ok(Symlink("x", "s"));
        foreach (var name in new[] { "f", "d", "s", "." }) Fails(EEXIST, Symlink("y", name), name);
        Assert.Equal("x", ReadLink("s"));
    });

    [Theory, Man("symlink(2): ENOENT")]
    public void An_empty_target_or_a_missing_folder_is_ENOENT(Place place) => In(place, () =>
    {
        Fails(ENOENT, Symlink("", "s"));
        Fails(ENOENT, Symlink("x", "d/s"));
        Fails(ENOENT, Symlink("x", ""));
        Fails(ENOENT, Symlink("x", "new/"));
    });

    [Theory, Man("symlink(2): ENOTDIR, ELOOP, EACCES")]
    public void Wrong_folders_are_refused(Place place) => In(place, () =>
    {
        Make("f");
        MakeLoop("loop");
        Ok(MkDir("p", O(755)));
        MakeClosedFolder("closed");
        Fails(ENOTDIR, Symlink("x", "f/s"));
        Fails(ELOOP, Symlink("x", "loop/s"));
        As(Alice, () =>
        {
            Fails(EACCES, Symlink("x", "p/s"));
            Fails(EACCES, Symlink("x", "closed/s"));
        });
    });

    [Theory, Man("symlink(2): ENAMETOOLONG")]
    public void Names_and_targets_have_their_limits(Place place) => In(place, () =>
    {
        var target = new string('t', 4095);
        Ok(Symlink(target, "s"));
        Assert.Equal((target, 4095ul), (ReadLink("s"), Stat("s").Size));
        Fails(ENAMETOOLONG, Symlink(target + "t", "t"));
        Fails(ENAMETOOLONG, Symlink("x", Name256));
        Fails(ENAMETOOLONG, Symlink("x", PathTooLong));
        Ok(Symlink("x", Name255));
    });

    [Theory, Man("readlink(2)")]
    public void A_short_buffer_gets_the_beginning(Place place) => In(place, () =>
    {
        Ok(Symlink("0123456789", "s"));
        var bytes = new byte[4];
        Assert.Equal(4, Ok(Libc.ReadLinkAt(Here, "s", bytes)));
        Assert.Equal("0123"u8, bytes);
        Fails(EINVAL, Libc.ReadLinkAt(Here, "s", []));
    });

    [Theory, Man("readlink(2): EINVAL")]
    public void What_is_no_symbolic_link_is_EINVAL(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("d"));
        Ok(MkNod("p", Mode.IFIFO));
        foreach (var name in new[] { "f", "d", "p", "." }) Fails(EINVAL, Libc.ReadLinkAt(Here, name, new byte[10]), name);
    });

    [Theory, Man("readlink(2): ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG")]
    public void Paths_that_lead_nowhere_are_refused(Place place) => In(place, () =>
    {
        Make("f");
        MakeLoop("loop");
        MakeClosedFolder("closed");
        Ok(Symlink("x", "closed/s"));
        var buffer = new byte[10];
        Fails(ENOENT, Libc.ReadLinkAt(Here, "x", buffer));
        Fails(ENOENT, Libc.ReadLinkAt(Here, "", buffer));
        Fails(ENOTDIR, Libc.ReadLinkAt(Here, "f/s", buffer));
        Fails(ELOOP, Libc.ReadLinkAt(Here, "loop/s", buffer));
        Assert.Equal("loop", ReadLink("loop"));
        Fails(ENAMETOOLONG, Libc.ReadLinkAt(Here, Name256, buffer));
        As(Alice, () => Fails(EACCES, Libc.ReadLinkAt(Here, "closed/s", buffer)));
    });

    [Theory, Man("path_resolution(7)")]
    public void A_link_is_resolved_from_where_it_is(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Ok(MkDir("d/e"));
        Make("d/f", "here"u8);
        Ok(Symlink("../f", "d/e/up"));
        Ok(Symlink("d/e", "into"));
        Assert.Equal("here"u8, Contents("into/up"));
        Assert.Equal(Stat("d").Inode, Stat("into/..").Inode);
        Ok(Rename("d/e/up", "up"));
        Fails(ENOENT, Open("up", O_RDONLY));
    });
}
