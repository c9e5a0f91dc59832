namespace FlexFs.Conformance.Names;

/// <summary>link(2), linkat(2).</summary>
public sealed class LinkTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("link(2)")]
    public void Both_names_are_one_file(Place place) => In(place, () =>
    {
        Make("a", "x"u8);
        Ok(Link("a", "b"));
        Assert.Equal((Stat("a").Inode, 2u), (Stat("b").Inode, Stat("b").Links));
        var file = Ok(Open("b", O_WRONLY | O_APPEND));
        Ok(Libc.Write(file, "y"u8));
        Close(file);
        Assert.Equal("xy"u8, Contents("a"));
        Ok(ChMod("a", O(600)));
        Assert.Equal(O(600), Stat("b").Permissions);
        Ok(Unlink("a"));
        Assert.Equal(1u, Stat("b").Links);
    });

    [Theory, Man("XSH link: DESCRIPTION")]
    public void The_change_time_of_the_file_and_the_folders_times_move(Place place) => In(place, () =>
    {
        Make("a");
        Ok(MkDir("d"));
        Assert.Equal(Moves.ChangedOnly, Moved("a", () => Ok(Link("a", "d/b"))));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("d", () => Ok(Link("a", "d/c"))) with { Accessed = false });
    });

    [Theory, Man("link(2): EEXIST")]
    public void A_name_that_exists_is_EEXIST(Place place) => In(place, () =>
    {
        Make("a");
        Make("b");
        Ok(MkDir("d"));
        Ok(Symlink("nothing", "s"));
        foreach (var name in new[] { "a", "b", "d", "s" }) Fails(EEXIST, Link("a", name), name);
        Assert.Equal(1u, Stat("a").Links);
    });

    [Theory, Man("link(2): EPERM")]
    public void A_folder_gets_no_second_name(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Fails(EPERM, Link("d", "e"));
        Assert.Equal(2u, Stat("d").Links);
    });

    [Theory, Man("link(2): ENOENT, ENOTDIR")]
    public void Missing_names_are_ENOENT_and_files_as_folders_ENOTDIR(Place place) => In(place, () =>
    {
        Make("a");
        Fails(ENOENT, Link("x", "b"));
        Fails(ENOENT, Link("a", "d/b"));
        Fails(ENOENT, Link("a", ""));
        Fails(ENOENT, Link("", "b"));
        Fails(ENOTDIR, Link("a/x", "b"));
        Fails(ENOTDIR, Link("a", "a/b"));
    });

    [Theory, Man("link(2): EXDEV")]
    public void Across_file_systems_is_EXDEV(Place place) => In(place, () =>
    {
        Make("a");
        Fails(EXDEV, Link("a", "/dev/shm/flexfs-conformance"));
    });

    [Theory, Man("link(2): EACCES")]
    public void Folders_that_may_not_be_written_or_searched_are_EACCES(Place place) => In(place, () =>
    {
        Make("a", default, O(666));
        Ok(MkDir("p", O(755)));
        MakeClosedFolder("closed");
        As(Alice, () =>
        {
            Fails(EACCES, Link("a", "p/b"));
            Fails(EACCES, Link("closed/file", "b"));
            Fails(EACCES, Link("a", "closed/b"));
        });
    });

    [Theory, Man("link(2): ENAMETOOLONG, ELOOP")]
    public void Long_names_and_loops_are_refused(Place place) => In(place, () =>
    {
        Make("a");
        MakeLoop("loop");
        Fails(ENAMETOOLONG, Link("a", Name256));
        Fails(ENAMETOOLONG, Link(Name256, "b"));
        Fails(ENAMETOOLONG, Link("a", PathTooLong));
        Fails(ELOOP, Link("loop/a", "b"));
        Fails(ELOOP, Link("a", "loop/b"));
    });

    [Theory, Man("linkat(2): AT_SYMLINK_FOLLOW")]
    public void A_symbolic_link_gets_the_name_itself_unless_it_is_to_be_followed(Place place) => In(place, () =>
    {
        Make("f");
        Ok(Symlink("f", "s"));
        Ok(Link("s", "t"));
        Assert.Equal((Mode.IFLNK, 2u, "f"), (Stat("t").Type, Stat("s").Links, ReadLink("t")));
        Ok(Libc.LinkAt(Here, "s", Here, "g", AT_SYMLINK_FOLLOW));
        Assert.Equal(Stat("f").Inode, Stat("g").Inode);
    });

    [Theory, Man("linkat(2): AT_EMPTY_PATH")]
    public void An_open_file_gets_a_name_by_its_descriptor_but_not_once_its_last_one_is_gone(Place place) => In(place, () =>
    {
        var file = Ok(Open("f", O_CREAT | O_RDWR, O(644)));
        Ok(Libc.LinkAt(file, "", Here, "g", AT_EMPTY_PATH));
        Assert.Equal(Stat(file).Inode, Stat("g").Inode);
        Ok(Unlink("f"));
        Ok(Unlink("g"));
        Fails(ENOENT, Libc.LinkAt(file, "", Here, "h", AT_EMPTY_PATH));
        Close(file);
    });

    [Theory, Man("linkat(2): EINVAL")]
    public void Wrong_flags_are_EINVAL(Place place) => In(place, () =>
    {
        Make("f");
        Fails(EINVAL, Libc.LinkAt(Here, "f", Here, "g", (AtFlags)0x800000));
    });

    [Theory, Man("link(2)")]
    public void Special_files_get_names_too(Place place) => In(place, () =>
    {
        Ok(MkNod("p", Mode.IFIFO | O(600)));
        Ok(MkNod("s", Mode.IFSOCK | O(600)));
        Ok(MkNod("c", Mode.IFCHR | O(600), 0x103));
        foreach (var name in new[] { "p", "s", "c" })
        {
            Ok(Link(name, name + "2"));
            Assert.Equal((Stat(name).Inode, 2u), (Stat(name + "2").Inode, Stat(name).Links));
        }
    });
}
