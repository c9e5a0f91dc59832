using System.Numerics;
using FlexFs.Core;

namespace FlexFs.Client.Writing;

/// <summary>All bytes of one file that were written and are not committed, by block.</summary>
/// <remarks>
/// After every call (checked by DirtyFileTests against plain bytes):
///   1. a read sees the bytes of the last write to each place;
///   2. a chunk is held exactly as long as a segment shows its bytes or an upload that is not committed has them;
///   3. what is sealed is never written to.
/// Under the lock of its inode. A write of 4 KiB behind the last one costs a copy, a binary search and a descriptor;
/// nothing is
/// allocated until the next chunk.
/// </remarks>
internal sealed class DirtyFile
{
    private readonly InodeId _inode;
    private readonly DirtyBudget _budget;
    private readonly int _blockSizeLog2;
    private readonly int _windowMask;
    private readonly SortedList<ulong, DirtyBlock> _blocks = [];
    private readonly List<DirtyRun> _hidden = [];
    private DirtyBlock? _last;

    public DirtyFile(InodeId inode, DirtyBudget budget, int blockSizeLog2)
    {
        Check.That(BitOperations.IsPow2(budget.ChunkBytes));
        Check.That(budget.ChunkBytes <= 1 << blockSizeLog2);
        _inode = inode;
        _budget = budget;
        _blockSizeLog2 = blockSizeLog2;
        _windowMask = ~(budget.ChunkBytes - 1);
    }

    /// <summary>Whether nothing is dirty.</summary>
    public bool IsEmpty => _blocks.Count == 0;

    /// <summary>End of the last dirty byte in the file; 0 when nothing is dirty.</summary>
    public long End => _blocks.Count == 0
        ? 0
        : ((long)_blocks.Keys[^1] << _blockSizeLog2) + _blocks.Values[^1].End;

    /// <summary>Dirty bytes, each block's in units of 4 KiB: what they will be charged.</summary>
    public long AllocatedBytes
    {
        get
        {
            var bytes = 0L;
            foreach (var block in _blocks.Values) bytes += (block.DirtyBytes + 4095) & ~4095L;
            return bytes;
        }
    }

    /// <summary>The first run of dirty bytes that ends behind an offset; none when nothing is dirty from there on.</summary>
    public (long Start, long End)? FindFrom(long offset)
    {
        (long Start, long End)? found = null;
        foreach (var block in _blocks.Values)
        {
            var begin = (long)block.Index << _blockSizeLog2;
            if (begin + (1L << _blockSizeLog2) <= offset) continue;
            foreach (var segment in block.Segments)
            {
                if (found is { } run)
                {
                    if (begin + segment.Start != run.End) return found;
                    found = run with { End = begin + segment.End };
                }
                else if (begin + segment.End > offset)
                {
                    found = (begin + segment.Start, begin + segment.End);
                }
            }
        }

        return found;
    }

    /// <summary>Blocks with dirty bytes, in order.</summary>
    public IList<DirtyBlock> Blocks => _blocks.Values;

    /// <summary>The dirty bytes of a block, if it has any.</summary>
    public DirtyBlock? Block(ulong index) => _blocks.GetValueOrDefault(index);

    /// <summary>
    /// Takes as much of <paramref name="data"/> as there is memory for. When it fills a block, that one is in <paramref
    /// name="full"/>
    /// and the write ends there: send it on its way, then go on.
    /// </summary>
    /// <returns>Bytes taken.</returns>
    public int Write(long offset, ReadOnlySpan<byte> data, Instant now, out DirtyBlock? full)
    {
        full = null;
        var taken = 0;
        while (taken < data.Length)
        {
            var at = offset + taken;
            var index = (ulong)at >> _blockSizeLog2;
            var start = (int)(at & ((1L << _blockSizeLog2) - 1));
            var window = start & _windowMask;
            var length = Math.Min(data.Length - taken, window + _budget.ChunkBytes - start);
            var block = BlockForWrite(index);
            if (!TryPut(block, start, window, data.Slice(taken, length), now))
            {
                if (block.IsEmpty) Remove(block);
                break;
            }

            taken += length;
            if (block.OpenBytes == 1 << _blockSizeLog2)
            {
                full = block;
                break;
            }
        }

        return taken;
    }

    /// <summary>
    /// Copies what is dirty of <paramref name="destination"/>'s range, and adds what is not to <paramref name="gaps"/>.
    /// </summary>
    public void Read(long offset, Span<byte> destination, List<Gap> gaps)
    {
        var at = 0;
        while (at < destination.Length)
        {
            var index = (ulong)(offset + at) >> _blockSizeLog2;
            var start = (int)((offset + at) & ((1L << _blockSizeLog2) - 1));
            var length = Math.Min(destination.Length - at, (1 << _blockSizeLog2) - start);
            if (!_blocks.TryGetValue(index, out var block)) Gap.Add(gaps, at, length);
            else ReadBlock(block, start, destination.Slice(at, length), at, gaps);
            at += length;
        }
    }

    /// <summary>From now on bytes go into new runs, so that those of before can be told by their sequence.</summary>
    /// <returns>The newest sequence of before.</returns>
    public ulong Freeze()
    {
        var newest = 0UL;
        foreach (var block in _blocks.Values)
        {
            foreach (var segment in block.Segments)
            {
                segment.Run.IsFrozen = true;
                newest = Math.Max(newest, segment.Run.Sequence);
            }
        }

        return newest;
    }

    /// <summary>Forgets everything from <paramref name="sizeBytes"/> on.</summary>
    /// <param name="sizeBytes">The new size.</param>
    /// <param name="newestSequence">Only of runs up to this one: what was written later stays.</param>
    public void Truncate(long sizeBytes, ulong newestSequence)
    {
        for (var i = _blocks.Count - 1; i >= 0; i--)
        {
            var block = _blocks.Values[i];
            var begin = (long)block.Index << _blockSizeLog2;
            if (begin + block.End <= sizeBytes) break;
            var keep = (int)Math.Max(0, sizeBytes - begin);
            foreach (var (start, end, run) in block.Segments.ToArray())
            {
                if (end <= keep || run.Sequence > newestSequence) continue;
                block.Cut(Math.Max(start, keep), end, _hidden);
                run.End = Math.Max(run.Start + 1, Math.Min(run.End, keep));
                if (run.LiveBytes > 0) Describe(block, run, run.IsOpen ? DirtyChunkState.Open : DirtyChunkState.Sealed, default);
            }

            if (block.IsEmpty) Remove(block);
        }

        ReleaseHidden();
    }

    /// <summary>Makes the open runs of a block part of an upload.</summary>
    public void Seal(DirtyBlock block, Upload upload)
    {
        var first = upload.Runs.Count;
        block.Seal(upload);
        for (var i = first; i < upload.Runs.Count; i++)
        {
            _budget.CountSealed();
            Describe(block, upload.Runs[i], DirtyChunkState.Sealed, upload.ModifiedAt);
        }
    }

    /// <summary>Forgets a committed upload's bytes, in order of sequence, and gives their chunks back.</summary>
    public void Forget(Upload upload)
    {
        for (var i = _blocks.Count - 1; i >= 0; i--)
        {
            var block = _blocks.Values[i];
            block.Forget(upload);
            if (block.IsEmpty) Remove(block);
        }

        upload.Runs.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
        foreach (var run in upload.Runs) _budget.Release(run.Chunk, wasSealed: true);
        upload.Runs.Clear();
    }

    /// <summary>Forgets every open run: the inode is gone, nobody can ever read them.</summary>
    public void ForgetOpen()
    {
        foreach (var block in _blocks.Values.ToArray())
        {
            foreach (var (start, end, run) in block.Segments.ToArray())
            {
                if (run.IsOpen) block.Cut(start, end, _hidden);
            }

            if (block.IsEmpty) Remove(block);
        }

        ReleaseHidden();
    }

    private bool TryPut(DirtyBlock block, int start, int window, ReadOnlySpan<byte> data, Instant now)
    {
        var end = start + data.Length;
        if (block.RunFor(start, end, window) is { } run)
        {
            data.CopyTo(run.Bytes.Span[(start - window)..]);
            block.Extend(run, start, end);
            Describe(block, run, DirtyChunkState.Open, now);
            return true;
        }

        if (!_budget.TryTake(out var chunk, out var sequence)) return false;
        if (block.OpenBytes == 0) block.OpenSince = now;
        run = new DirtyRun
        {
            Chunk = chunk,
            Bytes = _budget.Bytes(chunk),
            Sequence = sequence,
            Window = window,
            Start = start,
            End = end,
        };
        data.CopyTo(run.Bytes.Span[(start - window)..]);
        Describe(block, run, DirtyChunkState.Open, now);
        block.Overlay(run, _hidden);
        ReleaseHidden();
        return true;
    }

    private static void ReadBlock(DirtyBlock block, int start, Span<byte> destination, int at, List<Gap> gaps)
    {
        var end = start + destination.Length;
        var position = start;
        foreach (var segment in block.Segments)
        {
            if (segment.End <= position) continue;
            if (segment.Start >= end) break;
            var from = Math.Max(segment.Start, position);
            if (from > position) Gap.Add(gaps, at + position - start, from - position);
            var to = Math.Min(segment.End, end);
            segment.Bytes.Span[(from - segment.Start)..(to - segment.Start)].CopyTo(destination[(from - start)..]);
            position = to;
        }

        if (position < end) Gap.Add(gaps, at + position - start, end - position);
    }

    private void Describe(DirtyBlock block, DirtyRun run, DirtyChunkState state, Instant writtenAt) =>
        _budget.Describe(run.Chunk, new DirtyChunkDescriptor(
            _inode,
            ((long)block.Index << _blockSizeLog2) + run.Start,
            run.Start - run.Window,
            run.End - run.Start,
            run.Sequence,
            writtenAt,
            state));

    private DirtyBlock BlockForWrite(ulong index)
    {
        if (_last is { } last && last.Index == index) return last;
        if (!_blocks.TryGetValue(index, out var block))
        {
            block = new DirtyBlock(index);
            _blocks.Add(index, block);
        }

        return _last = block;
    }

    private void Remove(DirtyBlock block)
    {
        _blocks.Remove(block.Index);
        if (ReferenceEquals(_last, block)) _last = null;
    }

    private void ReleaseHidden()
    {
        foreach (var run in _hidden) _budget.Release(run.Chunk, wasSealed: false);
        _hidden.Clear();
    }
}

/// <summary>A part of a read that is not dirty.</summary>
/// <param name="At">In the read's destination.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct Gap(int At, int Length)
{
    /// <summary>Adds to the end, together with what it touches.</summary>
    public static void Add(List<Gap> gaps, int at, int length)
    {
        if (length <= 0) return;
        if (gaps.Count > 0 && gaps[^1] is var last && last.At + last.Length == at)
        {
            gaps[^1] = last with { Length = last.Length + length };
            return;
        }

        gaps.Add(new Gap(at, length));
    }
}
