namespace FlexFs.Conformance.Names;

/// <summary>name_to_handle_at(2), open_by_handle_at(2): what an NFS server asks for.</summary>
public sealed class FileHandleTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("open_by_handle_at(2)")]
    public void A_handle_opens_the_file_whatever_its_name_has_become_and_though_nobody_remembers_it(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Make("d/f", "bytes"u8);
        Ok(Libc.NameToHandleAt(Here, "d/f", out var file, out _));
        Ok(Libc.NameToHandleAt(Here, "d", out var folder, out _));
        Ok(Rename("d", "e"));
        Ok(Rename("e/f", "e/g"));
        var mount = Ok(Open(".", O_RDONLY | O_DIRECTORY));
        foreach (var isForgotten in new[] { false, true })
        {
            if (isForgotten) ForgetInodes();
            var opened = Ok(Libc.OpenByHandleAt(mount, ref file, O_RDWR));
            var bytes = new byte[10];
            Assert.Equal(5, Ok(Libc.PRead(opened, bytes, 0)));
            Assert.Equal("bytes"u8, bytes.AsSpan(0, 5));
            Close(opened);
            var directory = Ok(Libc.OpenByHandleAt(mount, ref folder, O_RDONLY | O_DIRECTORY));
            var again = Ok(Libc.OpenAt(directory, "g", O_RDONLY));
            Close(again);
            // It is connected again to where it is.
            Ok(Libc.StatxAt(directory, "..", AtFlags.None, out var parent));
            Assert.Equal(Stat(mount).Inode, parent.Inode);
            Close(directory);
        }

        Close(mount);
    });

    [Theory, Man("open_by_handle_at(2): ESTALE")]
    public void What_was_removed_is_ESTALE_and_never_another_file(Place place) => In(place, () =>
    {
        Make("f", "bytes"u8);
        Ok(Libc.NameToHandleAt(Here, "f", out var file, out _));
        Ok(Unlink("f"));
        Make("f", "others"u8);
        var mount = Ok(Open(".", O_RDONLY | O_DIRECTORY));
        Fails(ESTALE, Libc.OpenByHandleAt(mount, ref file, O_RDONLY));
        ForgetInodes();
        Fails(ESTALE, Libc.OpenByHandleAt(mount, ref file, O_RDONLY));
        Close(mount);
    });

    [Theory, Man("open_by_handle_at(2): EPERM, ESTALE, EBADF")]
    public void Only_who_may_read_all_folders_opens_by_handle(Place place) => In(place, () =>
    {
        Make("f", default, O(666));
        Ok(Libc.NameToHandleAt(Here, "f", out var file, out _));
        var mount = Ok(Open(".", O_RDONLY | O_DIRECTORY));
        As(Alice, () => Fails(EPERM, Libc.OpenByHandleAt(mount, ref file, O_RDONLY)));
        Fails(EBADF, Libc.OpenByHandleAt(-1, ref file, O_RDONLY));
        Close(mount);
    });

    // proc(5), drop_caches: names and inodes that nobody uses. Once does not get all of them.
    private static void ForgetInodes()
    {
        for (var i = 0; i < 3; i++) File.WriteAllText("/proc/sys/vm/drop_caches", "2\n");
    }
}
