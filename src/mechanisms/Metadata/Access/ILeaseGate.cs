using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Access;

/// <summary>Who decides whether a request may run now, with regard to what other sessions have cached. An input of the engine.</summary>
/// <remarks>
/// <see cref="Offer"/> and <see cref="IsWrittenElsewhere"/> are asked while an operation runs, which may come to nothing: they change
/// nothing. <see cref="Admits"/> is asked once, before the request takes effect.
/// </remarks>
public interface ILeaseGate
{
    /// <summary>Whether the session understands leases.</summary>
    bool UsesLeases { get; }

    /// <summary>Id of the last recall that was begun, of whatever inode.</summary>
    ulong LastRecall { get; }

    /// <summary>The lease that the session would have with this answer, at most the one that is wanted.</summary>
    /// <param name="inode">Of what.</param>
    /// <param name="wanted">At most.</param>
    /// <param name="isNeeded">Whether the request is of no use without it, so that a full table is no reason.</param>
    LeaseKind Offer(InodeId inode, LeaseKind wanted, bool isNeeded);

    /// <summary>Whether the session may have a lease that it needs: even these have a bound.</summary>
    bool MayNeed(InodeId inode);

    /// <summary>Whether the session has a lease of the inode.</summary>
    bool IsHeld(InodeId inode);

    /// <summary>Whether another session has a lease of the inode.</summary>
    bool IsHeldElsewhere(InodeId inode);

    /// <summary>Whether another session may have size and times of the inode that are not committed.</summary>
    bool IsWrittenElsewhere(InodeId inode);

    /// <summary>Whether a session that came earlier waits to change the inode, and may have recalled it already.</summary>
    bool IsContested(InodeId inode);

    /// <summary>
    /// Whether the request may take effect and be answered. If so, the leases that were offered are granted; if not, it had no effect and
    /// is executed again later.
    /// </summary>
    bool Admits(Footprint footprint);
}
