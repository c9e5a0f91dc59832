namespace FlexFs.Conformance.Names;

/// <summary>mkdir(2), mkdirat(2).</summary>
public sealed class MkDirTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("mkdir(2)")]
    public void A_new_folder_has_the_mode_without_the_umask_two_links_and_the_users_ids(Place place) => In(place, () => As(Alice, () =>
    {
        _ = Libc.UMask(O(27));
        Ok(MkDir("d", O(1777)));
        _ = Libc.UMask(0);
        var found = Stat("d");
        Assert.Equal((Mode.IFDIR, O(1750), 1001u, 2001u, 2u), (found.Type, found.Permissions, found.Uid, found.Gid, found.Links));
        Assert.Empty(List("d"));
    }));

    [Theory, Man("inode(7): st_nlink")]
    public void A_folder_counts_the_folders_in_it(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Ok(MkDir("d/a"));
        Ok(MkDir("d/b/"));
        Make("d/f");
        Assert.Equal(4u, Stat("d").Links);
        Ok(RmDir("d/a"));
        Assert.Equal(3u, Stat("d").Links);
    });

    [Theory, Man("inode(7): set-group-ID")]
    public void In_a_set_group_ID_folder_group_and_bit_are_inherited(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Ok(ChOwn("d", 0, 2002));
        Ok(ChMod("d", O(2777)));
        As(Alice, () => Ok(MkDir("d/e", O(755))));
        Assert.Equal((O(2755), 1001u, 2002u), (Stat("d/e").Permissions, Stat("d/e").Uid, Stat("d/e").Gid));
    });

    [Theory, Man("XSH mkdir: DESCRIPTION")]
    public void The_parents_times_move(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("d", () => Ok(MkDir("d/e"))) with { Accessed = false });
    });

    [Theory, Man("mkdir(2): EEXIST")]
    public void What_exists_is_EEXIST(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("d"));
        Ok(Symlink("nothing", "s"));
        foreach (var name in new[] { "f", "d", "s", ".", "..", "d/", "d/." }) Fails(EEXIST, MkDir(name), name);
        Assert.False(Exists("nothing"));
    });

    [Theory, Man("mkdir(2): ENOENT")]
    public void A_missing_parent_is_ENOENT(Place place) => In(place, () =>
    {
        Ok(Symlink("nothing", "s"));
        Fails(ENOENT, MkDir("a/b"));
        Fails(ENOENT, MkDir("s/b"));
        Fails(ENOENT, MkDir(""));
    });

    [Theory, Man("mkdir(2): ENOTDIR")]
    public void A_file_as_parent_is_ENOTDIR(Place place) => In(place, () =>
    {
        Make("f");
        Fails(ENOTDIR, MkDir("f/d"));
    });

    [Theory, Man("mkdir(2): EACCES")]
    public void A_parent_that_may_not_be_written_or_searched_is_EACCES(Place place) => In(place, () =>
    {
        Ok(MkDir("readonly", O(755)));
        MakeClosedFolder("closed");
        As(Alice, () =>
        {
            Fails(EACCES, MkDir("readonly/d"));
            Fails(EACCES, MkDir("closed/d"));
        });
    });

    [Theory, Man("mkdir(2): ENAMETOOLONG")]
    public void A_name_that_is_too_long_is_ENAMETOOLONG(Place place) => In(place, () =>
    {
        Ok(MkDir(Name255));
        Fails(ENAMETOOLONG, MkDir(Name256));
        Fails(ENAMETOOLONG, MkDir(PathTooLong));
    });

    [Theory, Man("mkdir(2): ELOOP")]
    public void A_loop_is_ELOOP(Place place) => In(place, () =>
    {
        MakeLoop("loop");
        Fails(ELOOP, MkDir("loop/d"));
        Fails(EEXIST, MkDir("loop"));
    });

    [Theory, Man("mkdir(2): ENOENT")]
    public void In_a_removed_folder_nothing_can_be_made(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        var folder = Ok(Open("d", O_RDONLY | O_DIRECTORY));
        Ok(RmDir("d"));
        Fails(ENOENT, Libc.MkDirAt(folder, "e", O(755)));
        Fails(ENOENT, Libc.OpenAt(folder, "f", O_CREAT | O_RDWR, O(644)));
        Fails(ENOENT, Libc.SymlinkAt("x", folder, "s"));
        Close(folder);
    });

    [Theory, Man("mkdirat(2): EBADF, ENOTDIR")]
    public void A_wrong_open_folder_is_EBADF_or_ENOTDIR(Place place) => In(place, () =>
    {
        Make("f");
        var file = Ok(Open("f", O_RDONLY));
        Fails(ENOTDIR, Libc.MkDirAt(file, "d", O(755)));
        Fails(EBADF, Libc.MkDirAt(-1, "d", O(755)));
        Close(file);
    });
}
