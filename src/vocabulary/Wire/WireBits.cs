using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlexFs.Wire;

/// <summary>Loads and stores in a run of fixed-width fields whose whole length was checked. For generated code.</summary>
/// <remarks>Nothing here checks a bound: <see cref="WireReader.TryTake"/> and <see cref="WireWriter.Take"/> did.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class WireBits
{
    /// <summary>Stores a boolean as 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(ref byte at, int offset, bool value) => Unsafe.Add(ref at, offset) = value ? (byte)1 : (byte)0;

    /// <summary>Stores a byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(ref byte at, int offset, byte value) => Unsafe.Add(ref at, offset) = value;

    /// <summary>Stores a signed byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(ref byte at, int offset, sbyte value) => Unsafe.Add(ref at, offset) = (byte)value;

    /// <summary>Stores 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(ref byte at, int offset, ushort value) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref at, offset), Order(value));

    /// <summary>Stores 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(ref byte at, int offset, short value) => Put(ref at, offset, (ushort)value);

    /// <summary>Stores 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(ref byte at, int offset, uint value) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref at, offset), Order(value));

    /// <summary>Stores 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(ref byte at, int offset, int value) => Put(ref at, offset, (uint)value);

    /// <summary>Stores 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(ref byte at, int offset, ulong value) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref at, offset), Order(value));

    /// <summary>Stores 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(ref byte at, int offset, long value) => Put(ref at, offset, (ulong)value);

    /// <summary>Stores 128 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(ref byte at, int offset, UInt128 value)
    {
        Put(ref at, offset, (ulong)value);
        Put(ref at, offset + 8, (ulong)(value >> 64));
    }

    /// <summary>Stores 16 bytes in the order in which a UUID is written (RFC 9562, section 4).</summary>
    public static void Put(ref byte at, int offset, Guid value) =>
        value.TryWriteBytes(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref at, offset), 16), bigEndian: true, out _);

    /// <summary>Loads a byte; of a boolean, too, which the caller checks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte GetByte(ref byte at, int offset) => Unsafe.Add(ref at, offset);

    /// <summary>Loads a signed byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static sbyte GetSByte(ref byte at, int offset) => (sbyte)Unsafe.Add(ref at, offset);

    /// <summary>Loads 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort GetUInt16(ref byte at, int offset) =>
        Order(Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref at, offset)));

    /// <summary>Loads 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static short GetInt16(ref byte at, int offset) => (short)GetUInt16(ref at, offset);

    /// <summary>Loads 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint GetUInt32(ref byte at, int offset) =>
        Order(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref at, offset)));

    /// <summary>Loads 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int GetInt32(ref byte at, int offset) => (int)GetUInt32(ref at, offset);

    /// <summary>Loads 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong GetUInt64(ref byte at, int offset) =>
        Order(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, offset)));

    /// <summary>Loads 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long GetInt64(ref byte at, int offset) => (long)GetUInt64(ref at, offset);

    /// <summary>Loads 128 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UInt128 GetUInt128(ref byte at, int offset) =>
        new(GetUInt64(ref at, offset + 8), GetUInt64(ref at, offset));

    /// <summary>Loads 16 bytes in the order in which a UUID is written.</summary>
    public static Guid GetGuid(ref byte at, int offset) =>
        new(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref at, offset), 16), bigEndian: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Order(ushort value) =>
        BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Order(uint value) =>
        BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Order(ulong value) =>
        BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
}
