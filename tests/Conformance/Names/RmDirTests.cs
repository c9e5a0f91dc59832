namespace FlexFs.Conformance.Names;

/// <summary>rmdir(2), unlinkat(2) with AT_REMOVEDIR.</summary>
public sealed class RmDirTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("rmdir(2)")]
    public void An_empty_folder_goes_and_the_parents_times_move(Place place) => In(place, () =>
    {
        Ok(MkDir("p"));
        Ok(MkDir("p/d"));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("p", () => Ok(RmDir("p/d"))) with { Accessed = false });
        Assert.False(Exists("p/d"));
        Assert.Equal(2u, Stat("p").Links);
    });

    [Theory, Man("rmdir(2): ENOTEMPTY")]
    public void A_folder_with_something_in_it_is_ENOTEMPTY(Place place) => In(place, () =>
    {
        foreach (var (folder, make) in new (string, Action)[]
        {
            ("a", () => Make("a/f")), ("b", () => Ok(MkDir("b/d"))), ("c", () => Ok(Symlink("x", "c/s"))), ("d", () => Ok(MkNod("d/p", Mode.IFIFO))),
        })
        {
            Ok(MkDir(folder));
            make();
            Fails(ENOTEMPTY, RmDir(folder));
        }

        Fails(ENOTEMPTY, RmDir("b/d/.."));
    });

    [Theory, Man("rmdir(2): EINVAL")]
    public void A_dot_at_the_end_is_EINVAL(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Fails(EINVAL, RmDir("d/."));
        Fails(EINVAL, RmDir("."));
    });

    [Theory, Man("rmdir(2): ENOTDIR")]
    public void What_is_no_folder_is_ENOTDIR(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("d"));
        Ok(Symlink("d", "s"));
        Ok(MkNod("p", Mode.IFIFO));
        foreach (var name in new[] { "f", "s", "p", "f/x", "f/" }) Fails(ENOTDIR, RmDir(name), name);
        Assert.True(Exists("d"));
    });

    [Theory, Man("rmdir(2): ENOENT")]
    public void What_is_not_there_is_ENOENT(Place place) => In(place, () =>
    {
        Fails(ENOENT, RmDir("d"));
        Fails(ENOENT, RmDir("d/e"));
        Fails(ENOENT, RmDir(""));
    });

    [Theory, Man("rmdir(2): EACCES")]
    public void A_parent_that_may_not_be_written_is_EACCES(Place place) => In(place, () =>
    {
        Ok(MkDir("p", O(755)));
        Ok(MkDir("p/d"));
        MakeClosedFolder("closed");
        As(Alice, () =>
        {
            Fails(EACCES, RmDir("p/d"));
            Fails(EACCES, RmDir("closed/folder"));
        });
    });

    [Theory, Man("rmdir(2): EPERM")]
    public void In_a_sticky_folder_only_the_owner_of_either_removes(Place place) => In(place, () =>
    {
        Ok(MkDir("t", O(1777)));
        As(Bob, () => Ok(MkDir("t/bobs")));
        As(Alice, () => Fails(EPERM, RmDir("t/bobs")));
        Ok(ChOwn("t", 1001, 2001));
        As(Alice, () => Ok(RmDir("t/bobs")));
    });

    [Theory, Man("rmdir(2): ENAMETOOLONG, ELOOP")]
    public void Long_names_and_loops_are_refused(Place place) => In(place, () =>
    {
        MakeLoop("loop");
        Fails(ENAMETOOLONG, RmDir(Name256));
        Fails(ENAMETOOLONG, RmDir(PathTooLong));
        Fails(ELOOP, RmDir("loop/d"));
        Fails(ENOTDIR, RmDir("loop"));
    });

    [Theory, Man("XSH rmdir: DESCRIPTION")]
    public void A_removed_folder_that_is_open_is_empty_and_has_no_links(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        var folder = Ok(Open("d", O_RDONLY | O_DIRECTORY));
        Ok(RmDir("d"));
        Assert.Equal(0u, Stat(folder).Links);
        List<DirectoryEntry> entries = [];
        var end = DirectoryEntries.ReadAll(folder, entries);
        Assert.True(end is 0 or -(long)ENOENT, $"{end}");
        Assert.All(entries, entry => Assert.True(entry.Name == "." || entry.Name == ".."));
        Fails(ENOENT, Libc.OpenAt(folder, "x", O_RDONLY));
        Close(folder);
    });

    [Theory, Man("rmdir(2): EBUSY")]
    public void The_root_of_a_mount_is_EBUSY(Place place) => In(place, () =>
    {
        Ok(Libc.ChDir(".."));
        Fails(EBUSY, RmDir("/"));
    });
}
