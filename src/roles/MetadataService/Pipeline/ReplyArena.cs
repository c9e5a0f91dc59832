using System.Buffers;
using FlexFs.Core;

namespace FlexFs.MetadataService.Pipeline;

/// <summary>The replies that wait for one batch to be durable: their bytes one behind the other, used again for a later batch.</summary>
internal sealed class ReplyArena : IBufferWriter<byte>
{
    private const int FirstBytes = 64 << 10;
    private const int KeptBytesMax = 16 << 20;
    private byte[] _bytes = new byte[FirstBytes];
    private int _length;

    /// <summary>The requests whose replies are here, in order of execution.</summary>
    public List<ServiceRequest> Requests { get; } = [];

    /// <summary>Bytes in use.</summary>
    public int Length => _length;

    /// <summary>The bytes of a reply.</summary>
    public ReadOnlySpan<byte> Read(int offset, int length) => _bytes.AsSpan(offset, length);

    /// <summary>Copies a reply behind the others and says where it begins.</summary>
    public int Append(ReadOnlySpan<byte> reply)
    {
        var offset = _length;
        reply.CopyTo(GetSpan(reply.Length));
        _length += reply.Length;
        return offset;
    }

    /// <summary>Drops what was written behind <paramref name="length"/>.</summary>
    public void Truncate(int length)
    {
        Check.That(length <= _length);
        _length = length;
    }

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        Requests.Clear();
        _length = 0;
        if (_bytes.Length > KeptBytesMax) _bytes = new byte[FirstBytes];
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        Check.That(count >= 0 && count <= _bytes.Length - _length);
        _length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_length);
    }

    private void Reserve(int bytes)
    {
        bytes = Math.Max(bytes, 1);
        if (_bytes.Length - _length >= bytes) return;
        Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, checked(_length + bytes)));
    }
}
