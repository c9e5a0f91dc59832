using CsCheck;
using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.Metadata.Locks;

namespace FlexFs.Metadata.Tests.Locks;

/// <summary>The table beside the local kernel's own locks of a local file: the same calls, the same answers.</summary>
public sealed class LikeTheKernelTests
{
    private const int Owners = 4;
    private static readonly InodeId File = new(7);
    private static readonly Gen<(int Owner, int What, ulong Start, ulong Length)[]> Calls = Gen.Select(
        Gen.Int[0, Owners - 1], Gen.Int[0, 9], Gen.ULong[0, 40], Gen.ULong[0, 15]).Array[1, 120];

    [Fact]
    public void Byte_range_locks_are_granted_refused_split_and_merged_as_by_the_local_kernel() => Calls.Sample(
        calls =>
        {
            var path = Path.GetTempFileName();
            var files = Enumerable.Range(0, Owners).Select(_ => new KernelFile(path)).ToArray();
            try
            {
                var table = new LockTable(new LockLimits());
                foreach (var (owner, what, start, length) in calls) Step(table, files, owner, what, start, length);
            }
            finally
            {
                foreach (var file in files) file.Dispose();
                System.IO.File.Delete(path);
            }
        },
        iter: 100);

    [Fact]
    public void Flock_is_granted_refused_and_converted_as_by_the_local_kernel() => Calls.Sample(
        calls =>
        {
            var path = Path.GetTempFileName();
            var files = Enumerable.Range(0, Owners).Select(_ => new KernelFile(path)).ToArray();
            try
            {
                var table = new LockTable(new LockLimits());
                foreach (var (owner, what, _, _) in calls)
                {
                    var wish = Wish(owner, LockKind.Flock, LockRange.Whole, what % 3 == 0 ? LockType.Shared : LockType.Exclusive);
                    if (what % 3 == 2)
                    {
                        Assert.Equal(files[owner].Flock(null), table.Release(File, LockKind.Flock, wish.Owner, LockRange.Whole, default));
                    }
                    else
                    {
                        Assert.Equal(files[owner].Flock(wish.Type), Errno(table.Acquire(wish, waits: false, default)));
                    }
                }
            }
            finally
            {
                foreach (var file in files) file.Dispose();
                System.IO.File.Delete(path);
            }
        },
        iter: 100);

    private static void Step(LockTable table, KernelFile[] files, int owner, int what, ulong start, ulong length)
    {
        var range = length == 0 ? new LockRange(start, LockRange.LastByte) : new LockRange(start, start + length - 1);
        var wish = Wish(owner, LockKind.Record, range, what % 2 == 0 ? LockType.Shared : LockType.Exclusive);
        switch (what)
        {
            case < 6:
                Assert.Equal(files[owner].Lock(range, wish.Type), Errno(table.Acquire(wish, waits: false, default)));
                break;
            case < 8:
                Assert.Equal(files[owner].Unlock(range), table.Release(File, LockKind.Record, wish.Owner, range, default));
                break;
            default:
                var kernel = files[owner].Test(range, wish.Type);
                Assert.Equal(kernel is not null, table.TryFindConflict(wish, out var holder, out var found));
                if (kernel is not { } told) break;

                // Of several locks in the way the kernel may name any; it must be one that the table has, too.
                Assert.NotEqual(wish.Owner, holder);
                Assert.Contains(table.Held(), l => (l.Wish.Range, l.Wish.Type) == told && l.Wish.Owner != wish.Owner);
                Assert.True(found.Range.Overlaps(range));
                break;
        }
    }

    private static LockWish Wish(int owner, LockKind kind, LockRange range, LockType type) =>
        new(File, kind, new LockOwner(new SessionId(1 + ((ulong)owner % 2)), (ulong)owner), range, type, 0);

    private static Errno Errno(LockAnswer answer) => answer == LockAnswer.Granted ? Core.Errno.OK : Core.Errno.EAGAIN;
}
