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

    [Theory, Man("copy_file_range(2): EXDEV")]
    public void From_another_kind_of_file_system_is_EXDEV(Place place) => In(place, () =>
    {
        var memory = Ok(Libc.OpenAt(Here, "/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, O(600)));
        Ok(Libc.Write(memory, "0123"u8));
        var file = Ok(Open("f", O_CREAT | O_RDWR, O(600)));
        long from = 0, to = 0;
        Fails(EXDEV, Libc.CopyFileRange(memory, ref from, file, ref to, 4));
        Fails(EXDEV, Libc.CopyFileRange(file, ref from, memory, ref to, 4));
        Close(memory);
        Close(file);
    });

    [Theory, Man("copy_file_range(2): the same file")]
    public void Within_one_file_ranges_beside_each_other_are_copied_and_overlapping_ones_refused(Place place) => In(place, () =>
    {
        var bytes = new byte[400_000];
        new Random(4).NextBytes(bytes);
        Make("f", bytes);
        var file = Ok(Open("f", O_RDWR));
        foreach (var (a, b, length) in new (long, long, int)[] { (0, 1, 100_000), (1, 0, 100_000), (0, 0, 1), (0, 99_999, 100_000) })
        {
            long from = a, to = b;
            Fails(EINVAL, Libc.CopyFileRange(file, ref from, file, ref to, length), $"{a} {b} {length}");
        }

        for (var done = 0; done < 100_000;)
        {
            long from = done, to = 100_000 + done;
            done += Ok(Libc.CopyFileRange(file, ref from, file, ref to, 100_000 - done));
        }

        bytes.AsSpan(0, 100_000).CopyTo(bytes.AsSpan(100_000));
        Assert.True(bytes.AsSpan().SequenceEqual(Contents("f")));
        Close(file);
    });

    [Theory, Man("inode(7): set-user-ID")]
    public void Copied_over_by_a_user_a_program_loses_set_user_ID(Place place) => In(place, () =>
    {
        Make("f", "0123"u8, O(644));
        Make("g", "4567"u8);
        Ok(ChMod("g", O(6777)));
        As(Alice, () =>
        {
            var (from, to) = (Ok(Open("f", O_RDONLY)), Ok(Open("g", O_WRONLY)));
            Assert.Equal(4, Ok(Libc.CopyFileRange(from, to, 4)));
            Assert.Equal(O(777), Stat("g").Permissions);
            Close(from);
            Close(to);
        });
    });
}
