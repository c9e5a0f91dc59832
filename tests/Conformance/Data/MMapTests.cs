namespace FlexFs.Conformance.Data;

/// <summary>mmap(2), msync(2), munmap(2).</summary>
/// <remarks>Pages are touched by the kernel, through a pipe: it says EFAULT where a program would get SIGBUS.</remarks>
public sealed class MMapTests(Subject subject) : Conforms(subject)
{
    private const Protection Both = Protection.PROT_READ | Protection.PROT_WRITE;
    private const int Async = 1;
    private const int Sync = 4;

    [Theory, Man("mmap(2): MAP_SHARED")]
    public void What_is_stored_to_a_shared_mapping_is_read_and_the_reverse(Place place) => In(place, () =>
    {
        Make("f", new byte[10_000]);
        var file = Ok(Open("f", O_RDWR));
        var map = (nint)Mapped(Libc.MMap(10_000, Both, MapFlags.MAP_SHARED, file, 0));
        Assert.Equal(5, Store(map + 5000, "hello"u8));
        var bytes = new byte[5];
        Assert.Equal(5, Ok(Libc.PRead(file, bytes, 5000)));
        Assert.Equal("hello"u8, bytes);
        Ok(Libc.PWrite(file, "world"u8, 8190));
        Assert.Equal("world"u8, Load(map + 8190, 5));
        Ok(Libc.MSync(map, 10_000, Sync));
        Close(file);
        Assert.Equal(3, Store(map, "end"u8));
        Ok(Libc.MUnmap(map, 10_000));
        var all = Contents("f");
        Assert.Equal("end"u8, all.AsSpan(0, 3));
        Assert.Equal("hello"u8, all.AsSpan(5000, 5));
        Assert.Equal(10_000, all.Length);
    });

    [Theory, Man("mmap(2): MAP_PRIVATE")]
    public void What_is_stored_to_a_private_mapping_stays_there(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        var file = Ok(Open("f", O_RDONLY));
        var map = (nint)Mapped(Libc.MMap(10, Both, MapFlags.MAP_PRIVATE, file, 0));
        Assert.Equal(2, Store(map, "xy"u8));
        Assert.Equal("xy23456789"u8, Load(map, 10));
        Assert.Equal("0123456789"u8, Contents("f"));
        Ok(Libc.MUnmap(map, 10));
        Close(file);
    });

    [Theory, Man("mmap(2): EACCES, EBADF, EINVAL, ENODEV")]
    public void Wrong_mappings_are_refused(Place place) => In(place, () =>
    {
        Make("f", "x"u8);
        var read = Ok(Open("f", O_RDONLY));
        var write = Ok(Open("f", O_WRONLY));
        var both = Ok(Open("f", O_RDWR));
        var folder = Ok(Open(".", O_RDONLY));
        Fails(EACCES, Libc.MMap(1, Protection.PROT_READ, MapFlags.MAP_SHARED, write, 0));
        Fails(EACCES, Libc.MMap(1, Both, MapFlags.MAP_SHARED, read, 0));
        Fails(EBADF, Libc.MMap(1, Protection.PROT_READ, MapFlags.MAP_SHARED, 99_999, 0));
        Fails(EINVAL, Libc.MMap(0, Protection.PROT_READ, MapFlags.MAP_SHARED, both, 0));
        Fails(EINVAL, Libc.MMap(1, Protection.PROT_READ, MapFlags.MAP_SHARED, both, 1));
        Fails(EINVAL, Libc.MMap(1, Protection.PROT_READ, MapFlags.None, both, 0));
        Fails(ENODEV, Libc.MMap(1, Protection.PROT_READ, MapFlags.MAP_PRIVATE, folder, 0));
        foreach (var file in new[] { read, write, both, folder }) Close(file);
    });

    [Theory, Man("mmap(2): SIGBUS")]
    public void Behind_the_last_page_there_is_nothing_and_in_it_zeros(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        var file = Ok(Open("f", O_RDWR));
        var map = (nint)Mapped(Libc.MMap(3 * 4096, Both, MapFlags.MAP_SHARED, file, 0));
        Assert.Equal(new byte[4086], Load(map + 10, 4086));
        Assert.Equal(-(long)EFAULT, Touch(map + 4096));
        Ok(Libc.FTruncate(file, 5000));
        Assert.Equal(new byte[904], Load(map + 4096, 904));
        Ok(Libc.FTruncate(file, 4096));
        Assert.Equal(-(long)EFAULT, Touch(map + 4096));
        Ok(Libc.MUnmap(map, 3 * 4096));
        Close(file);
    });

    [Theory, Man("mmap(2)")]
    public void A_mapping_lives_on_when_the_file_is_closed_and_removed(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        var file = Ok(Open("f", O_RDWR));
        var map = (nint)Mapped(Libc.MMap(4096, Both, MapFlags.MAP_SHARED, file, 0));
        Close(file);
        Ok(Unlink("f"));
        Make("f", "another"u8);
        Assert.Equal("0123456789"u8, Load(map, 10));
        Assert.Equal(1, Store(map, "x"u8));
        Ok(Libc.MSync(map, 4096, Sync));
        Assert.Equal("x123"u8, Load(map, 4));
        Ok(Libc.MUnmap(map, 4096));
        Assert.Equal("another"u8, Contents("f"));
    });

    [Theory, Man("msync(2): EINVAL, ENOMEM")]
    public void Wrong_syncs_are_refused(Place place) => In(place, () =>
    {
        Make("f", "x"u8);
        var file = Ok(Open("f", O_RDWR));
        var map = (nint)Mapped(Libc.MMap(4096, Both, MapFlags.MAP_SHARED, file, 0));
        Ok(Libc.MSync(map, 4096, Async));
        Fails(EINVAL, Libc.MSync(map + 1, 10, Sync));
        Fails(EINVAL, Libc.MSync(map, 4096, Async | Sync));
        Fails(EINVAL, Libc.MSync(map, 4096, 64));
        Ok(Libc.MUnmap(map, 4096));
        Fails(ENOMEM, Libc.MSync(map, 4096, Sync));
        Fails(EINVAL, Libc.MUnmap(map + 1, 4096));
        Close(file);
    });

    [Theory, Man("XSH mmap: DESCRIPTION")]
    public void After_a_store_and_msync_the_times_have_moved(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        var file = Ok(Open("f", O_RDWR));
        var map = (nint)Mapped(Libc.MMap(4096, Both, MapFlags.MAP_SHARED, file, 0));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("f", () =>
        {
            Assert.Equal(1, Store(map, "x"u8));
            Ok(Libc.MSync(map, 4096, Sync));
        }) with { Accessed = false });
        Ok(Libc.MUnmap(map, 4096));
        Close(file);
    });

    private static long Mapped(long result)
    {
        Assert.True(result is > 0 or < -4095, $"mmap: {result}");
        return result;
    }

    private static long Store(nint at, ReadOnlySpan<byte> bytes)
    {
        using Pipe pipe = new();
        Assert.Equal(bytes.Length, Ok(Libc.Write(pipe.In, bytes)));
        return Libc.Read(pipe.Out, at, bytes.Length);
    }

    private static byte[] Load(nint at, int count)
    {
        using Pipe pipe = new();
        Assert.Equal(count, Ok(Libc.Write(pipe.In, at, count)));
        var bytes = new byte[count];
        Ok(Libc.Read(pipe.Out, bytes));
        return bytes;
    }

    private static long Touch(nint at)
    {
        using Pipe pipe = new();
        return Libc.Write(pipe.In, at, 1);
    }

    private sealed class Pipe : IDisposable
    {
        private readonly int[] _ends = new int[2];

        internal Pipe() => Ok(Libc.Pipe(_ends));

        internal int Out => _ends[0];

        internal int In => _ends[1];

        public void Dispose()
        {
            foreach (var end in _ends) Close(end);
        }
    }
}
