using System.Buffers;
using System.Numerics;

namespace FlexFs.Rpc;

/// <summary>Where an encoded request is kept: small buffers stay with the call or slot that had them, large ones are pooled.</summary>
/// <remarks>The shared pool keeps few arrays of a size; hundreds of requests in flight would allocate one after another.</remarks>
internal static class FrameBuffer
{
    private const int SmallBytesMin = 128;
    private const int SmallBytesMax = 4096;

    /// <summary>A buffer of at least so many bytes; the kept one, if it is long enough.</summary>
    public static byte[] Fit(byte[]? kept, int bytes)
    {
        if (kept is not null && kept.Length >= bytes) return kept;
        return bytes > SmallBytesMax
            ? ArrayPool<byte>.Shared.Rent(bytes)
            : new byte[Math.Max(SmallBytesMin, BitOperations.RoundUpToPowerOf2((uint)bytes))];
    }

    /// <summary>What of a buffer that is not needed for now is worth keeping.</summary>
    public static byte[]? Trim(byte[]? buffer)
    {
        if (buffer is null || buffer.Length <= SmallBytesMax) return buffer;
        ArrayPool<byte>.Shared.Return(buffer);
        return null;
    }
}
