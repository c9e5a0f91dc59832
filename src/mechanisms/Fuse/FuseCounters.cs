using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse;

/// <summary>What a server has seen since it started. Read at any time; each number is exact, together they are not.</summary>
public sealed class FuseCounters
{
    private const int Opcodes = 64;
    private readonly long[] _requests = new long[Opcodes];
    private long _malformed;
    private long _faults;
    private long _refusedReplies;
    private long _interrupts;
    private long _forgotten;
    private long _readersWoken;

    /// <summary>Requests of one kind.</summary>
    public long Requests(FuseOpcode opcode) => Volatile.Read(ref _requests[(uint)opcode % Opcodes]);

    /// <summary>Requests that did not fit their structure; answered EINVAL where they had a header.</summary>
    public long Malformed => Volatile.Read(ref _malformed);

    /// <summary>Handlers that threw or forgot to answer; answered EIO.</summary>
    public long Faults => Volatile.Read(ref _faults);

    /// <summary>Answers that the kernel no longer wanted: the program was killed, or another server answered.</summary>
    public long RefusedReplies => Volatile.Read(ref _refusedReplies);

    /// <summary>Interrupts delivered.</summary>
    public long Interrupts => Volatile.Read(ref _interrupts);

    /// <summary>Lookups given back.</summary>
    public long Forgotten => Volatile.Read(ref _forgotten);

    /// <summary>How often a further reader was called because the reading one was busy.</summary>
    public long ReadersWoken => Volatile.Read(ref _readersWoken);

    internal void CountRequest(FuseOpcode opcode) => Interlocked.Increment(ref _requests[(uint)opcode % Opcodes]);

    internal void CountMalformed() => Interlocked.Increment(ref _malformed);

    internal void CountFault() => Interlocked.Increment(ref _faults);

    internal void CountRefusedReply() => Interlocked.Increment(ref _refusedReplies);

    internal void CountInterrupt() => Interlocked.Increment(ref _interrupts);

    internal void CountForgotten(ulong lookups) => Interlocked.Add(ref _forgotten, (long)lookups);

    internal void CountReaderWoken() => Interlocked.Increment(ref _readersWoken);
}
