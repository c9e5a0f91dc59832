namespace FlexFs.Conformance.Attributes;

/// <summary>stat(2), lstat(2), fstat(2), statx(2).</summary>
public sealed class StatTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("stat(2): ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EBADF, EACCES")]
    public void Wrong_paths_are_refused(Place place) => In(place, () =>
    {
        Make("f");
        MakeLoop("loop");
        MakeClosedFolder("closed");
        Ok(Symlink("nothing", "s"));
        Fails(ENOENT, StatOf("x", out _));
        Fails(ENOENT, StatOf("s", out _));
        Fails(ENOENT, StatOf("", out _));
        Fails(ENOTDIR, StatOf("f/x", out _));
        Fails(ENOTDIR, StatOf("f/", out _));
        Fails(ENOTDIR, StatOf("f/.", out _));
        Fails(ELOOP, StatOf("loop", out _));
        Fails(ENAMETOOLONG, StatOf(Name256, out _));
        Fails(ENAMETOOLONG, StatOf(PathTooLong, out _));
        Fails(EBADF, Libc.StatxAt(-1, "f", AtFlags.None, out _));
        As(Alice, () => Fails(EACCES, StatOf("closed/file", out _)));
        Assert.Equal(Mode.IFLNK, Stat("s").Type);
    });

    [Theory, Man("statx(2): EINVAL")]
    public void Unknown_flags_are_EINVAL(Place place) => In(place, () =>
    {
        Make("f");
        Fails(EINVAL, Libc.StatxAt(Here, "f", (AtFlags)0x800000, out _));
        Fails(EINVAL, Libc.StatxAt(Here, "f", AtFlags.None, out _, mask: 0x80000000));
    });

    [Theory, Man("inode(7)")]
    public void A_files_number_and_device_stay_through_rename_and_reopen(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("d"));
        var (inode, major, minor) = (Stat("f").Inode, Stat("f").MountMajor, Stat("f").MountMinor);
        Assert.NotEqual(0ul, inode);
        Ok(Rename("f", "d/g"));
        var file = Ok(Open("d/g", O_RDONLY));
        Assert.Equal((inode, major, minor), (Stat(file).Inode, Stat(file).MountMajor, Stat(file).MountMinor));
        Assert.Equal((major, minor), (Stat("d").MountMajor, Stat("d").MountMinor));
        Assert.NotEqual(inode, Stat("d").Inode);
        Close(file);
    });

    [Theory, Man("stat(2): st_blocks, st_blksize")]
    public void Blocks_are_what_is_allocated_and_the_block_size_is_a_power_of_two(Place place) => In(place, () =>
    {
        Make("f", new byte[1_000_000]);
        var file = Ok(Open("f", O_RDWR));
        Ok(Libc.FSync(file));
        var found = Stat(file);
        Assert.True(found.Blocks * 512 >= 1_000_000 && found.Blocks * 512 < 1_200_000, $"{found.Blocks} blocks");
        Assert.Equal(0u, found.BlockSize & (found.BlockSize - 1));
        Ok(Libc.FTruncate(file, 0));
        Ok(Libc.FTruncate(file, 1L << 30));
        Ok(Libc.FSync(file));
        Assert.True(Stat(file).Blocks < 100, $"{Stat(file).Blocks} blocks of a hole");
        Close(file);
    });

    [Theory, Man("statx(2): stx_btime")]
    public void The_time_of_birth_stays(Place place) => In(place, () =>
    {
        Make("f");
        Ok(Libc.StatxAt(Here, "f", AtFlags.None, out var before));
        Assert.NotEqual(0u, before.Mask & 0x800);
        Assert.True(before.Born.Total <= before.Changed.Total && before.Born.Seconds > 1_500_000_000);
        Ok(ChMod("f", O(600)));
        Ok(Libc.UTimeNsAt(Here, "f", new Timespec(5, 5), new Timespec(5, 5)));
        Ok(Rename("f", "g"));
        Ok(Libc.StatxAt(Here, "g", AtFlags.None, out var after));
        Assert.Equal(before.Born, after.Born);
    });

    [Theory, Man("statx(2): AT_EMPTY_PATH")]
    public void An_open_folder_tells_its_own(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        var folder = Ok(Open("d", O_RDONLY | O_DIRECTORY));
        Assert.Equal(Stat("d").Inode, Stat(folder).Inode);
        Assert.Equal(Stat(".").Inode, Stat("d/..").Inode);
        Close(folder);
    });

    [Theory, Man("statfs(2), XSH statvfs")]
    public void The_file_system_tells_its_size_and_limits(Place place) => In(place, () =>
    {
        Make("f");
        Ok(Libc.StatFs(".", out var found));
        Assert.Equal(255, found.NameBytesMax);
        Assert.True(found.BlockSize > 0 && found.FragmentSize > 0);
        Assert.True(found.Available <= found.Free && found.Free <= found.Blocks && found.FilesFree <= found.Files);
        Fails(ENOENT, Libc.StatFs("x", out _));
        Fails(ENOTDIR, Libc.StatFs("f/x", out _));
        Fails(EBADF, Libc.FStatFs(-1, out _));
        MakeLoop("loop");
        Fails(ELOOP, Libc.StatFs("loop", out _));
        Fails(ENAMETOOLONG, Libc.StatFs(Name256, out _));
    });

    [Theory, Man("mount(8): relatime")]
    public void A_read_moves_the_access_time_once_after_a_change_and_once_a_day(Place place) => In(place, () =>
    {
        Make("f", "x"u8);
        Ok(MkDir("d"));
        Make("d/f");
        (string Name, Action Look)[] looks = [("f", () => Contents("f")), ("d", () => List("d"))];
        foreach (var (name, look) in looks)
        {
            var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            // Later than its changes and of today: a look moves nothing.
            Ok(Libc.UTimeNsAt(Here, name, new Timespec(now + 5, 0), new Timespec(now - 100, 0)));
            Assert.Equal(Moves.Nothing, Moved(name, look));
            // Older than its change.
            Ok(Libc.UTimeNsAt(Here, name, new Timespec(now - 100, 0), new Timespec(now - 50, 0)));
            Assert.Equal(Moves.Nothing with { Accessed = true }, Moved(name, look));
            Assert.Equal(Moves.Nothing, Moved(name, look));
        }
    });

    [Theory, Man("open(2): O_NOATIME")]
    public void With_O_NOATIME_a_read_moves_no_access_time(Place place) => In(place, () =>
    {
        Make("f", "x"u8);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Ok(Libc.UTimeNsAt(Here, "f", new Timespec(now - 100, 0), new Timespec(now - 50, 0)));
        Assert.Equal(Moves.Nothing, Moved("f", () =>
        {
            var file = Ok(Open("f", O_RDONLY | O_NOATIME));
            Assert.Equal(1, Ok(Libc.Read(file, new byte[5])));
            Close(file);
        }));
    });
}
