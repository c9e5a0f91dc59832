namespace FlexFs.Conformance.Names;

/// <summary>rename(2).</summary>
public sealed class RenameTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("rename(2)")]
    public void A_name_moves_with_everything_that_it_names(Place place) => In(place, () =>
    {
        Make("f", "x"u8, O(640));
        Ok(MkDir("d"));
        var inode = Stat("f").Inode;
        Ok(Rename("f", "d/g"));
        Assert.False(Exists("f"));
        Assert.Equal((inode, O(640)), (Stat("d/g").Inode, Stat("d/g").Permissions));
        Assert.Equal("x"u8, Contents("d/g"));
    });

    [Theory, Man("XSH rename: DESCRIPTION")]
    public void The_times_of_both_folders_and_the_change_time_of_the_file_move(Place place) => In(place, () =>
    {
        Ok(MkDir("a"));
        Ok(MkDir("b"));
        Make("a/f");
        Ok(Link("a/f", "same"));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("a", () => Ok(Rename("a/f", "b/f"))) with { Accessed = false });
        Assert.Equal(Moves.ModifiedAndChanged, Moved("b", () => Ok(Rename("b/f", "a/f"))) with { Accessed = false });
        Assert.Equal(Moves.ChangedOnly, Moved("same", () => Ok(Rename("a/f", "b/f"))));
    });

    [Theory, Man("rename(2)")]
    public void What_has_the_new_name_is_replaced(Place place) => In(place, () =>
    {
        Make("f", "new"u8);
        Make("g", "old"u8);
        Ok(Link("g", "other"));
        var open = Ok(Open("g", O_RDONLY));
        Ok(Rename("f", "g"));
        Assert.Equal("new"u8, Contents("g"));
        Assert.Equal((1u, 3ul), (Stat(open).Links, Stat(open).Size));
        Assert.Equal("old"u8, Contents("other"));
        Ok(Unlink("other"));
        var bytes = new byte[5];
        Assert.Equal(3, Ok(Libc.Read(open, bytes)));
        Assert.Equal("old"u8, bytes.AsSpan(0, 3));
        Close(open);
    });

    [Theory, Man("rename(2)")]
    public void Two_names_of_one_file_both_stay(Place place) => In(place, () =>
    {
        Make("a");
        Ok(Link("a", "b"));
        Ok(Rename("a", "b"));
        Ok(Rename("a", "a"));
        Assert.Equal(["a", "b"], List("."));
        Assert.Equal(2u, Stat("a").Links);
    });

    [Theory, Man("rename(2)")]
    public void A_folder_replaces_an_empty_folder_and_the_link_counts_follow(Place place) => In(place, () =>
    {
        Ok(MkDir("p"));
        Ok(MkDir("q"));
        Ok(MkDir("p/d"));
        Make("p/d/f");
        Ok(MkDir("q/e"));
        Assert.Equal((3u, 3u), (Stat("p").Links, Stat("q").Links));
        Ok(Rename("p/d", "q/e"));
        Assert.Equal((2u, 3u), (Stat("p").Links, Stat("q").Links));
        Assert.Equal(["f"], List("q/e"));
        Assert.Equal(Stat("q").Inode, Stat("q/e/..").Inode);
        Ok(Rename("q/e", "p/x"));
        Assert.Equal((3u, 2u), (Stat("p").Links, Stat("q").Links));
        Assert.Equal(Stat("p").Inode, Stat("p/x/..").Inode);
    });

    [Theory, Man("rename(2)")]
    public void Symbolic_links_are_renamed_and_replaced_themselves(Place place) => In(place, () =>
    {
        Make("f", "x"u8);
        Ok(Symlink("f", "s"));
        Ok(Rename("s", "t"));
        Assert.Equal("f", ReadLink("t"));
        Make("g", "y"u8);
        Ok(Rename("g", "t"));
        Assert.Equal("y"u8, Contents("t"));
        Assert.Equal("x"u8, Contents("f"));
    });

    [Theory, Man("rename(2): ENOTEMPTY or EEXIST")]
    public void A_folder_that_is_not_empty_is_not_replaced(Place place) => In(place, () =>
    {
        Ok(MkDir("a"));
        Ok(MkDir("b"));
        Make("b/f");
        FailsAs(ENOTEMPTY, EEXIST, Rename("a", "b"));
        Ok(MkDir("b/c"));
        FailsAs(ENOTEMPTY, EEXIST, Rename("b/c", "b"));
    });

    [Theory, Man("rename(2): EINVAL")]
    public void A_folder_does_not_move_into_itself(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Ok(MkDir("d/e"));
        Fails(EINVAL, Rename("d", "d/x"));
        Fails(EINVAL, Rename("d", "d/e/x"));
        Fails(EINVAL, Rename("d", "d/e"));
    });

    [Theory, Man("rename(2): EISDIR, ENOTDIR")]
    public void Files_and_folders_do_not_replace_each_other(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("d"));
        Ok(Symlink("d", "s"));
        Fails(EISDIR, Rename("f", "d"));
        Fails(EISDIR, Rename("s", "d"));
        Fails(ENOTDIR, Rename("d", "f"));
        Fails(ENOTDIR, Rename("d", "s"));
        Fails(ENOTDIR, Rename("f", "g/"));
        Fails(ENOTDIR, Rename("f/", "g"));
        Fails(ENOTDIR, Rename("f/x", "g"));
        Fails(ENOTDIR, Rename("d", "f/x"));
        Ok(Rename("d/", "e/"));
    });

    [Theory, Man("rename(2): ENOENT")]
    public void What_is_not_there_is_ENOENT(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("d"));
        Fails(ENOENT, Rename("x", "y"));
        Fails(ENOENT, Rename("f", "e/y"));
        Fails(ENOENT, Rename("", "y"));
        Fails(ENOENT, Rename("f", ""));
        Fails(ENOENT, Rename("x", "d"));
    });

    [Theory, Man("rename(2): EBUSY")]
    public void Dots_at_the_end_are_EBUSY(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Fails(EBUSY, Rename("d/.", "e"));
        Fails(EBUSY, Rename("d/..", "e"));
        Fails(EBUSY, Rename("d", "."));
        Fails(EBUSY, Rename(".", "e"));
    });

    [Theory, Man("rename(2): EXDEV")]
    public void Across_file_systems_is_EXDEV(Place place) => In(place, () =>
    {
        Make("f");
        Fails(EXDEV, Rename("f", "/dev/shm/flexfs-conformance"));
        Assert.True(Exists("f"));
    });

    [Theory, Man("rename(2): EACCES")]
    public void Folders_that_may_not_be_written_or_searched_are_EACCES(Place place) => In(place, () =>
    {
        Ok(MkDir("p", O(755)));
        Make("p/f");
        Make("g");
        MakeClosedFolder("closed");
        As(Alice, () =>
        {
            Fails(EACCES, Rename("p/f", "f"));
            Fails(EACCES, Rename("g", "p/g"));
            Fails(EACCES, Rename("closed/file", "f"));
            Fails(EACCES, Rename("g", "closed/g"));
        });
    });

    [Theory, Man("rename(2): EACCES")]
    public void A_folder_that_moves_to_another_parent_must_be_writable(Place place) => In(place, () =>
    {
        Ok(MkDir("p"));
        Ok(MkDir("d", O(755)));
        As(Alice, () =>
        {
            Fails(EACCES, Rename("d", "p/d"));
            Ok(Rename("d", "e"));
        });
    });

    [Theory, Man("rename(2): EPERM")]
    public void In_a_sticky_folder_only_owners_take_or_replace(Place place) => In(place, () =>
    {
        Ok(MkDir("t", O(1777)));
        As(Bob, () => Make("t/bobs", default, O(666)));
        As(Alice, () =>
        {
            Make("t/mine");
            Fails(EPERM, Rename("t/bobs", "t/x"));
            Fails(EPERM, Rename("t/bobs", "x"));
            Fails(EPERM, Rename("t/mine", "t/bobs"));
            Ok(Rename("t/mine", "t/yours"));
        });
        Ok(ChOwn("t", 1001, 2001));
        As(Alice, () => Ok(Rename("t/bobs", "t/x")));
    });

    [Theory, Man("rename(2): ENAMETOOLONG, ELOOP")]
    public void Long_names_and_loops_are_refused(Place place) => In(place, () =>
    {
        Make("f");
        MakeLoop("loop");
        Fails(ENAMETOOLONG, Rename("f", Name256));
        Fails(ENAMETOOLONG, Rename(Name256, "g"));
        Fails(ENAMETOOLONG, Rename("f", PathTooLong));
        Fails(ELOOP, Rename("loop/f", "g"));
        Fails(ELOOP, Rename("f", "loop/g"));
        Ok(Rename("f", Name255));
        Ok(Rename("loop", "still"));
    });

    [Theory, Man("rename(2): RENAME_NOREPLACE")]
    public void NOREPLACE_leaves_what_is_there(Place place) => In(place, () =>
    {
        Make("f", "f"u8);
        Make("g", "g"u8);
        Ok(MkDir("d"));
        Ok(Symlink("nothing", "s"));
        foreach (var name in new[] { "g", "d", "s", "f" }) Fails(EEXIST, Rename("f", name, RENAME_NOREPLACE), name);
        Ok(Rename("f", "new", RENAME_NOREPLACE));
        Assert.Equal("g"u8, Contents("g"));
        Assert.Equal("f"u8, Contents("new"));
        Fails(ENOENT, Rename("f", "g2", RENAME_NOREPLACE));
    });

    [Theory, Man("rename(2): RENAME_EXCHANGE")]
    public void EXCHANGE_swaps_whatever_the_two_are(Place place) => In(place, () =>
    {
        Make("f", "f"u8);
        Ok(MkDir("d"));
        Ok(MkDir("d/e"));
        Make("d/e/inside");
        Ok(Rename("f", "d/e", RENAME_EXCHANGE));
        Assert.Equal("f"u8, Contents("d/e"));
        Assert.Equal(["inside"], List("f"));
        Assert.Equal(2u, Stat("d").Links);
        Assert.Equal(Stat(".").Inode, Stat("f/..").Inode);
        Fails(ENOENT, Rename("f", "nothing", RENAME_EXCHANGE));
        Fails(ENOENT, Rename("nothing", "f", RENAME_EXCHANGE));
        Ok(MkDir("d/x"));
        Fails(EINVAL, Rename("d", "d/x", RENAME_EXCHANGE));
        Fails(EINVAL, Rename("d/x", "d", RENAME_EXCHANGE));
    });

    [Theory, Man("rename(2): RENAME_WHITEOUT")]
    public void WHITEOUT_leaves_a_device_0_0(Place place) => In(place, () =>
    {
        Make("f", "f"u8);
        Ok(Rename("f", "g", RENAME_WHITEOUT));
        var left = Stat("f");
        Assert.Equal((Mode.IFCHR, 0u, 0u), (left.Type, left.DeviceMajor, left.DeviceMinor));
        Assert.Equal("f"u8, Contents("g"));
    });

    [Theory, Man("rename(2): EINVAL")]
    public void Flags_that_exclude_each_other_are_EINVAL(Place place) => In(place, () =>
    {
        Make("f");
        Make("g");
        Fails(EINVAL, Rename("f", "g", RENAME_NOREPLACE | RENAME_EXCHANGE));
        Fails(EINVAL, Rename("f", "g", RENAME_WHITEOUT | RENAME_EXCHANGE));
        Fails(EINVAL, Rename("f", "g", (RenameFlags)8));
    });

    [Theory, Man("rename(2): RENAME_EXCHANGE, EPERM, EACCES")]
    public void EXCHANGE_is_for_who_may_take_both(Place place) => In(place, () =>
    {
        Ok(MkDir("t", O(1777)));
        Ok(MkDir("p", O(755)));
        Make("p/f", default, O(666));
        As(Bob, () => Make("t/bobs", default, O(666)));
        As(Alice, () =>
        {
            Make("mine");
            Make("t/mine");
            Fails(EPERM, Rename("mine", "t/bobs", RENAME_EXCHANGE));
            Fails(EPERM, Rename("t/bobs", "t/mine", RENAME_EXCHANGE));
            Fails(EACCES, Rename("mine", "p/f", RENAME_EXCHANGE));
            Ok(Rename("mine", "t/mine", RENAME_EXCHANGE));
        });
    });

    [Theory, Man("XSH rename: DESCRIPTION; rename(2): RENAME_EXCHANGE")]
    public void EXCHANGE_moves_the_times_of_both_folders_and_the_change_times_of_both_files(Place place) => In(place, () =>
    {
        foreach (var folder in new[] { "a", "b" })
        {
            Ok(MkDir(folder));
            Make(folder + "/f");
            Ok(Link(folder + "/f", folder + "-same"));
        }

        void Swap() => Ok(Rename("a/f", "b/f", RENAME_EXCHANGE));
        foreach (var folder in new[] { "a", "b" }) Assert.Equal(Moves.ModifiedAndChanged, Moved(folder, Swap) with { Accessed = false });
        foreach (var file in new[] { "a-same", "b-same" }) Assert.Equal(Moves.ChangedOnly, Moved(file, Swap));
    });

    [Theory, Man("rename(2): RENAME_WHITEOUT")]
    public void WHITEOUT_goes_with_NOREPLACE_and_needs_no_privileges(Place place) => In(place, () =>
    {
        Ok(MkDir("t", O(1777)));
        As(Alice, () =>
        {
            Make("t/f", "f"u8);
            Make("t/g", "g"u8);
            Fails(EEXIST, Rename("t/f", "t/g", RENAME_WHITEOUT | RENAME_NOREPLACE));
            Ok(Rename("t/f", "t/h", RENAME_WHITEOUT | RENAME_NOREPLACE));
            Ok(Rename("t/h", "t/g", RENAME_WHITEOUT));
        });
        Assert.Equal("f"u8, Contents("t/g"));
        foreach (var name in new[] { "t/f", "t/h" })
        {
            var left = Stat(name);
            Assert.Equal((Mode.IFCHR, 0u, 0u, 1001u), (left.Type, left.DeviceMajor, left.DeviceMinor, left.Uid));
        }

        Assert.Equal(["f", "g", "h"], List("t"));
    });
}
