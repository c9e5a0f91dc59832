using System.Buffers;
using System.Text;
using FlexFs.Wire;

namespace FlexFs.Rpc;

/// <summary>Cuts what was read into frames, without copying those that lie in one piece.</summary>
internal sealed class FrameParser(IFrameHandler handler, int frameBytesMax, bool expectsPreface)
{
    private bool _expectsPreface = expectsPreface;

    /// <summary>Hands over all whole frames.</summary>
    /// <param name="buffer">What was read and not consumed yet.</param>
    /// <param name="error">Why the connection must end; then nothing of the offending frame was handed over.</param>
    /// <returns>Up to where it was consumed.</returns>
    public SequencePosition Parse(ReadOnlySequence<byte> buffer, out RpcEnd? error)
    {
        error = null;
        if (_expectsPreface && !TryTakePreface(ref buffer, out error)) return buffer.Start;
        while (true)
        {
            var first = buffer.First;
            var consumed = ParsePiece(first, out var needed, out error);
            if (consumed > 0) buffer = buffer.Slice(consumed);
            if (error is not null || buffer.IsEmpty || needed > buffer.Length) return buffer.Start;
            if (consumed > 0 && consumed == first.Length) continue;

            // The next frame, or its header, goes on in the next piece.
            if (!ParseAcross(ref buffer, ref needed, out error)) return buffer.Start;
        }
    }

    // Frames in one piece of memory, while they are whole. needed: bytes that the rest must have to be worth a look.
    private int ParsePiece(ReadOnlyMemory<byte> piece, out int needed, out RpcEnd? error)
    {
        error = null;
        needed = FrameHeader.Bytes;
        var position = 0;
        while (piece.Length - position >= FrameHeader.Bytes)
        {
            if (!TryReadHeader(piece.Slice(position, FrameHeader.Bytes), out var header, out error)) return position;
            var length = (int)header.Length;
            if (piece.Length - position < length)
            {
                needed = length;
                return position;
            }

            error = handler.OnFrame(header, piece.Slice(position + FrameHeader.Bytes, length - FrameHeader.Bytes));
            position += length;
            if (error is not null) return position;
        }

        return position;
    }

    private bool ParseAcross(ref ReadOnlySequence<byte> buffer, ref int needed, out RpcEnd? error)
    {
        var rented = ArrayPool<byte>.Shared.Rent(needed);
        try
        {
            buffer.Slice(0, FrameHeader.Bytes).CopyTo(rented);
            if (!TryReadHeader(rented.AsMemory(0, FrameHeader.Bytes), out var header, out error)) return false;
            needed = (int)header.Length;
            if (needed > buffer.Length) return false;
            if (needed > rented.Length)
            {
                ArrayPool<byte>.Shared.Return(rented);
                rented = ArrayPool<byte>.Shared.Rent(needed);
            }

            buffer.Slice(0, needed).CopyTo(rented);
            error = handler.OnFrame(header, rented.AsMemory(FrameHeader.Bytes, needed - FrameHeader.Bytes));
            buffer = buffer.Slice(needed);
            return error is null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private bool TryReadHeader(ReadOnlyMemory<byte> bytes, out FrameHeader header, out RpcEnd? error)
    {
        error = null;
        var reader = new WireReader(bytes);
        if (!FrameHeader.TryDecode(ref reader, out header))
        {
            error = new RpcEnd(RpcEndKind.Malformed, $"not a frame: {reader.Error}");
        }
        else if (header.Length < FrameHeader.Bytes || header.Length > (uint)frameBytesMax)
        {
            error = new RpcEnd(RpcEndKind.Malformed,
                $"a frame of {header.Length} bytes: {FrameHeader.Bytes} to {frameBytesMax} are allowed");
        }

        return error is null;
    }

    private bool TryTakePreface(ref ReadOnlySequence<byte> buffer, out RpcEnd? error)
    {
        error = null;
        var preface = RpcProtocol.Preface;
        Span<byte> found = stackalloc byte[8];
        found = found[..(int)Math.Min(buffer.Length, preface.Length)];
        buffer.Slice(0, found.Length).CopyTo(found);
        if (!preface.StartsWith(found))
        {
            error = new RpcEnd(RpcEndKind.Malformed,
                $"not a flexFS client: it begins with {Convert.ToHexStringLower(found)} ({Printable(found)})");
            return false;
        }

        if (found.Length < preface.Length) return false;
        buffer = buffer.Slice(preface.Length);
        _expectsPreface = false;
        return true;
    }

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var one in bytes) text.Append(one is >= 0x20 and < 0x7f ? (char)one : '.');
        return text.ToString();
    }
}
