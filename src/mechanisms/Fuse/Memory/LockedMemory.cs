using FlexFs.Fuse.Native;

namespace FlexFs.Fuse.Memory;

/// <summary>Anonymous memory of this process: touched at once, locked if RLIMIT_MEMLOCK allows, not copied by fork.</summary>
public sealed class LockedMemory : IFuseMemory
{
    /// <summary>The one there is.</summary>
    public static readonly LockedMemory Instance = new();

    private long _unlockedBytes;

    private LockedMemory()
    {
    }

    /// <summary>Bytes in use that could not be locked: a kill under memory pressure may then cost a program an EIO.</summary>
    public long UnlockedBytes => Volatile.Read(ref _unlockedBytes);

    /// <inheritdoc/>
    public nint Allocate(nuint bytes)
    {
        nint address = Libc.MMap(
            0,
            bytes,
            Libc.PROT_READ | Libc.PROT_WRITE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_POPULATE,
            -1,
            0);
        if (address == -1) return 0;
        // A fork between the kernel's look-up of a page and its use must not turn it into a copy.
        _ = Libc.MAdvise(address, bytes, Libc.MADV_DONTFORK);
        if (Libc.MLock(address, bytes) != 0) Interlocked.Add(ref _unlockedBytes, (long)bytes);
        return address;
    }

    /// <inheritdoc/>
    public void Free(nint address, nuint bytes) => _ = Libc.MUnmap(address, bytes);
}
