namespace FlexFs.Conformance.Data;

/// <summary>read(2), write(2), pread(2), pwrite(2), dup(2).</summary>
public sealed class ReadWriteTests(Subject subject) : Conforms(subject)
{
    private readonly byte[] _buffer = new byte[100];

    [Theory, Man("write(2)")]
    public void What_is_written_is_read_and_the_offset_moves(Place place) => In(place, () =>
    {
        var file = Ok(Open("f", O_CREAT | O_RDWR, O(600)));
        Assert.Equal(10, Ok(Libc.Write(file, "0123456789"u8)));
        Assert.Equal(10, Libc.Seek(file, 0, Whence.SEEK_CUR));
        Assert.Equal(0, Ok(Libc.Read(file, _buffer)));
        Ok(Libc.Seek(file, 3, Whence.SEEK_SET));
        Assert.Equal(4, Ok(Libc.Read(file, _buffer.AsSpan(0, 4))));
        Assert.Equal("3456"u8, _buffer.AsSpan(0, 4));
        Assert.Equal(3, Ok(Libc.Read(file, _buffer)));
        Assert.Equal(2, Ok(Libc.PWrite(file, "ab"u8, 1)));
        Assert.Equal(10, Libc.Seek(file, 0, Whence.SEEK_CUR));
        Assert.Equal("0ab3456789"u8, Contents("f"));
        Close(file);
    });

    [Theory, Man("XSH write: DESCRIPTION")]
    public void A_write_marks_modification_and_change_time_and_an_empty_one_nothing(Place place) => In(place, () =>
    {
        Make("f", "x"u8);
        var file = Ok(Open("f", O_WRONLY));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("f", () => Ok(Libc.Write(file, "y"u8))));
        Assert.Equal(Moves.Nothing, Moved("f", () => Assert.Equal(0, Ok(Libc.Write(file, [])))));
        Close(file);
    });

    [Theory, Man("fsync(2)")]
    public void Storing_what_was_written_moves_no_time(Place place) => In(place, () =>
    {
        Make("f");
        var file = Ok(Open("f", O_WRONLY));
        Ok(Libc.Write(file, new byte[50_000]));
        Assert.Equal(Moves.Nothing, Moved("f", () => Ok(Libc.FSync(file))));
        Ok(Libc.Write(file, "x"u8));
        Assert.Equal(Moves.Nothing, Moved("f", () => Close(file)));
    });

    [Theory, Man("lseek(2): holes")]
    public void Behind_the_end_a_write_leaves_zeros(Place place) => In(place, () =>
    {
        var file = Ok(Open("f", O_CREAT | O_RDWR, O(600)));
        Ok(Libc.PWrite(file, "end"u8, 5_000_000));
        Assert.Equal(5_000_003ul, Stat(file).Size);
        Ok(Libc.PWrite(file, "mid"u8, 100_000));
        var all = Contents("f");
        Assert.Equal(100_000, all.AsSpan().IndexOfAnyExcept((byte)0));
        Assert.Equal(5_000_000 - 100_003, all.AsSpan(100_003).IndexOfAnyExcept((byte)0));
        Close(file);
    });

    [Theory, Man("read(2): EBADF, EISDIR, EINVAL, EFAULT")]
    public void Wrong_reads_are_refused(Place place) => In(place, () =>
    {
        Make("f", "0123"u8);
        var write = Ok(Open("f", O_WRONLY));
        var read = Ok(Open("f", O_RDONLY));
        var folder = Ok(Open(".", O_RDONLY));
        Fails(EBADF, Libc.Read(write, _buffer));
        Fails(EBADF, Libc.Read(-1, _buffer));
        Fails(EISDIR, Libc.Read(folder, _buffer));
        Fails(EISDIR, Libc.PRead(folder, _buffer, 0));
        Fails(EINVAL, Libc.PRead(read, _buffer, -1));
        Fails(EFAULT, Libc.Read(read, 8, 4));
        foreach (var file in new[] { write, read, folder }) Close(file);
    });

    [Theory, Man("write(2): EBADF, EINVAL, EFAULT")]
    public void Wrong_writes_are_refused(Place place) => In(place, () =>
    {
        Make("f", "0123"u8);
        var write = Ok(Open("f", O_WRONLY));
        var read = Ok(Open("f", O_RDONLY));
        Fails(EBADF, Libc.Write(read, "x"u8));
        Fails(EBADF, Libc.Write(-1, "x"u8));
        Fails(EINVAL, Libc.PWrite(write, "x"u8, -1));
        Fails(EFAULT, Libc.Write(write, 8, 4));
        Assert.Equal("0123"u8, Contents("f"));
        Close(write);
        Close(read);
    });

    [Theory, Man("dup(2)")]
    public void Copies_of_a_descriptor_share_the_offset_and_others_do_not(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        var file = Ok(Open("f", O_RDWR));
        var copy = Ok(Libc.Dup(file));
        var other = Ok(Open("f", O_RDWR));
        Ok(Libc.Seek(file, 4, Whence.SEEK_SET));
        Assert.Equal(4, Libc.Seek(copy, 0, Whence.SEEK_CUR));
        Assert.Equal(0, Libc.Seek(other, 0, Whence.SEEK_CUR));
        Close(file);
        Ok(Libc.Write(copy, "x"u8));
        Assert.Equal(5, Ok(Libc.Read(other, _buffer.AsSpan(0, 5))));
        Assert.Equal("0123x"u8, _buffer.AsSpan(0, 5));
        Close(copy);
        Close(other);
    });

    [Theory, Man("open(2): BUGS, pwrite(2): BUGS")]
    public void With_O_APPEND_pwrite_appends_too(Place place) => In(place, () =>
    {
        Make("f", "0123"u8);
        var file = Ok(Open("f", O_WRONLY | O_APPEND));
        Ok(Libc.PWrite(file, "x"u8, 0));
        Assert.Equal("0123x"u8, Contents("f"));
        Close(file);
    });

    [Theory, Man("inode(7): set-user-ID")]
    public void Written_by_a_user_a_program_loses_set_user_ID(Place place) => In(place, () =>
    {
        Make("f", "0123"u8);
        Ok(ChMod("f", O(6777)));
        As(Alice, () =>
        {
            var file = Ok(Open("f", O_WRONLY));
            Ok(Libc.Write(file, "x"u8));
            Assert.Equal(O(777), Stat("f").Permissions);
            Close(file);
        });
        Assert.Equal(O(777), Stat("f").Permissions);
        Ok(ChMod("f", O(6777)));
        var own = Ok(Open("f", O_WRONLY));
        Ok(Libc.Write(own, "y"u8));
        Close(own);
        Assert.Equal(O(6777), Stat("f").Permissions);
    });

    [Theory, Man("write(2)")]
    public void A_large_write_is_taken_whole_and_read_back(Place place) => In(place, () =>
    {
        var bytes = new byte[9_000_001];
        new Random(5).NextBytes(bytes);
        var file = Ok(Open("f", O_CREAT | O_RDWR, O(600)));
        Assert.Equal(bytes.Length, Ok(Libc.Write(file, bytes)));
        Assert.True(bytes.AsSpan().SequenceEqual(Contents("f")));
        Ok(Libc.FSync(file));
        Ok(Libc.PWrite(file, "patch"u8, 4_194_302));
        "patch"u8.CopyTo(bytes.AsSpan(4_194_302));
        Close(file);
        Assert.True(bytes.AsSpan().SequenceEqual(Contents("f")));
    });

    [Theory, Man("XSH write: DESCRIPTION")]
    public void A_read_by_anybody_sees_a_write_that_has_returned(Place place) => In(place, () =>
    {
        var write = Ok(Open("f", O_CREAT | O_RDWR, O(644)));
        var read = Ok(Open("f", O_RDONLY));
        for (var i = 0; i < 50; i++)
        {
            Ok(Libc.Write(write, [(byte)i]));
            Assert.Equal(1, Ok(Libc.Read(read, _buffer.AsSpan(0, 1))));
            Assert.Equal(i, _buffer[0]);
            Assert.Equal((ulong)i + 1, Stat(read).Size);
        }

        Close(write);
        Close(read);
    });

    [Theory, Man("lseek(2)")]
    public void The_offset_goes_where_it_is_told(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        var file = Ok(Open("f", O_RDONLY));
        Assert.Equal(7, Libc.Seek(file, -3, Whence.SEEK_END));
        Assert.Equal(5, Libc.Seek(file, -2, Whence.SEEK_CUR));
        Assert.Equal(100, Libc.Seek(file, 100, Whence.SEEK_SET));
        Assert.Equal(0, Ok(Libc.Read(file, _buffer)));
        Assert.Equal(1L << 40, Libc.Seek(file, 1L << 40, Whence.SEEK_SET));
        Fails(EINVAL, Libc.Seek(file, -1, Whence.SEEK_SET));
        Fails(EINVAL, Libc.Seek(file, -11, Whence.SEEK_END));
        Fails(EINVAL, Libc.Seek(file, 0, (Whence)77));
        Fails(EBADF, Libc.Seek(-1, 0, Whence.SEEK_SET));
        Assert.Equal(1L << 40, Libc.Seek(file, 0, Whence.SEEK_CUR));
        Close(file);
    });

    [Theory, Man("lseek(2): SEEK_DATA, SEEK_HOLE")]
    public void There_is_a_hole_at_the_end_and_nothing_behind_it(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        var file = Ok(Open("f", O_RDONLY));
        Assert.Equal(3, Libc.Seek(file, 3, Whence.SEEK_DATA));
        Assert.Equal(10, Libc.Seek(file, 3, Whence.SEEK_HOLE));
        Fails(ENXIO, Libc.Seek(file, 10, Whence.SEEK_DATA));
        Fails(ENXIO, Libc.Seek(file, 10, Whence.SEEK_HOLE));
        Fails(ENXIO, Libc.Seek(file, -1, Whence.SEEK_DATA));
        Close(file);
    });

    [Theory, Man("fsync(2), fdatasync(2), syncfs(2)")]
    public void Files_and_folders_are_synced_and_pipes_are_not(Place place) => In(place, () =>
    {
        Make("f", "x"u8);
        Ok(MkNod("p", Mode.IFIFO | O(600)));
        var read = Ok(Open("f", O_RDONLY));
        var folder = Ok(Open(".", O_RDONLY));
        var pipe = Ok(Open("p", O_RDWR | O_NONBLOCK));
        foreach (var file in new[] { read, folder })
        {
            Ok(Libc.FSync(file));
            Ok(Libc.FDataSync(file));
            Ok(Libc.SyncFs(file));
        }

        Fails(EINVAL, Libc.FSync(pipe));
        Fails(EBADF, Libc.FSync(-1));
        Fails(EBADF, Libc.FDataSync(-1));
        foreach (var file in new[] { read, folder, pipe }) Close(file);
        Fails(EBADF, Libc.Close(read));
    });
}
