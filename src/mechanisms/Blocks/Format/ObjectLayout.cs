using System.Diagnostics.CodeAnalysis;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Blocks.Format;

/// <summary>A frame index that was checked: where each frame is. Immutable; made once, used for every read.</summary>
/// <remarks>
/// 1. Frames cover the plain bytes exactly, in order; all but the last are full.
/// 2. No stored frame is longer than its plain bytes and its checksum.
/// </remarks>
public sealed class ObjectLayout
{
    /// <summary>Bytes of a frame's checksum or tag.</summary>
    public const int SealBytes = 16;

    private readonly FrameIndex _index;
    private readonly int[] _offsets;

    private ObjectLayout(in FrameIndex index, int[] offsets)
    {
        _index = index;
        _offsets = offsets;
    }

    /// <summary>How frames were compressed.</summary>
    public CompressionKind Compression => _index.Compression;

    /// <summary>How frames were sealed.</summary>
    public CipherKind Cipher => _index.Cipher;

    /// <summary>Plain bytes of the object.</summary>
    public int PlainBytes => (int)_index.PlainBytes;

    /// <summary>Stored bytes of the object, header included.</summary>
    public int StoredBytes => _offsets[^1];

    /// <summary>Number of frames; 0 of an empty object.</summary>
    public int FrameCount => _offsets.Length - 1;

    /// <summary>Plain bytes of a full frame, as a power of two.</summary>
    public int FrameSizeLog2 => _index.FrameSizeLog2;

    /// <summary>Takes a frame index from bytes that may be anything.</summary>
    /// <param name="bytes">An encoded <see cref="FrameIndex"/>; not kept.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="reason">What is wrong with the bytes.</param>
    public static bool TryParse(
        ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out ObjectLayout? layout, [NotNullWhen(false)] out string? reason)
    {
        layout = null;
        if (!WireCodec.TryRead<FrameIndex>(bytes, out var index, out var error))
        {
            reason = error.ToString();
            return false;
        }

        return TryOf(index with { KeySalt = index.KeySalt.ToArray() }, out layout, out reason);
    }

    /// <summary>Checks a decoded index.</summary>
    public static bool TryOf(
        in FrameIndex index, [NotNullWhen(true)] out ObjectLayout? layout, [NotNullWhen(false)] out string? reason)
    {
        layout = null;
        reason = null;
        if (index.FrameSizeLog2 is < Limits.FrameSizeLog2Min or > Limits.FrameSizeLog2Max)
        {
            reason = $"frames of 2^{index.FrameSizeLog2} bytes";
            return false;
        }

        var frameSize = 1 << index.FrameSizeLog2;
        var count = index.PlainBytes <= Limits.ObjectBytesMax ? FramesOf((int)index.PlainBytes, index.FrameSizeLog2) : -1;
        var found = index.Frames.IsDefault ? 0 : index.Frames.Length;
        if (count != found || index.FirstFrameOffset > ObjectHeader.BytesMax)
        {
            reason = $"{index.PlainBytes} plain bytes in {found} frames behind a header of {index.FirstFrameOffset} bytes";
            return false;
        }

        var offsets = new int[count + 1];
        offsets[0] = (int)index.FirstFrameOffset;
        for (var frame = 0; frame < count; frame++)
        {
            var stored = index.Frames[frame] & ~FrameIndex.StoredPlainFlag;
            var isPlain = (index.Frames[frame] & FrameIndex.StoredPlainFlag) != 0;
            var plain = Math.Min(frameSize, (int)index.PlainBytes - (frame << index.FrameSizeLog2));
            if (stored > plain + SealBytes || stored <= SealBytes || (isPlain && stored != plain + SealBytes))
            {
                reason = $"frame {frame} of {plain} plain bytes is stored in {stored}";
                return false;
            }

            offsets[frame + 1] = offsets[frame] + (int)stored;
        }

        layout = new ObjectLayout(index, offsets);
        return true;
    }

    /// <summary>Frames that so many bytes need.</summary>
    public static int FramesOf(int plainBytes, int frameSizeLog2) =>
        (int)(((long)plainBytes + (1 << frameSizeLog2) - 1) >> frameSizeLog2);

    /// <summary>Where a frame begins in the stored object; of <see cref="FrameCount"/>, where the object ends.</summary>
    public int StoredOffset(int frame) => _offsets[frame];

    /// <summary>Stored bytes of a frame.</summary>
    public int StoredLength(int frame) => _offsets[frame + 1] - _offsets[frame];

    /// <summary>Plain bytes of a frame.</summary>
    public int PlainLength(int frame) =>
        Math.Min(1 << FrameSizeLog2, PlainBytes - (frame << FrameSizeLog2));

    /// <summary>Whether a frame is stored without compression.</summary>
    public bool IsStoredPlain(int frame) => (_index.Frames[frame] & FrameIndex.StoredPlainFlag) != 0;
}
