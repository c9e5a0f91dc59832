using FlexFs.Core;
using FlexFs.Simulation.Runtime;

namespace FlexFs.Simulation.Checkers;

/// <summary>Bytes that a program wrote, or zeros from a truncation on.</summary>
public sealed class ByteWrite
{
    /// <summary>Its number in the run; what its bytes are follows from it. 0 for zeros.</summary>
    public required uint Content { get; init; }

    /// <summary>Its number in the run.</summary>
    public required uint Number { get; init; }

    /// <summary>Which life of which client.</summary>
    public required object Client { get; init; }

    /// <summary>The session that it was written in: when it is lost, so may be what was not safe.</summary>
    public required ulong Session { get; init; }

    /// <summary>The handle.</summary>
    public ulong Handle { get; init; }

    /// <summary>First byte.</summary>
    public required long From { get; init; }

    /// <summary>Behind the last byte.</summary>
    public required long To { get; set; }

    /// <summary>Event number of the question.</summary>
    public required long Asked { get; init; }

    /// <summary>Event number of the answer; 0 when there is none.</summary>
    public long Answered { get; set; }

    /// <summary>Event number since which it is said to be safe, and for every later open to see.</summary>
    public long Safe { get; set; } = long.MaxValue;

    /// <summary>Whether an error was reported that may be about it.</summary>
    public bool IsDoubtful { get; set; }

    /// <summary>The byte at a place of the file.</summary>
    public byte At(long position) => Content == 0 ? (byte)0 : Byte(Content, position);

    /// <summary>The byte that write <paramref name="content"/> puts at <paramref name="position"/>.</summary>
    public static byte Byte(uint content, long position)
    {
        var x = ((ulong)content * 0x9E3779B97F4A7C15) ^ ((ulong)position * 0xC2B2AE3D27D4EB4F);
        x ^= x >> 29;
        x *= 0xBF58476D1CE4E5B9;
        return (byte)(x >> 56);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"[{Number}] {(Content == 0 ? "zeros" : "bytes")} {From} to {(To == long.MaxValue ? "the end" : To)} by {Client}, "
        + $"events {Asked} to {(Answered == 0 ? "ever" : Answered)}, "
        + (Safe == long.MaxValue ? "never safe" : $"safe at {Safe}") + (IsDoubtful ? ", in doubt" : "");
}

/// <summary>What a read must find: bytes that were written, none older than what was safe when the file was opened.</summary>
/// <remarks>
/// Close-to-open, byte by byte. A write is older than another when it was safe, or done on the same client, before the other began. A
/// reader may see any write that was begun, except those that are older than one that it must see: one that was safe before the reader
/// opened the file, or was done on its own client before it read. A byte beyond the end counts as zero; nothing written is zero.
/// </remarks>
public sealed class ByteChecker
{
    private readonly SortedDictionary<uint, List<ByteWrite>> _files = [];

    /// <summary>A file begins, empty; its writes are asked for by its tag.</summary>
    public List<ByteWrite> Of(uint tag)
    {
        if (!_files.TryGetValue(tag, out var writes)) _files.Add(tag, writes = []);
        return writes;
    }

    /// <summary>Tags of all files with writes.</summary>
    public IEnumerable<uint> Files => _files.Keys;

    /// <summary>A sync of a client was answered OK: what it had written before is safe.</summary>
    /// <param name="tag">The file; null for all.</param>
    /// <param name="client">Who asked.</param>
    /// <param name="handle">What was written through it; null for all.</param>
    /// <param name="session">
    /// What was written in it; null for all: what was lost with an earlier session must have been reported by then (<see
    /// cref="SyncFailed"/>), and what was not is there.
    /// </param>
    /// <param name="asked">Event number of the question.</param>
    /// <param name="answered">Event number of the answer.</param>
    public void Synced(uint? tag, object client, ulong? handle, ulong? session, long asked, long answered)
    {
        foreach (var (file, writes) in _files)
        {
            if (tag is { } wanted && wanted != file) continue;
            foreach (var write in writes)
            {
                if (!Equals(write.Client, client) || write.IsDoubtful) continue;
                if (session is { } one && write.Session != one) continue;
                if (handle is { } opened && write.Handle != opened) continue;
                if (write.Answered != 0 && write.Answered <= asked && write.Safe == long.MaxValue) write.Safe = answered;
            }
        }
    }

    /// <summary>A sync failed: what it was about may be lost, or safe, or kept.</summary>
    public void SyncFailed(uint tag, object client)
    {
        foreach (var write in Of(tag))
        {
            if (Equals(write.Client, client) && write.Safe == long.MaxValue) write.IsDoubtful = true;
        }
    }

    /// <summary>Checks what was read.</summary>
    /// <param name="tag">The file.</param>
    /// <param name="client">Who read.</param>
    /// <param name="session">In which session.</param>
    /// <param name="opened">Event number before the file was opened.</param>
    /// <param name="asked">Event number of the read's question.</param>
    /// <param name="answered">Event number of its answer.</param>
    /// <param name="offset">Where it began.</param>
    /// <param name="length">Bytes that were asked for.</param>
    /// <param name="bytes">Bytes that were read; fewer at the end of the file.</param>
    /// <exception cref="ViolationException">Other bytes.</exception>
    public void Read(
        uint tag, object client, ulong session, long opened, long asked, long answered,
        long offset, int length, ReadOnlySpan<byte> bytes)
    {
        var writes = Of(tag).Where(w => w.Asked < answered && w.From < offset + length && w.To > offset && w.To > w.From).ToList();
        var edges = new SortedSet<long> { offset, offset + length };
        foreach (var write in writes)
        {
            edges.Add(Math.Clamp(write.From, offset, offset + length));
            edges.Add(Math.Clamp(write.To, offset, offset + length));
        }

        var from = offset;
        foreach (var to in edges.Skip(1))
        {
            var covering = writes.Where(w => w.From <= from && w.To >= to).ToList();
            var hiding = covering.Where(w => MustSee(w, client, session, opened, asked)).ToList();
            var candidates = covering.Where(w => !hiding.Exists(h => IsOlder(w, h))).ToList();
            Compare(tag, candidates, hiding.Count == 0, from, to, offset, bytes, client, opened, answered);
            from = to;
        }
    }

    private static bool MustSee(ByteWrite write, object client, ulong session, long opened, long asked) =>
        write.Safe <= opened
        || (!write.IsDoubtful && write.Answered != 0 && write.Answered <= asked && Equals(write.Client, client)
            && write.Session == session);

    private static bool IsOlder(ByteWrite older, ByteWrite newer) =>
        older != newer && (older.Safe <= newer.Asked
            || (Equals(older.Client, newer.Client) && older.Answered != 0 && older.Answered <= newer.Asked));

    private void Compare(
        uint tag, List<ByteWrite> candidates, bool mayBeUnwritten, long from, long to, long offset,
        ReadOnlySpan<byte> bytes, object client, long opened, long answered)
    {
        for (var position = from; position < to; position++)
        {
            var index = (int)(position - offset);
            var found = index < bytes.Length ? bytes[index] : (byte)0;
            if (mayBeUnwritten && found == 0) continue;
            var isAbsent = index >= bytes.Length;
            var explained = false;
            foreach (var candidate in candidates)
            {
                if (isAbsent ? candidate.Content != 0 : candidate.At(position) != found) continue;
                explained = true;
                break;
            }

            if (explained) continue;
            var origin = isAbsent ? null : Origin(tag, bytes[index..], position);
            throw new ViolationException(
                $"bytes: file {tag}, byte {position}, read by {client} (opened at event {opened}, answered at {answered}), is "
                + (isAbsent ? "beyond the end of the file" : $"{found}")
                + (origin is null ? ", which nobody wrote there" : $", which is of {origin}")
                + $". It could be of:\n{string.Join("\n", candidates.Select(c => $"  {c}"))}"
                + (mayBeUnwritten ? "\n  nobody" : "")
                + $"\nAll that was written there:\n{string.Join("\n", Of(tag).Where(w => w.From <= position && w.To > position).Select(c => $"  {c}"))}");
        }
    }

    private ByteWrite? Origin(uint tag, ReadOnlySpan<byte> bytes, long position)
    {
        foreach (var write in Of(tag))
        {
            var matches = 0;
            for (var i = 0; i < Math.Min(bytes.Length, 8); i++) matches += write.At(position + i) == bytes[i] ? 1 : 0;
            if (matches == Math.Min(bytes.Length, 8)) return write;
        }

        return null;
    }
}
