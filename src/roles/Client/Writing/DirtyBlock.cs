using System.Runtime.InteropServices;
using FlexFs.Core;

namespace FlexFs.Client.Writing;

/// <summary>
/// The dirty bytes of one block: segments in order of offset, none overlaps another, each shows the latest bytes.
/// </summary>
/// <remarks>Owned by its <see cref="DirtyFile"/>, under the inode's lock. All offsets are in the block.</remarks>
internal sealed class DirtyBlock(ulong index)
{
    private readonly List<DirtySegment> _segments = [];

    /// <summary>Offset in the file divided by the block size.</summary>
    public ulong Index { get; } = index;

    /// <summary>Dirty bytes in runs that are still open.</summary>
    public int OpenBytes { get; private set; }

    /// <summary>Dirty bytes.</summary>
    public int DirtyBytes { get; private set; }

    /// <summary>When the oldest open byte was written.</summary>
    public Instant OpenSince { get; set; }

    /// <summary>Whether nothing is dirty here.</summary>
    public bool IsEmpty => _segments.Count == 0;

    /// <summary>End of the last dirty byte.</summary>
    public int End => _segments[^1].End;

    /// <summary>All segments, for as long as the lock is held.</summary>
    public ReadOnlySpan<DirtySegment> Segments => CollectionsMarshal.AsSpan(_segments);

    /// <summary>
    /// The open run that bytes from <paramref name="start"/> to <paramref name="end"/> may go into, or none.
    /// </summary>
    /// <remarks>It has all of these bytes, or ends where they begin or later and nothing else is in their
    /// way.</remarks>
    public DirtyRun? RunFor(int start, int end, int window)
    {
        var i = LastAtOrBefore(start);
        if (i < 0) return null;
        var segment = _segments[i];
        if (!segment.Run.IsOpen || segment.Run.IsFrozen || segment.Run.Window != window) return null;
        if (segment.End < start) return null;
        if (end <= segment.End) return segment.Run;
        if (segment.End != segment.Run.End) return null;
        return i + 1 < _segments.Count && _segments[i + 1].Start < end ? null : segment.Run;
    }

    /// <summary>Lets an open run grow to <paramref name="end"/>; <see cref="RunFor"/> said that it may.</summary>
    public void Extend(DirtyRun run, int start, int end)
    {
        var i = LastAtOrBefore(start);
        var segment = _segments[i];
        Check.That(ReferenceEquals(segment.Run, run) && run.IsOpen);
        if (end <= segment.End) return;
        var grown = end - segment.End;
        run.End = end;
        run.LiveBytes += grown;
        OpenBytes += grown;
        DirtyBytes += grown;
        _segments[i] = segment with { End = end };
    }

    /// <summary>
    /// Lays a new run over what is there; runs that lost their last byte are added to <paramref name="hidden"/>.
    /// </summary>
    public void Overlay(DirtyRun run, List<DirtyRun> hidden)
    {
        Cut(run.Start, run.End, hidden);
        _segments.Insert(LastAtOrBefore(run.Start) + 1, new DirtySegment(run.Start, run.End, run));
        run.LiveBytes = run.End - run.Start;
        DirtyBytes += run.LiveBytes;
        if (run.IsOpen) OpenBytes += run.LiveBytes;
    }

    /// <summary>Forgets dirty bytes of a range: a file became shorter.</summary>
    public void Cut(int start, int end, List<DirtyRun> hidden)
    {
        var i = Math.Max(LastAtOrBefore(start), 0);
        while (i < _segments.Count && _segments[i].Start < end)
        {
            var segment = _segments[i];
            if (segment.End <= start)
            {
                i++;
                continue;
            }

            var cutFrom = Math.Max(segment.Start, start);
            var cutTo = Math.Min(segment.End, end);
            Lose(segment.Run, cutTo - cutFrom, hidden);
            _segments.RemoveAt(i);
            if (segment.Start < cutFrom) _segments.Insert(i++, segment with { End = cutFrom });
            if (cutTo < segment.End) _segments.Insert(i++, segment with { Start = cutTo });
        }
    }

    /// <summary>Makes every open run part of <paramref name="upload"/>, in order of offset.</summary>
    public void Seal(Upload upload)
    {
        foreach (var segment in Segments)
        {
            var run = segment.Run;
            if (run.Upload is not null && !ReferenceEquals(run.Upload, upload)) continue;
            if (run.Upload is null)
            {
                run.Upload = upload;
                upload.Runs.Add(run);
            }

            upload.Append(Index, segment.Start, segment.Bytes);
        }

        OpenBytes = 0;
    }

    /// <summary>Forgets what <paramref name="upload"/> has: it is committed.</summary>
    public void Forget(Upload upload)
    {
        for (var i = _segments.Count - 1; i >= 0; i--)
        {
            if (!ReferenceEquals(_segments[i].Run.Upload, upload)) continue;
            DirtyBytes -= _segments[i].End - _segments[i].Start;
            _segments.RemoveAt(i);
        }
    }

    /// <summary>
    /// Runs of open segments that a seal would make: what an upload of this block would add to its extents.
    /// </summary>
    public int CountOpenPieces()
    {
        var pieces = 0;
        var end = -1;
        foreach (var segment in Segments)
        {
            if (!segment.Run.IsOpen) continue;
            if (segment.Start != end) pieces++;
            end = segment.End;
        }

        return pieces;
    }

    private void Lose(DirtyRun run, int bytes, List<DirtyRun> hidden)
    {
        run.LiveBytes -= bytes;
        DirtyBytes -= bytes;
        Check.That(run.LiveBytes >= 0);
        if (!run.IsOpen) return;
        OpenBytes -= bytes;
        if (run.LiveBytes == 0) hidden.Add(run);
    }

    /// <summary>
    /// Index of the last segment that begins at or before <paramref name="start"/>; -1 when none does.
    /// </summary>
    private int LastAtOrBefore(int start)
    {
        var low = 0;
        var high = _segments.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_segments[middle].Start <= start) low = middle + 1;
            else high = middle - 1;
        }

        return high;
    }
}
