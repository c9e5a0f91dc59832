using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Metadata.Extents;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.State;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>The blocks of a file: laying extents over them, cutting them off, making holes.</summary>
internal static class FileBlocks
{
    /// <summary>Behind every block that a file can have.</summary>
    private const ulong FileEnd = 1UL << 63;

    /// <summary>Lays new extents over a block. E2BIG when it would have too many.</summary>
    /// <param name="c">The operation.</param>
    /// <param name="inode">The file.</param>
    /// <param name="index">The block.</param>
    /// <param name="over">Valid extents.</param>
    /// <param name="allocated">Bytes that the file is charged more.</param>
    public static Errno Overlay(
        OperationContext c, InodeId inode, ulong index, ReadOnlySpan<Extent> over, out long allocated)
    {
        c.TryGetBlock(inode, index, out var before);
        var under = before.Extents.IsDefault ? [] : before.Extents.AsSpan();
        var result = c.Extents;
        ExtentOverlay.Overlay(under, over, result);
        var after = CollectionsMarshal.AsSpan(result);
        allocated = ExtentOverlay.AllocatedBytes(after) - ExtentOverlay.AllocatedBytes(under);
        if (after.Length > Limits.ExtentsPerBlockMax) return Errno.E2BIG;
        if (after.SequenceEqual(under)) return Errno.OK;
        c.LiveBytes.Remove(under);
        c.LiveBytes.Add(after);
        Put(c, inode, index, after);
        return Errno.OK;
    }

    /// <summary>Cuts off what lies at and behind a file offset, at most some blocks of it.</summary>
    /// <param name="c">The operation.</param>
    /// <param name="inode">The file.</param>
    /// <param name="record">Its record; when a part is left, its data version is raised, so that the next step knows its place.</param>
    /// <param name="fromByte">The first byte to go.</param>
    /// <param name="allocated">Bytes that the file is charged more: 0 or less.</param>
    /// <returns>Whether nothing is left there.</returns>
    public static bool CutOff(
        OperationContext c, InodeId inode, ref InodeRecord record, ulong fromByte, out long allocated)
    {
        // The end of a block goes: it has no more extents than before.
        var errno = Punch(c, inode, ref record, fromByte, FileEnd, out allocated, out var isDone);
        if (c.IsComplete) Check.That(errno == Errno.OK);
        return isDone;
    }

    /// <summary>Makes a range a hole, at most some blocks of it at a time. E2BIG: a block at an end of it would have too many extents.</summary>
    /// <param name="c">The operation.</param>
    /// <param name="inode">The file.</param>
    /// <param name="record">Its record; when a part is left, its data version is raised, so that the next step knows its place.</param>
    /// <param name="fromByte">The first byte of the range.</param>
    /// <param name="toByte">The first byte behind it.</param>
    /// <param name="allocated">Bytes that the file is charged more: 0 or less.</param>
    /// <param name="isDone">Whether nothing is left there.</param>
    public static Errno Punch(
        OperationContext c, InodeId inode, ref InodeRecord record, ulong fromByte, ulong toByte, out long allocated, out bool isDone)
    {
        isDone = true;
        allocated = 0;
        var blockBytes = 1UL << c.Volume.BlockSizeLog2;
        var firstWhole = (fromByte + blockBytes - 1) / blockBytes;
        var endWhole = toByte / blockBytes;
        var start = (uint)(fromByte % blockBytes);
        var end = (uint)(toByte % blockBytes);
        var result = Errno.OK;
        if (start != 0)
        {
            var length = Math.Min(blockBytes - start, toByte - fromByte);
            result = PunchInside(c, inode, firstWhole - 1, start, (uint)length, ref allocated);
        }

        if (end != 0 && endWhole >= firstWhole)
        {
            var errno = PunchInside(c, inode, endWhole, 0, end, ref allocated);
            if (result == Errno.OK) result = errno;
        }

        if (result != Errno.OK || endWhole <= firstWhole) return result;
        var range = (firstWhole, endWhole);
        var from = Keys.Block(inode, Math.Max(firstWhole, c.Progress.IndexOf(inode, record.DataVersion, range)));
        var to = Keys.Block(inode, endWhole);
        var changed = 0;
        while (true)
        {
            // Blocks that an earlier step removed are in the store until its batch is durable: their page is empty, the next one follows.
            var page = c.Transaction.Scan(from, to, c.Options.RemovalStep);
            if (!c.IsComplete) return Errno.OK;
            foreach (var pair in page.Pairs)
            {
                var extents = Transaction.RecordOf<BlockRecord>(pair).Extents.AsSpan();
                changed++;
                allocated -= ExtentOverlay.AllocatedBytes(extents);
                c.LiveBytes.Remove(extents);
                Put(c, inode, Keys.NumberAt(pair.Key, 9), []);
            }

            if (page.IsComplete)
            {
                c.Progress.Forget(inode);
                return Errno.OK;
            }

            from = page.Resume;
            if (changed == 0) continue;
            record = record with { DataVersion = record.DataVersion + 1 };
            c.NoteProgress(inode, record.DataVersion, range, Keys.NumberAt(from, 9) + 1);
            isDone = false;
            return Errno.OK;
        }
    }

    private static Errno PunchInside(
        OperationContext c, InodeId inode, ulong index, uint offset, uint length, ref long allocated)
    {
        var hole = new Extent { BlockOffset = offset, LengthBytes = length };
        var errno = Overlay(c, inode, index, [hole], out var more);
        if (errno == Errno.OK) allocated += more;
        return errno;
    }

    private static void Put(OperationContext c, InodeId inode, ulong index, ReadOnlySpan<Extent> extents)
    {
        var key = Keys.Block(inode, index);
        if (extents.IsEmpty) c.Transaction.Delete(key);
        else c.Transaction.Put(key, new BlockRecord { Extents = [.. extents], Begin = c.Now });
    }
}
