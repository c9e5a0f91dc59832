namespace FlexFs.Conformance.Data;

/// <summary>truncate(2), ftruncate(2).</summary>
public sealed class TruncateTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("truncate(2)")]
    public void A_file_grows_with_zeros_and_shrinks(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        Ok(Libc.Truncate("f", 4));
        Assert.Equal("0123"u8, Contents("f"));
        Ok(Libc.Truncate("f", 8));
        Assert.Equal("0123\0\0\0\0"u8, Contents("f"));
        Ok(Libc.Truncate("f", 300_000));
        var all = Contents("f");
        Assert.Equal(300_000, all.Length);
        Assert.Equal(-1, all.AsSpan(4).IndexOfAnyExcept((byte)0));
        Ok(Libc.Truncate("f", 0));
        Assert.Empty(Contents("f"));
    });

    [Theory, Man("truncate(2)")]
    public void What_was_cut_off_never_comes_back(Place place) => In(place, () =>
    {
        var bytes = new byte[600_000];
        Array.Fill(bytes, (byte)7);
        Make("f", bytes);
        var file = Ok(Open("f", O_RDWR));
        foreach (var cut in new[] { 500_001, 262_144, 262_143, 4097, 4095, 1 })
        {
            Ok(Libc.FTruncate(file, cut));
            Ok(Libc.FTruncate(file, 600_000));
            var all = Contents("f");
            Assert.Equal(cut, all.AsSpan().IndexOfAnyExcept((byte)7));
            Assert.Equal(-1, all.AsSpan(cut).IndexOfAnyExcept((byte)0));
        }

        Close(file);
    });

    [Theory, Man("XSH truncate: DESCRIPTION")]
    public void Modification_and_change_time_move(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        Assert.Equal(Moves.ModifiedAndChanged, Moved("f", () => Ok(Libc.Truncate("f", 5))));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("f", () => Ok(Libc.Truncate("f", 50))));
        var file = Ok(Open("f", O_RDWR));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("f", () => Ok(Libc.FTruncate(file, 50))));
        Close(file);
    });

    [Theory, Man("ftruncate(2)")]
    public void The_offset_of_an_open_file_stays(Place place) => In(place, () =>
    {
        var file = Ok(Open("f", O_CREAT | O_RDWR, O(600)));
        Ok(Libc.Write(file, "0123456789"u8));
        Ok(Libc.FTruncate(file, 3));
        Assert.Equal(10, Libc.Seek(file, 0, Whence.SEEK_CUR));
        Ok(Libc.Write(file, "x"u8));
        Assert.Equal("012\0\0\0\0\0\0\0x"u8, Contents("f"));
        Close(file);
    });

    [Theory, Man("truncate(2): EISDIR, EINVAL, ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG")]
    public void What_cannot_be_truncated_says_why(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("d"));
        MakeLoop("loop");
        Ok(MkNod("p", Mode.IFIFO | O(666)));
        Fails(EISDIR, Libc.Truncate("d", 0));
        Fails(EINVAL, Libc.Truncate("p", 0));
        Fails(EINVAL, Libc.Truncate("f", -1));
        Fails(ENOENT, Libc.Truncate("x", 0));
        Fails(ENOENT, Libc.Truncate("", 0));
        Fails(ENOTDIR, Libc.Truncate("f/x", 0));
        Fails(ELOOP, Libc.Truncate("loop", 0));
        Fails(ENAMETOOLONG, Libc.Truncate(Name256, 0));
    });

    [Theory, Man("truncate(2): EACCES")]
    public void Without_the_right_to_write_it_is_EACCES(Place place) => In(place, () =>
    {
        Make("f", "x"u8, O(444));
        MakeClosedFolder("closed");
        As(Alice, () =>
        {
            Fails(EACCES, Libc.Truncate("f", 0));
            Fails(EACCES, Libc.Truncate("closed/file", 0));
        });
        Assert.Equal("x"u8, Contents("f"));
    });

    [Theory, Man("ftruncate(2): EBADF, EINVAL")]
    public void A_descriptor_that_cannot_write_is_EBADF_or_EINVAL(Place place) => In(place, () =>
    {
        Make("f", "x"u8);
        var file = Ok(Open("f", O_RDONLY));
        FailsAs(EINVAL, EBADF, Libc.FTruncate(file, 0));
        Close(file);
        Fails(EBADF, Libc.FTruncate(-1, 0));
        var folder = Ok(Open(".", O_RDONLY));
        FailsAs(EINVAL, EBADF, Libc.FTruncate(folder, 0));
        Close(folder);
    });

    [Theory, Man("inode(7): set-user-ID")]
    public void Truncated_by_a_user_a_program_loses_set_user_ID(Place place) => In(place, () =>
    {
        Make("f", "0123"u8);
        Ok(ChMod("f", O(6777)));
        As(Alice, () => Ok(Libc.Truncate("f", 2)));
        Assert.Equal(O(777), Stat("f").Permissions);
        Ok(ChMod("f", O(6777)));
        As(Alice, () => Close(Ok(Open("f", O_WRONLY | O_TRUNC))));
        Assert.Equal(O(777), Stat("f").Permissions);
        Ok(ChMod("f", O(6777)));
        Ok(Libc.Truncate("f", 1));
        Assert.Equal(O(6777), Stat("f").Permissions);
    });
}
