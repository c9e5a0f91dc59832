using FlexFs.Client;
using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Mount.State;

namespace FlexFs.Mount.Bridge;

/// <summary>What all operations of a mount share.</summary>
/// <param name="FileSystem">The volume.</param>
/// <param name="Kernel">What the kernel is given to keep.</param>
/// <param name="Requests">Which requests were executed, in the region.</param>
/// <param name="Handles">What is open, in the region.</param>
/// <param name="Changes">Counts changes by this mount.</param>
/// <param name="Ownership">Whom callers are for the volume.</param>
/// <param name="Time">Time of now.</param>
internal sealed record BridgeContext(
    FileSystem FileSystem,
    KernelCaches Kernel,
    RequestTable Requests,
    HandleTable Handles,
    ChangeCount Changes,
    Ownership Ownership,
    TimeProvider Time)
{
    /// <summary>
    /// How long a call that changes nothing is under way at least before a signal ends it that does not end the program: a restart of
    /// the metadata server is over by then, and no program with a timer sees one.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Directories that are open.</summary>
    internal OpenDirectories OpenDirectories { get; } = new();

    /// <summary>
    /// Makes the kernel ask for the inode's attributes again. It never waits (FuseNotifier), so a handler may call it before its reply.
    /// </summary>
    internal void DropAttributes(ulong nodeId) => _ = Kernel.Notifier?.InvalidateAttributes(nodeId);

    /// <summary>Makes the kernel forget pages from an offset on. It waits for requests under way, on a thread of its own.</summary>
    internal void DropPages(ulong nodeId, long offset) => _ = Kernel.Notifier?.InvalidateDataAsync(nodeId, offset, 0).AsTask();

    /// <summary>Makes the kernel forget pages of a range, which no request that this waits for may hold.</summary>
    internal async ValueTask DropPagesAsync(ulong nodeId, long offset, int length)
    {
        if (Kernel.Notifier is { } notifier) _ = await notifier.InvalidateDataAsync(nodeId, offset, length);
    }

    /// <summary>The session's root is the kernel's node 1, whatever its inode is.</summary>
    internal InodeId Inode(ulong nodeId) => nodeId == InodeId.Root.Value ? FileSystem.Root : new InodeId(nodeId);

    /// <summary>What ends the wait of a request that changes nothing: a signal, once the request has taken long.</summary>
    internal static CancellationToken Interrupt(FuseRequest request) => request.InterruptTokenAfter(Patience);

    /// <summary>Waits for an operation that has an effect; see <see cref="Caller"/>.</summary>
    internal ValueTask<(T Outcome, bool IsAwaited)> WaitAsync<T>(
        FuseRequest request, ValueTask<T> operation, uint exiting = 0) =>
        Caller.WaitAsync(request, operation, Time, exiting);
}
