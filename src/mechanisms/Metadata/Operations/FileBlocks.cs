using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Metadata.Extents;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.State;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>The blocks of a file: laying extents over them, cutting them off.</summary>
internal static class FileBlocks
{
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
        allocated = 0;
        var blockBytes = 1UL << c.Volume.BlockSizeLog2;
        var first = fromByte / blockBytes;
        var from = Keys.Block(inode, Math.Max(first, c.Progress.IndexOf(inode, record.DataVersion)));
        var end = Keys.After(Keys.Block(inode, ulong.MaxValue));
        var changed = 0;
        while (true)
        {
            // Blocks that an earlier step removed are in the store until its batch is durable: their page is empty, the next one follows.
            var page = c.Transaction.Scan(from, end, c.Options.RemovalStep);
            if (!c.IsComplete) return true;
            foreach (var pair in page.Pairs)
            {
                var index = Keys.NumberAt(pair.Key, 9);
                var extents = Transaction.RecordOf<BlockRecord>(pair).Extents.AsSpan();
                var kept = ReadOnlySpan<Extent>.Empty;
                if (index == first && fromByte % blockBytes != 0)
                {
                    var cut = (uint)(fromByte % blockBytes);
                    var hole = new Extent { BlockOffset = cut, LengthBytes = (uint)blockBytes - cut };
                    ExtentOverlay.Overlay(extents, [hole], c.Extents);
                    kept = CollectionsMarshal.AsSpan(c.Extents);
                    if (kept.SequenceEqual(extents)) continue;
                }

                changed++;
                allocated += ExtentOverlay.AllocatedBytes(kept) - ExtentOverlay.AllocatedBytes(extents);
                c.LiveBytes.Remove(extents);
                c.LiveBytes.Add(kept);
                Put(c, inode, index, kept);
            }

            if (page.IsComplete)
            {
                c.Progress.Forget(inode);
                return true;
            }

            from = page.Resume;
            if (changed == 0) continue;
            record = record with { DataVersion = record.DataVersion + 1 };
            c.NoteProgress(inode, record.DataVersion, Keys.NumberAt(from, 9) + 1);
            return false;
        }
    }

    private static void Put(OperationContext c, InodeId inode, ulong index, ReadOnlySpan<Extent> extents)
    {
        var key = Keys.Block(inode, index);
        if (extents.IsEmpty) c.Transaction.Delete(key);
        else c.Transaction.Put(key, new BlockRecord { Extents = [.. extents], Begin = c.Now });
    }
}
