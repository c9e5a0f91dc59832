using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Blocks.Format;

/// <summary>How frames were made smaller.</summary>
public enum CompressionKind : byte
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>LZ4 block format.</summary>
    Lz4 = 1,

    /// <summary>Snappy. Reserved: neither written nor read yet.</summary>
    Snappy = 2,

    /// <summary>One zstd frame (RFC 8878) for each of ours.</summary>
    Zstd = 3,
}

/// <summary>How frames were sealed.</summary>
public enum CipherKind : byte
{
    /// <summary>Not at all: an XXH3-128 of the plain bytes ends each frame.</summary>
    None = 0,

    /// <summary>AES-256-GCM, with the tag at the end of each frame. Reserved: neither written nor read yet.</summary>
    Aes256Gcm = 1,
}

/// <summary>All that a reader must know of an object to get any of its frames with one ranged request.</summary>
/// <remarks>It is in the object's header, and in the metadata's record of the object.</remarks>
[WireRecord(Version = 1)]
public readonly partial record struct FrameIndex
{
    /// <summary>Set in a frame's entry when the frame is stored as it is, because it did not become smaller.</summary>
    public const uint StoredPlainFlag = 1u << 31;

    /// <summary>Of all frames but those with <see cref="StoredPlainFlag"/>.</summary>
    [Field(1)] public CompressionKind Compression { get; init; }

    /// <summary>Of all frames.</summary>
    [Field(2)] public CipherKind Cipher { get; init; }

    /// <summary>Which of the volume's keys; 0 without cipher.</summary>
    [Field(3)] public uint KeyId { get; init; }

    /// <summary>Random bytes from which, with the volume's key, the object's key is derived; empty without cipher.</summary>
    [Field(4, Max = 32)] public ReadOnlyMemory<byte> KeySalt { get; init; }

    /// <summary>Plain bytes of the whole object.</summary>
    [Field(5)] public uint PlainBytes { get; init; }

    /// <summary>Plain bytes of every frame but the last, as a power of two.</summary>
    [Field(6)] public byte FrameSizeLog2 { get; init; }

    /// <summary>Where the first frame begins in the stored object: the length of its header.</summary>
    [Field(7)] public uint FirstFrameOffset { get; init; }

    /// <summary>Stored bytes of each frame, its 16 bytes of checksum or tag included, and its flag.</summary>
    [Field(8, Max = Limits.FramesPerObjectMax)] public ImmutableArray<uint> Frames { get; init; }
}

/// <summary>What a stored object begins with. Its frames follow, one behind the other.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ObjectHeader
{
    /// <summary>"flexfsOB" read as a little-endian number.</summary>
    public const ulong MagicValue = 0x424F_7366_7865_6C66;

    /// <summary>Always <see cref="MagicValue"/>.</summary>
    [Field(1)] public ulong Magic { get; init; }

    /// <summary>What is where.</summary>
    [Field(2)] public FrameIndex Index { get; init; }

    /// <summary>XXH3-64 of the header's bytes before this field, seeded with volume and object.</summary>
    [Field(3)] public ulong Checksum { get; init; }

    /// <summary>Bytes of the longest header: enough for a reader that knows nothing.</summary>
    public const int BytesMax = 1024;
}
