namespace FlexFs.Conformance.Data;

/// <summary>copy_file_range(2).</summary>
public sealed class CopyFileRangeTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("copy_file_range(2)")]
    public void Bytes_are_copied_from_and_to_any_offset(Place place) => In(place, () =>
    {
        var bytes = new byte[700_000];
        new Random(3).NextBytes(bytes);
        Make("f", bytes);
        var from = Ok(Open("f", O_RDONLY));
        var to = Ok(Open("g", O_CREAT | O_RDWR, O(600)));
        var expected = new byte[1_000_000];
        foreach (var (a, b, length) in new (int, int, int)[] { (0, 0, 700_000), (5, 300_000, 600_000), (262_144, 11, 262_144), (699_999, 999_999, 1) })
        {
            for (var done = 0; done < length;)
            {
                long at = a + done, into = b + done;
                var count = Ok(Libc.CopyFileRange(from, ref at, to, ref into, length - done));
                Assert.NotEqual(0, count);
                Assert.Equal((a + done + count, b + done + count), (at, into));
                done += count;
            }

            bytes.AsSpan(a, length).CopyTo(expected.AsSpan(b));
        }

        Assert.True(expected.AsSpan().SequenceEqual(Contents("g")));
        Assert.Equal(0, Libc.Seek(from, 0, Whence.SEEK_CUR));
        Close(from);
        Close(to);
    });

    [Theory, Man("copy_file_range(2)")]
    public void At_the_end_of_the_source_nothing_is_copied(Place place) => In(place, () =>
    {
        Make("f", "0123"u8);
        var from = Ok(Open("f", O_RDONLY));
        var to = Ok(Open("g", O_CREAT | O_RDWR, O(600)));
        Assert.Equal(4, Ok(Libc.CopyFileRange(from, to, 100)));
        Assert.Equal(4, Libc.Seek(from, 0, Whence.SEEK_CUR));
        Assert.Equal(4, Libc.Seek(to, 0, Whence.SEEK_CUR));
        Assert.Equal(0, Ok(Libc.CopyFileRange(from, to, 100)));
        Assert.Equal(0, Ok(Libc.CopyFileRange(from, to, 0)));
        Assert.Equal("0123"u8, Contents("g"));
        Close(from);
        Close(to);
    });

    [Theory, Man("copy_file_range(2): EBADF, EINVAL, EISDIR")]
    public void Wrong_copies_are_refused(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        var read = Ok(Open("f", O_RDONLY));
        var both = Ok(Open("f", O_RDWR));
        var write = Ok(Open("g", O_CREAT | O_WRONLY, O(600)));
        var append = Ok(Open("g", O_RDWR | O_APPEND));
        var folder = Ok(Open(".", O_RDONLY));
        Ok(MkNod("p", Mode.IFIFO | O(600)));
        var pipe = Ok(Open("p", O_RDWR | O_NONBLOCK));
        Fails(EBADF, Libc.CopyFileRange(write, both, 1));
        Fails(EBADF, Libc.CopyFileRange(both, read, 1));
        Fails(EBADF, Libc.CopyFileRange(both, append, 1));
        Fails(EBADF, Libc.CopyFileRange(-1, both, 1));
        Fails(EISDIR, Libc.CopyFileRange(folder, write, 1));
        Fails(EINVAL, Libc.CopyFileRange(pipe, write, 1));
        long a = 0, b = 5;
        Fails(EINVAL, Libc.CopyFileRange(both, ref a, both, ref b, 6));
        Fails(EINVAL, Libc.CopyFileRange(read, ref a, write, ref b, 1, flags: 1));
        Assert.Equal(5, Ok(Libc.CopyFileRange(both, ref a, both, ref b, 5)));
        Assert.Equal("0123401234"u8, Contents("f"));
        foreach (var file in new[] { read, both, write, append, folder, pipe }) Close(file);
    });

    [Theory, Man("XSH write: DESCRIPTION")]
    public void The_targets_times_move(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        Make("g");
        var from = Ok(Open("f", O_RDONLY));
        var to = Ok(Open("g", O_WRONLY));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("g", () => Ok(Libc.CopyFileRange(from, to, 10))));
        Close(from);
        Close(to);
    });
}
