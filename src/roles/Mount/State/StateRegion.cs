using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Mount.Native;

namespace FlexFs.Mount.State;

/// <summary>The memory region of one mount, mapped. Its layout is <see cref="RegionLayout"/>'s.</summary>
/// <remarks>
/// Owner: the mount. The tables over it have their own locks; this class only maps. It is shared memory in a file descriptor, so a
/// process that is handed <see cref="Descriptor"/> maps the same bytes. It is left out of core dumps: it holds users' data.
/// </remarks>
public sealed unsafe class StateRegion : IDisposable
{
    private byte* _base;

    private StateRegion(int descriptor, RegionLayout layout, byte* address)
    {
        Descriptor = descriptor;
        Layout = layout;
        _base = address;
    }

    /// <summary>The memfd.</summary>
    public int Descriptor { get; }

    /// <summary>Capacities and offsets.</summary>
    public RegionLayout Layout { get; }

    /// <summary>The first page.</summary>
    public ref RegionHeader Header => ref *(RegionHeader*)Address(0);

    /// <summary>Makes an empty region. Pages take memory only once they are touched.</summary>
    /// <exception cref="IOException">There is no memory for it.</exception>
    public static StateRegion Create(RegionLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        var descriptor = Memory.MemfdCreate("flexfs-mount", Memory.MFD_CLOEXEC);
        if (descriptor < 0) throw Failed("memfd_create");
        if (Memory.Ftruncate(descriptor, layout.TotalBytes) < 0) throw Failed("ftruncate", descriptor);
        var region = Map(descriptor, layout);
        ref var header = ref region.Header;
        header.LayoutVersion = RegionLayout.Version;
        header.HandleCapacity = layout.HandleCapacity;
        header.RequestCapacity = layout.RequestCapacity;
        header.ChunkCapacity = layout.ChunkCapacity;
        for (var i = 0; i < RegionHeader.DeviceDescriptorsMax; i++) header.DeviceDescriptors[i] = -1;
        Volatile.Write(ref header.Magic, RegionLayout.Magic);
        return region;
    }

    /// <summary>Maps the region that another process made.</summary>
    /// <exception cref="InvalidDataException">It is not a region, or of another layout version.</exception>
    public static StateRegion Adopt(int descriptor, long lengthBytes)
    {
        if (lengthBytes < Unsafe.SizeOf<RegionHeader>()) throw new InvalidDataException("the region is too short to be one");
        var small = Memory.Mmap(0, (nuint)Unsafe.SizeOf<RegionHeader>(), Memory.PROT_READ, Memory.MAP_SHARED, descriptor, 0);
        if (small == -1) throw Failed("mmap");
        var header = *(RegionHeader*)small;
        _ = Memory.Munmap(small, (nuint)Unsafe.SizeOf<RegionHeader>());
        if (header.Magic != RegionLayout.Magic) throw new InvalidDataException("this is not the memory region of a mount");
        if (header.LayoutVersion != RegionLayout.Version)
        {
            throw new InvalidDataException(
                $"the region has layout version {header.LayoutVersion}, this build knows {RegionLayout.Version}");
        }

        var layout = new RegionLayout(header.HandleCapacity, header.RequestCapacity, header.ChunkCapacity);
        if (header.HandleCapacity < 1 || header.RequestCapacity < 1 || header.ChunkCapacity < 1
            || layout.TotalBytes != lengthBytes)
        {
            throw new InvalidDataException("the region's length does not match what its header says");
        }

        return Map(descriptor, layout);
    }

    /// <summary>Slots of a table.</summary>
    internal Span<T> Slots<T>(long offset, int count)
        where T : unmanaged => new(Address(offset), count);

    /// <summary>The bytes of a chunk.</summary>
    internal byte* Chunk(int index)
    {
        Check.That((uint)index < (uint)Layout.ChunkCapacity);
        return Address(Layout.ChunksOffset + ((long)index * RegionLayout.ChunkBytes));
    }

    /// <summary>Gives a chunk's memory back to the machine; it reads as zeros afterwards.</summary>
    internal void Release(int index) =>
        _ = Memory.Madvise((nint)Chunk(index), RegionLayout.ChunkBytes, Memory.MADV_REMOVE);

    /// <summary>Unmaps and closes. Another process that holds the descriptor keeps the bytes.</summary>
    public void Dispose()
    {
        if (_base == null) return;
        _ = Memory.Munmap((nint)_base, (nuint)Layout.TotalBytes);
        _base = null;
        _ = Memory.Close(Descriptor);
    }

    private byte* Address(long offset)
    {
        Check.That(_base != null);
        return _base + offset;
    }

    private static StateRegion Map(int descriptor, RegionLayout layout)
    {
        var address = Memory.Mmap(
            0, (nuint)layout.TotalBytes, Memory.PROT_READ | Memory.PROT_WRITE, Memory.MAP_SHARED, descriptor, 0);
        if (address == -1) throw Failed("mmap", descriptor);
        _ = Memory.Madvise(address, (nuint)layout.TotalBytes, Memory.MADV_DONTDUMP);
        return new StateRegion(descriptor, layout, (byte*)address);
    }

    private static IOException Failed(string call, int descriptor = -1)
    {
        var error = Marshal.GetLastPInvokeErrorMessage();
        if (descriptor >= 0) _ = Memory.Close(descriptor);
        return new IOException($"the mount's memory region could not be made: {call}: {error}");
    }
}
