namespace FlexFs.Conformance.Data;

/// <summary>preadv2(2), pwritev2(2), sendfile(2), splice(2).</summary>
public sealed class VectorTests(Subject subject) : Conforms(subject)
{
    private const int HighPriority = 1;
    private const int DataSync = 2;
    private const int Sync = 4;
    private const int NoWait = 8;
    private const int Append = 16;
    private readonly byte[] _buffer = new byte[100];

    [Theory, Man("pwritev2(2): RWF_SYNC, RWF_DSYNC, RWF_HIPRI")]
    public void Flags_of_one_write_change_nothing_of_what_is_read(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        var file = Ok(Open("f", O_RDWR));
        foreach (var flags in new[] { 0, DataSync, Sync, HighPriority })
        {
            Assert.Equal(2, Ok(Libc.PWriteV2(file, "xy"u8, 4, flags)));
            Assert.Equal(10, Ok(Libc.PReadV2(file, _buffer, 0, flags & HighPriority)));
            Assert.Equal("0123xy6789"u8, _buffer.AsSpan(0, 10));
        }

        Ok(Libc.Seek(file, 7, Whence.SEEK_SET));
        Assert.Equal(1, Ok(Libc.PWriteV2(file, "!"u8, -1, 0)));
        Assert.Equal(8, Libc.Seek(file, 0, Whence.SEEK_CUR));
        Fails(EINVAL, Libc.PWriteV2(file, "!"u8, -2, 0));
        Fails(EOPNOTSUPP, Libc.PWriteV2(file, "!"u8, 0, 1 << 30));
        Close(file);
        Assert.Equal("0123xy6!89"u8, Contents("f"));
    });

    [Theory, Man("pwritev2(2): RWF_APPEND")]
    public void RWF_APPEND_writes_at_the_end_wherever_it_is(Place place) => In(place, () =>
    {
        Make("f", "0123"u8);
        var (file, other) = (Ok(Open("f", O_RDWR)), Ok(Open("f", O_WRONLY | O_APPEND)));
        Assert.Equal(1, Ok(Libc.PWriteV2(file, "a"u8, 0, Append)));
        Ok(Libc.Write(other, "b"u8));
        Assert.Equal(1, Ok(Libc.PWriteV2(file, "c"u8, -1, Append)));
        Assert.Equal(7, Libc.Seek(file, 0, Whence.SEEK_CUR));
        Assert.Equal("0123abc"u8, Contents("f"));
        Close(file);
        Close(other);
    });

    [Theory, Man("preadv2(2): RWF_NOWAIT: EAGAIN, EOPNOTSUPP")]
    public void RWF_NOWAIT_reads_what_is_there_or_says_that_it_would_wait(Place place) => In(place, () =>
    {
        Make("f", "0123"u8);
        var file = Ok(Open("f", O_RDWR));
        Assert.Equal(4, Ok(Libc.PRead(file, _buffer, 0)));
        var got = Libc.PReadV2(file, _buffer, 0, NoWait);
        Assert.True(got is 4 or -(int)EAGAIN or -(int)EOPNOTSUPP, $"{got}");
        Close(file);
    });

    [Theory, Man("sendfile(2), splice(2)")]
    public void Bytes_go_from_and_to_files_without_a_program_between(Place place) => In(place, () =>
    {
        var bytes = new byte[300_000];
        new Random(9).NextBytes(bytes);
        Make("f", bytes);
        var (from, to) = (Ok(Open("f", O_RDONLY)), Ok(Open("g", O_CREAT | O_RDWR, O(600))));
        for (var left = bytes.Length; left > 0;)
        {
            var count = Ok(Libc.SendFile(to, from, left));
            Assert.NotEqual(0, count);
            left -= count;
        }

        Assert.Equal(0, Ok(Libc.SendFile(to, from, 10)));
        Assert.True(bytes.AsSpan().SequenceEqual(Contents("g")));
        var pipe = new int[2];
        Ok(Libc.Pipe(pipe));
        Ok(Libc.Seek(from, 1000, Whence.SEEK_SET));
        Assert.Equal(5000, Ok(Libc.Splice(from, pipe[1], 5000)));
        Ok(Libc.Seek(to, 0, Whence.SEEK_SET));
        Assert.Equal(5000, Ok(Libc.Splice(pipe[0], to, 5000)));
        Assert.True(bytes.AsSpan(1000, 5000).SequenceEqual(Contents("g").AsSpan(0, 5000)));
        foreach (var file in new[] { from, to, pipe[0], pipe[1] }) Close(file);
    });
}
