using System.Runtime.InteropServices;

namespace FlexFs.Mount.State;

/// <summary>
/// Where things are in the memory region that outlives a mount's process: all that a successor needs to go on.
/// </summary>
/// <remarks>
/// The region is a memfd. Its sections follow one another, each aligned to 4,096 bytes:
/// <code>
/// RegionHeader                     1
/// HandleSlot      64 bytes         HandleCapacity     open files and directories, by handle number
/// RequestSlot     64 bytes         RequestCapacity    requests under way, and the last executed ones with their outcome
/// ChunkSlot       64 bytes         ChunkCapacity      what each chunk of dirty data is
/// chunk           ChunkBytes       ChunkCapacity      dirty data
/// </code>
/// It is written like a journal: the fields of a slot first, its State last (a release store), so a torn slot is a free one.
/// Little-endian, as every machine this runs on. A region of another layout version is refused, never reinterpreted.
/// </remarks>
/// <param name="HandleCapacity">Handles that may be open.</param>
/// <param name="RequestCapacity">A power of two above the requests that the kernel may have under way.</param>
/// <param name="ChunkCapacity">Chunks of dirty data: the bound of what is written and not yet stored.</param>
public sealed record RegionLayout(int HandleCapacity, int RequestCapacity, int ChunkCapacity)
{
    /// <summary>Raised at each change of this file.</summary>
    public const uint Version = 1;

    /// <summary>"FXMOUNT1", little-endian.</summary>
    public const ulong Magic = 0x31544E554F4D5846;

    /// <summary>Bytes of a chunk: one frame of an object by default.</summary>
    public const int ChunkBytes = 128 * 1024;

    private const long PageBytes = 4096;

    /// <summary>Where the handles begin.</summary>
    public static long HandlesOffset => PageBytes;

    /// <summary>Where the requests begin.</summary>
    public long RequestsOffset => Aligned(HandlesOffset + ((long)HandleCapacity * HandleSlot.SizeBytes));

    /// <summary>Where the chunks' descriptors begin.</summary>
    public long ChunkSlotsOffset => Aligned(RequestsOffset + ((long)RequestCapacity * RequestSlot.SizeBytes));

    /// <summary>Where the dirty data begins.</summary>
    public long ChunksOffset => Aligned(ChunkSlotsOffset + ((long)ChunkCapacity * ChunkSlot.SizeBytes));

    /// <summary>Bytes of the whole region.</summary>
    public long TotalBytes => ChunksOffset + ((long)ChunkCapacity * ChunkBytes);

    private static long Aligned(long offset) => (offset + PageBytes - 1) / PageBytes * PageBytes;
}

/// <summary>The first page of the region.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RegionHeader
{
    /// <summary><see cref="RegionLayout.Magic"/>; written last.</summary>
    public ulong Magic;

    /// <summary><see cref="RegionLayout.Version"/>.</summary>
    public uint LayoutVersion;

    /// <summary><see cref="RegionLayout.HandleCapacity"/>.</summary>
    public int HandleCapacity;

    /// <summary><see cref="RegionLayout.RequestCapacity"/>.</summary>
    public int RequestCapacity;

    /// <summary><see cref="RegionLayout.ChunkCapacity"/>.</summary>
    public int ChunkCapacity;

    /// <summary>The session at the metadata server.</summary>
    public ulong Session;

    /// <summary>Its key, low half.</summary>
    public ulong SessionKeyLow;

    /// <summary>Its key, high half.</summary>
    public ulong SessionKeyHigh;

    /// <summary>Connections of the session so far.</summary>
    public ulong Incarnation;

    /// <summary>What the kernel agreed to at INIT, which it says once per mount: minor version.</summary>
    public uint KernelMinor;

    /// <summary>INIT: bytes of the largest WRITE.</summary>
    public uint MaxWrite;

    /// <summary>INIT: flags.</summary>
    public ulong KernelFlags;

    /// <summary>Descriptors of the device, the first and its clones, in the process that holds them; -1 where none.</summary>
    public unsafe fixed int DeviceDescriptors[DeviceDescriptorsMax];

    /// <summary>The device and its clones.</summary>
    public const int DeviceDescriptorsMax = 16;
}

/// <summary>What a slot of any table is for.</summary>
public enum SlotState
{
    /// <summary>Nothing.</summary>
    Free = 0,

    /// <summary>In use.</summary>
    Used = 1,

    /// <summary>A request that has been executed; its outcome is in the slot.</summary>
    Executed = 2,
}

/// <summary>An open file or directory. The kernel repeats the handle number, so it is the slot's index and its generation.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct HandleSlot
{
    /// <summary>Bytes of a slot.</summary>
    public const int SizeBytes = 64;

    /// <summary><see cref="SlotState"/>; written last.</summary>
    public int State;

    /// <summary>Flags of open(2).</summary>
    public uint OpenFlags;

    /// <summary>The handle as the kernel has it.</summary>
    public ulong Handle;

    /// <summary>The inode.</summary>
    public ulong Inode;

    /// <summary>The inode's error sequence that this handle has reported, as errseq_t has it.</summary>
    public ulong ErrorSeen;

    private ulong _reserved0;
    private ulong _reserved1;
    private ulong _reserved2;
    private ulong _reserved3;
}

/// <summary>A request of the kernel: under way, or executed and perhaps not answered.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RequestSlot
{
    /// <summary>Bytes of a slot.</summary>
    public const int SizeBytes = 64;

    /// <summary><see cref="SlotState"/>; written last.</summary>
    public int State;

    /// <summary>FUSE opcode.</summary>
    public uint Opcode;

    /// <summary>The kernel's number without bit 63, which only says that it was sent again.</summary>
    public ulong Unique;

    /// <summary>Node id.</summary>
    public ulong Inode;

    /// <summary>Errno of the outcome.</summary>
    public int Errno;

    /// <summary>Crashes that it was under way in; after the second it is answered EIO and kept out.</summary>
    public uint Crashes;

    /// <summary>The inode of the outcome.</summary>
    public ulong ResultInode;

    /// <summary>The handle, offset or count of the outcome.</summary>
    public ulong ResultValue;

    /// <summary>Of a WRITE: where its bytes were put, with O_APPEND resolved.</summary>
    public ulong FileOffset;

    private ulong _reserved0;
}

/// <summary>What a chunk of dirty data is: a run of written bytes of one file.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ChunkSlot
{
    /// <summary>Bytes of a slot.</summary>
    public const int SizeBytes = 64;

    /// <summary>How far the run is, as <see cref="Client.Writing.DirtyChunkState"/>; 0 is a free chunk. Written last.</summary>
    public int State;

    /// <summary>Where the run begins in the chunk.</summary>
    public int ChunkOffset;

    /// <summary>Bytes of the run.</summary>
    public int LengthBytes;

    private uint _reserved0;

    /// <summary>The file.</summary>
    public ulong Inode;

    /// <summary>Where in the file the run begins.</summary>
    public long FileOffset;

    /// <summary>Order of runs: what is later lies over what is earlier.</summary>
    public ulong Sequence;

    /// <summary>When the program wrote it, in nanoseconds since 1970: mtime.</summary>
    public long WrittenAt;

    private ulong _reserved1;
    private ulong _reserved2;
}
