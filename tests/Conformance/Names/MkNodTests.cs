using System.Net.Sockets;

namespace FlexFs.Conformance.Names;

/// <summary>mknod(2), mkfifo(3).</summary>
public sealed class MkNodTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("mknod(2)")]
    public void Every_kind_is_made_with_the_mode_without_the_umask(Place place) => In(place, () =>
    {
        _ = Libc.UMask(O(22));
        foreach (var (name, type) in new[] { ("r", Mode.IFREG), ("p", Mode.IFIFO), ("s", Mode.IFSOCK), ("c", Mode.IFCHR), ("b", Mode.IFBLK) })
        {
            Ok(MkNod(name, type | O(666), 0x103));
            Assert.Equal((type, O(644), 1u), (Stat(name).Type, Stat(name).Permissions, Stat(name).Links));
        }

        Ok(MkNod("zero", O(600)));
        Assert.Equal(Mode.IFREG, Stat("zero").Type);
    });

    [Theory, Man("makedev(3)")]
    public void Large_device_numbers_are_kept(Place place) => In(place, () =>
    {
        // The kernel's encoding: 12 bits of major, 20 of minor, as MKDEV and new_encode_dev have them.
        foreach (var (major, minor) in new[] { (1u, 3u), (259u, 0u), (4095u, 0xfffffu), (8u, 0x12345u) })
        {
            var name = $"d{major}-{minor}";
            Ok(MkNod(name, Mode.IFCHR | O(600), (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12)));
            Assert.Equal((major, minor), (Stat(name).DeviceMajor, Stat(name).DeviceMinor));
        }
    });

    [Theory, Man("mknod(2): EPERM")]
    public void Devices_are_for_root_and_folders_for_mkdir(Place place) => In(place, () =>
    {
        Fails(EPERM, MkNod("d", Mode.IFDIR | O(755)));
        Fails(EINVAL, MkNod("l", Mode.IFLNK | O(755)));
        As(Alice, () =>
        {
            Fails(EPERM, MkNod("c", Mode.IFCHR | O(600), 0x103));
            Fails(EPERM, MkNod("b", Mode.IFBLK | O(600), 0x103));
            Ok(MkNod("p", Mode.IFIFO | O(600)));
            Ok(MkNod("s", Mode.IFSOCK | O(600)));
            Ok(MkNod("r", Mode.IFREG | O(600)));
        });
        Assert.Equal((1001u, 2001u), (Stat("p").Uid, Stat("p").Gid));
    });

    [Theory, Man("mknod(2): EEXIST, ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG")]
    public void Wrong_paths_are_refused(Place place) => In(place, () =>
    {
        Make("f");
        Ok(Symlink("nothing", "s"));
        MakeLoop("loop");
        Ok(MkDir("p", O(755)));
        MakeClosedFolder("closed");
        const uint fifo = Mode.IFIFO | 0x180;
        Fails(EEXIST, MkNod("f", fifo));
        Fails(EEXIST, MkNod("s", fifo));
        Fails(ENOENT, MkNod("d/x", fifo));
        Fails(ENOENT, MkNod("", fifo));
        Fails(ENOTDIR, MkNod("f/x", fifo));
        Fails(ELOOP, MkNod("loop/x", fifo));
        Fails(ENAMETOOLONG, MkNod(Name256, fifo));
        Fails(ENAMETOOLONG, MkNod(PathTooLong, fifo));
        As(Alice, () =>
        {
            Fails(EACCES, MkNod("p/x", fifo));
            Fails(EACCES, MkNod("closed/x", fifo));
        });
    });

    [Theory, Man("fifo(7)")]
    public void What_is_written_into_a_FIFO_comes_out(Place place) => In(place, () =>
    {
        Ok(MkNod("p", Mode.IFIFO | O(600)));
        var reader = Ok(Open("p", O_RDONLY | O_NONBLOCK));
        var writer = Ok(Open("p", O_WRONLY));
        var bytes = new byte[10];
        Fails(EAGAIN, Libc.Read(reader, bytes));
        Ok(Libc.Write(writer, "through"u8));
        Assert.Equal(7, Ok(Libc.Read(reader, bytes)));
        Assert.Equal("through"u8, bytes.AsSpan(0, 7));
        Fails(ESPIPE, Libc.PRead(reader, bytes, 0));
        Fails(ESPIPE, Libc.Seek(reader, 0, Whence.SEEK_CUR));
        Close(writer);
        Assert.Equal(0, Ok(Libc.Read(reader, bytes)));
        Close(reader);
        Assert.Equal(0ul, Stat("p").Size);
    });

    [Theory, Man("mknod(2)")]
    public void A_device_node_is_the_device(Place place) => In(place, () =>
    {
        Ok(MkNod("zero", Mode.IFCHR | O(666), 0x105));
        var file = Ok(Open("zero", O_RDONLY));
        var bytes = new byte[] { 1, 2, 3 };
        Assert.Equal(3, Ok(Libc.Read(file, bytes)));
        Assert.Equal([0, 0, 0], bytes);
        Close(file);
        Ok(MkNod("none", Mode.IFBLK | O(666), 0));
        Fails(ENXIO, Open("none", O_RDONLY));
    });

    [Theory, Man("unix(7), bind(2): EADDRINUSE, connect(2): ECONNREFUSED")]
    public void A_bound_socket_is_found_by_each_of_its_names_while_somebody_listens(Place place) => In(place, () =>
    {
        using (Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            listener.Bind(new UnixDomainSocketEndPoint(PathOf("s")));
            listener.Listen();
            Assert.Equal(Mode.IFSOCK, Stat("s").Type);
            Ok(Link("s", "t"));
            Ok(Rename("s", "u"));
            foreach (var name in new[] { "t", "u" })
            {
                using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                client.Connect(new UnixDomainSocketEndPoint(PathOf(name)));
                using var server = listener.Accept();
                Assert.Equal(1, client.Send("x"u8));
                Assert.Equal(1, server.Receive(new byte[5]));
            }

            using Socket other = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            Assert.Equal(
                SocketError.AddressAlreadyInUse,
                Assert.Throws<SocketException>(() => other.Bind(new UnixDomainSocketEndPoint(PathOf("t")))).SocketErrorCode);
        }

        using Socket late = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Assert.Equal(
            SocketError.ConnectionRefused,
            Assert.Throws<SocketException>(() => late.Connect(new UnixDomainSocketEndPoint(PathOf("t")))).SocketErrorCode);
    });
}
