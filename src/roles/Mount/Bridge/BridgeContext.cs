using FlexFs.Client;
using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Mount.State;

namespace FlexFs.Mount.Bridge;

/// <summary>What all operations of a mount share.</summary>
/// <param name="FileSystem">The volume.</param>
/// <param name="Replies">Makes the kernel's structures.</param>
/// <param name="Requests">Which requests were executed, in the region.</param>
/// <param name="Handles">What is open, in the region.</param>
/// <param name="Changes">Counts changes by this mount.</param>
/// <param name="Time">Time of now.</param>
internal sealed record BridgeContext(
    FileSystem FileSystem,
    Replies Replies,
    RequestTable Requests,
    HandleTable Handles,
    ChangeCount Changes,
    TimeProvider Time)
{
    /// <summary>Tells the kernel what changed; there from before the first request on.</summary>
    internal FuseNotifier? Notifier { get; set; }

    /// <summary>
    /// Makes the kernel ask for the inode's attributes again. It never waits (FuseNotifier), so a handler may call it before its reply.
    /// </summary>
    internal void DropAttributes(ulong nodeId) => _ = Notifier?.InvalidateAttributes(nodeId);

    /// <summary>The session's root is the kernel's node 1, whatever its inode is.</summary>
    internal InodeId Inode(ulong nodeId) => nodeId == InodeId.Root.Value ? FileSystem.Root : new InodeId(nodeId);
}
