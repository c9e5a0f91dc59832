using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlexFs.Fuse.Protocol;

/// <summary>What the kernel offers (<c>fuse_init_in</c>, 64 bytes; 16 before 7.36).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseInitIn
{
    /// <summary>Bytes before flags2 and the reserve were added in 7.36.</summary>
    public const int BytesBefore36 = 16;

    public uint Major;
    public uint Minor;
    public uint MaxReadahead;
    public uint Flags;
    public uint Flags2;
    public Reserve Unused;

    [InlineArray(11)]
    public struct Reserve
    {
        private uint _first;
    }
}

/// <summary>What the server takes of it (<c>fuse_init_out</c>, 64 bytes since 7.23).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseInitOut
{
    public uint Major;
    public uint Minor;
    public uint MaxReadahead;
    public uint Flags;
    public ushort MaxBackground;
    public ushort CongestionThreshold;
    public uint MaxWrite;

    /// <summary>Nanoseconds; since 7.23.</summary>
    public uint TimeGran;

    /// <summary>Pages of a request; since 7.28.</summary>
    public ushort MaxPages;

    /// <summary>Since 7.31, virtiofs only.</summary>
    public ushort MapAlignment;

    /// <summary>Since 7.36.</summary>
    public uint Flags2;

    /// <summary>Since 7.40.</summary>
    public uint MaxStackDepth;

    /// <summary>Seconds, since 7.43. Never set: one late request would end the whole connection.</summary>
    public ushort RequestTimeout;

    public Reserve Unused;

    [InlineArray(11)]
    public struct Reserve
    {
        private ushort _first;
    }
}
