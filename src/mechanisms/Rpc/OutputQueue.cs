using System.Buffers;
using FlexFs.Core;

namespace FlexFs.Rpc;

/// <summary>Frames that wait to be sent, encoded, in chunks of whole frames.</summary>
/// <remarks>
/// Not locked: its connection's lock is. After every call:
///   1. a chunk holds whole frames of one lane, so another lane's frames may follow any chunk;
///   2. within a lane, frames leave in the order in which they were appended.
/// </remarks>
internal sealed class OutputQueue
{
    /// <summary>Small frames share chunks of this size: the largest TLS record (RFC 8446, 5.1).</summary>
    public const int ChunkBytes = 16384;

    private const int SparesMax = 4;
    private readonly Queue<Chunk> _urgent = new();
    private readonly Queue<Chunk> _normal = new();
    private readonly Stack<Chunk> _spares = new();
    private Chunk? _urgentTail;
    private Chunk? _normalTail;
    private Chunk? _reserved;

    /// <summary>Bytes that wait, those excluded that were taken.</summary>
    public long Bytes { get; private set; }

    /// <summary>Room for a frame, to be filled and then committed or left alone.</summary>
    public Span<byte> Reserve(int length, RpcLane lane)
    {
        var tail = lane.IsUrgent() ? _urgentTail : _normalTail;
        if (tail is null || tail.Buffer.Length - tail.Length < length)
        {
            tail = length > ChunkBytes ? new Chunk(ArrayPool<byte>.Shared.Rent(length)) :
                _spares.TryPop(out var spare) ? spare : new Chunk(new byte[ChunkBytes]);
        }

        _reserved = tail;
        return tail.Buffer.AsSpan(tail.Length, length);
    }

    /// <summary>Appends what was written to the span of the last <see cref="Reserve"/>.</summary>
    public void Commit(int length, RpcLane lane)
    {
        var chunk = _reserved!;
        Check.That(chunk.Buffer.Length - chunk.Length >= length);
        if (chunk.Length == 0)
        {
            (lane.IsUrgent() ? _urgent : _normal).Enqueue(chunk);
            if (lane.IsUrgent()) _urgentTail = chunk;
            else _normalTail = chunk;
        }

        chunk.Length += length;
        Bytes += length;
    }

    /// <summary>Takes the next chunk; given back by <see cref="Recycle"/>.</summary>
    public bool TryTake(out Chunk chunk)
    {
        if (!_urgent.TryDequeue(out chunk!) && !_normal.TryDequeue(out chunk!)) return false;
        if (ReferenceEquals(chunk, _urgentTail)) _urgentTail = null;
        if (ReferenceEquals(chunk, _normalTail)) _normalTail = null;
        Bytes -= chunk.Length;
        return true;
    }

    /// <summary>Takes a chunk back that has been sent.</summary>
    public void Recycle(Chunk chunk)
    {
        chunk.Length = 0;
        if (chunk.Buffer.Length != ChunkBytes) ArrayPool<byte>.Shared.Return(chunk.Buffer);
        else if (_spares.Count < SparesMax) _spares.Push(chunk);
    }

    /// <summary>Bytes of whole frames of one lane.</summary>
    internal sealed class Chunk(byte[] buffer)
    {
        public byte[] Buffer { get; } = buffer;

        public int Length { get; set; }
    }
}
