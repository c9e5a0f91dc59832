namespace FlexFs.Conformance.Data;

/// <summary>Sizes and offsets at the end of what 64 bits hold; RLIMIT_FSIZE.</summary>
public sealed class LimitTests(Subject subject) : Conforms(subject)
{
    private const long Last = long.MaxValue - 1;
    private const int FileSizeLimit = 1;
    private const int OpenSetLock = 37;

    [Theory, Man("open(2): O_LARGEFILE, lseek(2)")]
    public void Offsets_and_sizes_have_64_bits(Place place) => In(place, () =>
    {
        var file = Ok(Open("f", O_CREAT | O_RDWR, O(600)));
        foreach (var at in new[] { (1L << 31) - 1, 1L << 31, (1L << 32) - 1, 1L << 32, 1L << 40 })
        {
            Assert.Equal(3, Ok(Libc.PWrite(file, "abc"u8, at)));
            Assert.Equal((ulong)at + 3, Stat(file).Size);
            Assert.Equal(at + 3, Libc.Seek(file, 0, Whence.SEEK_END));
            var bytes = new byte[5];
            Assert.Equal(3, Ok(Libc.PRead(file, bytes, at)));
            Assert.Equal("abc"u8, bytes.AsSpan(0, 3));
        }

        Close(file);
        Assert.Equal((1ul << 40) + 3, Stat("f").Size);
    });

    [Theory, Man("write(2): EFBIG, EINVAL; truncate(2): EFBIG, EINVAL; fallocate(2): EFBIG")]
    public void What_ends_behind_the_largest_offset_is_refused(Place place) => In(place, () =>
    {
        Make("f", "x"u8);
        var file = Ok(Open("f", O_RDWR));
        FailsAs(EFBIG, EINVAL, Libc.PWrite(file, "xy"u8, Last));
        FailsAs(EFBIG, EINVAL, Libc.PWrite(file, "x"u8, long.MaxValue));
        Fails(EFBIG, Libc.FAllocate(file, AllocateFlags.None, Last, 2));
        Fails(EFBIG, Libc.FAllocate(file, AllocateFlags.None, long.MaxValue, long.MaxValue));
        Assert.Equal(1ul, Stat(file).Size);
        Close(file);
    });

    [Theory, Man("truncate(2), write(2)", MountOnly = true)]
    public void A_file_may_end_at_the_largest_offset(Place place) => In(place, () =>
    {
        var file = Ok(Open("f", O_CREAT | O_RDWR, O(600)));
        Ok(Libc.FTruncate(file, long.MaxValue));
        Assert.Equal((ulong)long.MaxValue, Stat(file).Size);
        var bytes = new byte[10];
        Assert.Equal(10, Ok(Libc.PRead(file, bytes, 1L << 50)));
        Ok(Libc.FTruncate(file, 5));
        Assert.Equal(1, Ok(Libc.PWrite(file, "z"u8, Last)));
        Ok(Libc.FSync(file));
        Assert.Equal(1, Ok(Libc.PRead(file, bytes.AsSpan(0, 1), Last)));
        Assert.Equal((byte)'z', bytes[0]);
        Assert.Equal(Last, Libc.Seek(file, 5, Whence.SEEK_DATA));
        Assert.Equal(long.MaxValue, Libc.Seek(file, 0, Whence.SEEK_END));
        Ok(Libc.FAllocate(file, AllocateFlags.FALLOC_FL_PUNCH_HOLE | AllocateFlags.FALLOC_FL_KEEP_SIZE, Last, 1));
        Assert.Equal(1, Ok(Libc.PRead(file, bytes.AsSpan(0, 1), Last)));
        Assert.Equal(0, bytes[0]);
        Close(file);
        Assert.Equal((ulong)long.MaxValue, Stat("f").Size);
        Ok(Libc.Truncate("f", 0));
        Assert.Empty(Contents("f"));
    });

    [Theory, Man("lseek(2): EINVAL, EOVERFLOW; copy_file_range(2): EOVERFLOW; fcntl(2): EOVERFLOW")]
    public void Sums_that_64_bits_do_not_hold_are_refused(Place place) => In(place, () =>
    {
        Make("f", "0123"u8);
        var file = Ok(Open("f", O_RDWR));
        FailsAs(EINVAL, EOVERFLOW, Libc.Seek(file, long.MaxValue, Whence.SEEK_END));
        Ok(Libc.Seek(file, 3, Whence.SEEK_SET));
        FailsAs(EINVAL, EOVERFLOW, Libc.Seek(file, long.MaxValue, Whence.SEEK_CUR));
        long from = 0, to = long.MaxValue;
        FailsAs(EOVERFLOW, EFBIG, Libc.CopyFileRange(file, ref from, file, ref to, 100));
        FLock wanted = new() { Type = FLock.F_WRLCK, Start = long.MaxValue, Length = 2 };
        Fails(EOVERFLOW, Libc.FCntl(file, OpenSetLock, ref wanted));
        wanted = new() { Type = FLock.F_WRLCK, Start = long.MaxValue, Length = 1 };
        Ok(Libc.FCntl(file, OpenSetLock, ref wanted));
        Close(file);
    });

    [Theory, Man("getrlimit(2): RLIMIT_FSIZE, write(2): EFBIG")]
    public void Over_the_limit_of_the_process_a_file_does_not_grow(Place place) => In(place, () =>
    {
        // High enough that nothing else that this process writes comes near it.
        const long limit = 1L << 40;
        Signals.Catch(Signals.SizeLimit);
        Make("f", "x"u8);
        var file = Ok(Open("f", O_RDWR));
        Assert.Equal(0, Libc.LimitOf(FileSizeLimit, out var before));
        Ok(Libc.SetLimit(FileSizeLimit, new ResourceLimit(limit, before.Hard)));
        try
        {
            Assert.Equal(2, Ok(Libc.PWrite(file, "abcd"u8, limit - 2)));
            Fails(EFBIG, Libc.PWrite(file, "x"u8, limit));
            Fails(EFBIG, Libc.FTruncate(file, limit + 1));
            Fails(EFBIG, Libc.FAllocate(file, AllocateFlags.None, limit, 5));
            Assert.Equal((ulong)limit, Stat(file).Size);
        }
        finally
        {
            Ok(Libc.SetLimit(FileSizeLimit, before));
        }

        Close(file);
    });
}
