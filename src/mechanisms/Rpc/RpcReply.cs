using System.Buffers;
using FlexFs.Core;

namespace FlexFs.Rpc;

/// <summary>What became of a request, with the payload as it came. Who holds it disposes it, once.</summary>
public readonly struct RpcReply : IDisposable
{
    private readonly byte[]? _rented;

    internal RpcReply(Errno errno, ReadOnlyMemory<byte> payload)
    {
        Errno = errno;
        if (payload.IsEmpty) return;
        _rented = ArrayPool<byte>.Shared.Rent(payload.Length);
        payload.Span.CopyTo(_rented);
        Payload = _rented.AsMemory(0, payload.Length);
    }

    /// <summary>Why not, or <see cref="Errno.OK"/>.</summary>
    public Errno Errno { get; }

    /// <summary>The payload; valid until this is disposed.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Gives the payload's memory back.</summary>
    public void Dispose()
    {
        if (_rented is not null) ArrayPool<byte>.Shared.Return(_rented);
    }
}
