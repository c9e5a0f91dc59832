using System.Buffers.Binary;
using System.IO.Hashing;
using FlexFs.Core;

namespace FlexFs.Blocks.Format;

/// <summary>Checksums that hold bytes to their place: the same bytes in another object, volume or frame do not match.</summary>
internal static class FrameSeal
{
    // No frame has this number: the header's.
    private const uint HeaderNumber = uint.MaxValue;

    internal static void Write(
        VolumeId volume, ObjectId id, int frame, ReadOnlySpan<byte> plain, Span<byte> destination) =>
        BinaryPrimitives.WriteUInt128LittleEndian(
            destination, XxHash128.HashToUInt128(plain, (long)SeedOf(volume, id, (uint)frame)));

    internal static bool Matches(
        VolumeId volume, ObjectId id, int frame, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> stored) =>
        BinaryPrimitives.ReadUInt128LittleEndian(stored)
            == XxHash128.HashToUInt128(plain, (long)SeedOf(volume, id, (uint)frame));

    internal static ulong OfHeader(VolumeId volume, ObjectId id, ReadOnlySpan<byte> bytes) =>
        XxHash3.HashToUInt64(bytes, (long)SeedOf(volume, id, HeaderNumber));

    private static ulong SeedOf(VolumeId volume, ObjectId id, uint frame)
    {
        Span<byte> place = stackalloc byte[28];
        volume.Value.TryWriteBytes(place, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(place[16..], id.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(place[24..], frame);
        return XxHash3.HashToUInt64(place);
    }
}
