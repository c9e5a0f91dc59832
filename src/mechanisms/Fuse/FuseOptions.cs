using FlexFs.Fuse.Memory;

namespace FlexFs.Fuse;

/// <summary>What a server wants of the kernel, and what it spends.</summary>
public sealed record FuseOptions
{
    /// <summary>What to take of what the kernel offers.</summary>
    public FuseCapabilities Capabilities { get; init; } = FuseCapabilities.Default;

    /// <summary>Bytes of one WRITE and READ at most: 4 KiB to 1 MiB, a power of two. 4 MiB gained nothing measurable.</summary>
    public int MaxRequestBytes { get; init; } = 1 << 20;

    /// <summary>Readahead, asynchronous direct transfers and writeback under way, at most.</summary>
    public ushort MaxBackground { get; init; } = 128;

    /// <summary>Bytes of readahead that INIT may grant; the kernel takes the smaller of this and its own.</summary>
    public uint MaxReadaheadBytes { get; init; } = 1 << 24;

    /// <summary>Granularity of times.</summary>
    public uint TimeGranularityNanoseconds { get; init; } = 1;

    /// <summary>Stacked file systems below a passthrough; 0 without.</summary>
    public uint MaxStackDepth { get; init; }

    /// <summary>Threads that may read requests: one does, and more only while it is busy. 1 to 64.</summary>
    public int ReadersMax { get; init; } = 4;

    /// <summary>Buffers of <see cref="MaxRequestBytes"/> that are kept when nobody needs them.</summary>
    public int BuffersKept { get; init; } = 8;

    /// <summary>Buffers of requests under way at which reading waits until one is answered. Replies never wait.</summary>
    public int BuffersMax { get; init; } = 256;

    /// <summary>Where buffers come from: resident, locked memory of this process if null.</summary>
    public IFuseMemory? Memory { get; init; }

    /// <summary>A request that took so long is told of; zero for none.</summary>
    public TimeSpan SlowAfter { get; init; }

    /// <summary>Told of slow requests once they are answered; called on any thread, may neither wait nor throw.</summary>
    public Action<FuseSlow>? OnSlow { get; init; }

    /// <summary>
    /// Whether a thread is about to end, so that it waits for no answer: then <see cref="FuseRequest.InterruptTokenAfter"/> has no
    /// patience. Asked from a signal on, now and then.
    /// </summary>
    public Func<uint, bool>? IsDying { get; init; }

    /// <summary>Told about faults that the kernel and programs cannot be told about; called on any thread, may not throw.</summary>
    public Action<FuseFault>? OnFault { get; init; }
}
