using FlexFs.Blocks.Format;
using K4os.Compression.LZ4;
using ZstdSharp;

namespace FlexFs.Blocks.Codecs;

/// <summary>Compresses and expands the bytes of one frame. No allocation in steady state.</summary>
internal static class FrameCodec
{
    /// <summary>zstd's level: about three quarters of level 1's speed for a tenth less space.</summary>
    private const int ZstdLevel = 3;

    private static readonly ContextPool<Compressor> Compressors = new(() => new Compressor(ZstdLevel));
    private static readonly ContextPool<Decompressor> Decompressors = new(() => new Decompressor());

    /// <summary>Whether this version can write and read it.</summary>
    internal static bool Knows(CompressionKind kind) =>
        kind is CompressionKind.None or CompressionKind.Lz4 or CompressionKind.Zstd;

    /// <summary>Compresses; 0 when the result would not be shorter than <paramref name="destination"/>.</summary>
    internal static int Compress(CompressionKind kind, ReadOnlySpan<byte> plain, Span<byte> destination)
    {
        switch (kind)
        {
            case CompressionKind.Lz4:
                return Math.Max(0, LZ4Codec.Encode(plain, destination));
            case CompressionKind.Zstd:
                var compressor = Compressors.Rent();
                var isWritten = compressor.TryWrap(plain, destination, out var written);
                Compressors.Return(compressor);
                return isWritten ? written : 0;
            default:
                return 0;
        }
    }

    /// <summary>Expands; false when the input is not the compressed form of exactly so many bytes.</summary>
    internal static bool TryExpand(CompressionKind kind, ReadOnlySpan<byte> stored, Span<byte> plain)
    {
        switch (kind)
        {
            case CompressionKind.Lz4:
                return LZ4Codec.Decode(stored, plain) == plain.Length;
            case CompressionKind.Zstd:
                var decompressor = Decompressors.Rent();
                try
                {
                    return decompressor.TryUnwrap(stored, plain, out var written) && written == plain.Length;
                }
                catch (ZstdException)
                {
                    // Its only way to say that the input is damaged.
                    return false;
                }
                finally
                {
                    Decompressors.Return(decompressor);
                }

            default:
                return false;
        }
    }
}
