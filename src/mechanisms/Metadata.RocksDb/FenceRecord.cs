using System.Buffers.Binary;
using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.RocksDb;

/// <summary>Who owns the volume and which batch was the last: in the default column, in every batch.</summary>
/// <remarks>Version 1 (1 byte), epoch (8 bytes), sequence (8 bytes), little-endian.</remarks>
internal static class FenceRecord
{
    internal const int LengthBytes = 17;
    private const byte Version = 1;

    /// <summary>Its key in the default column.</summary>
    internal static ReadOnlySpan<byte> Key => "fence"u8;

    internal static void Encode(StorePosition position, Span<byte> bytes)
    {
        bytes[0] = Version;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[1..], position.Epoch);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[9..], position.Sequence);
    }

    internal static StorePosition Decode(ReadOnlySpan<byte> bytes, string folder)
    {
        if (bytes.Length > 0 && bytes[0] != Version)
        {
            throw new StorageException(
                $"metadata database {folder}: its fence record has version {bytes[0]}, this program knows {Version}; "
                + "use a newer flexFS");
        }

        if (bytes.Length != LengthBytes)
        {
            throw new StorageException(
                $"metadata database {folder}: its fence record has {bytes.Length} bytes instead of {LengthBytes}; "
                + "restore the database from its last backup");
        }

        return new StorePosition(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[1..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[9..]));
    }
}
