using static FlexFs.Harness.Native.AllocateFlags;

namespace FlexFs.Conformance.Data;

/// <summary>fallocate(2).</summary>
public sealed class FallocateTests(Subject subject) : Conforms(subject)
{
    private const AllocateFlags Plain = AllocateFlags.None;
    private const AllocateFlags Punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

    [Theory, Man("fallocate(2)")]
    public void A_file_is_made_longer_with_zeros_and_never_shorter(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        var file = Ok(Open("f", O_RDWR));
        Ok(Libc.FAllocate(file, Plain, 5, 100_000));
        Assert.Equal(100_005ul, Stat(file).Size);
        Ok(Libc.FAllocate(file, Plain, 0, 20));
        Assert.Equal(100_005ul, Stat(file).Size);
        Ok(Libc.FAllocate(file, FALLOC_FL_KEEP_SIZE, 200_000, 5000));
        Assert.Equal(100_005ul, Stat(file).Size);
        var all = Contents("f");
        Assert.Equal("0123456789"u8, all.AsSpan(0, 10));
        Assert.Equal(-1, all.AsSpan(10).IndexOfAnyExcept((byte)0));
        Close(file);
    });

    [Theory, Man("fallocate(2): FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE")]
    public void A_range_becomes_zeros_and_the_rest_stays(Place place) => In(place, () =>
    {
        var bytes = new byte[1_000_000];
        Array.Fill(bytes, (byte)7);
        Make("f", bytes);
        var file = Ok(Open("f", O_RDWR));
        foreach (var (flags, offset, length) in new (AllocateFlags, int, int)[]
        {
            (Punch, 10, 5), (Punch, 4096, 8192), (Punch, 262_100, 100), (FALLOC_FL_ZERO_RANGE, 500_000, 300_001),
            (FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 990_000, 50_000), (Punch, 900_000, 200_000),
        })
        {
            Ok(Libc.FAllocate(file, flags, offset, length));
            bytes.AsSpan(offset, Math.Min(length, bytes.Length - offset)).Clear();
            Assert.True(bytes.AsSpan().SequenceEqual(Contents("f")), $"{flags} {offset}+{length}");
        }

        Ok(Libc.FAllocate(file, FALLOC_FL_ZERO_RANGE, 999_000, 5000));
        Assert.Equal(1_004_000ul, Stat(file).Size);
        Close(file);
    });

    [Theory, Man("fallocate(2): EBADF, EINVAL, ENODEV, ESPIPE, EOPNOTSUPP")]
    public void Wrong_calls_are_refused(Place place) => In(place, () =>
    {
        Make("f", "0123"u8);
        Ok(MkNod("p", Mode.IFIFO | O(600)));
        var read = Ok(Open("f", O_RDONLY));
        var write = Ok(Open("f", O_WRONLY));
        var folder = Ok(Open(".", O_RDONLY));
        var pipe = Ok(Open("p", O_RDWR | O_NONBLOCK));
        Fails(EBADF, Libc.FAllocate(read, Plain, 0, 1));
        Fails(EBADF, Libc.FAllocate(-1, Plain, 0, 1));
        Fails(EBADF, Libc.FAllocate(folder, Plain, 0, 1));
        Fails(ESPIPE, Libc.FAllocate(pipe, Plain, 0, 1));
        Fails(EINVAL, Libc.FAllocate(write, Plain, -1, 1));
        Fails(EINVAL, Libc.FAllocate(write, Plain, 0, 0));
        Fails(EINVAL, Libc.FAllocate(write, Plain, 0, -1));
        Fails(EOPNOTSUPP, Libc.FAllocate(write, FALLOC_FL_PUNCH_HOLE, 0, 1));
        Fails(EOPNOTSUPP, Libc.FAllocate(write, Punch | FALLOC_FL_ZERO_RANGE, 0, 1));
        Fails(EOPNOTSUPP, Libc.FAllocate(write, (AllocateFlags)0x4000, 0, 1));
        Assert.Equal("0123"u8, Contents("f"));
        foreach (var file in new[] { read, write, folder, pipe }) Close(file);
    });

    [Theory, Man("fallocate(2)")]
    public void Times_move_when_the_contents_do(Place place) => In(place, () =>
    {
        Make("f", "0123456789"u8);
        var file = Ok(Open("f", O_RDWR));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("f", () => Ok(Libc.FAllocate(file, Punch, 2, 3))));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("f", () => Ok(Libc.FAllocate(file, FALLOC_FL_ZERO_RANGE, 2, 3))));
        Assert.Equal(Moves.ModifiedAndChanged, Moved("f", () => Ok(Libc.FAllocate(file, Plain, 0, 5000))));
        Close(file);
    });

    [Theory, Man("inode(7): set-user-ID")]
    public void Done_by_a_user_a_program_loses_set_user_ID(Place place) => In(place, () =>
    {
        Make("f", "0123"u8);
        Ok(ChMod("f", O(6777)));
        As(Alice, () =>
        {
            var file = Ok(Open("f", O_RDWR));
            Ok(Libc.FAllocate(file, Plain, 0, 5000));
            Assert.Equal(O(777), Stat("f").Permissions);
            Close(file);
        });
    });

    [Theory, Man("fallocate(2): EOPNOTSUPP", MountOnly = true)]
    public void Ranges_are_not_collapsed_inserted_or_unshared(Place place) => In(place, () =>
    {
        Make("f", new byte[20_000]);
        var file = Ok(Open("f", O_RDWR));
        foreach (var mode in new[] { FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE, FALLOC_FL_UNSHARE_RANGE })
        {
            Fails(EOPNOTSUPP, Libc.FAllocate(file, mode, 4096, 4096), $"{mode}");
        }

        Assert.Equal(20_000ul, Stat(file).Size);
        Close(file);
    });
}
