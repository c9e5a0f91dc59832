using FlexFs.Core;

namespace FlexFs.Metadata.Locks;

/// <summary>A wish that waits for its turn.</summary>
public sealed class LockWaiter
{
    internal LockWaiter(in LockWish wish, ulong ticket, object? tag, Instant since)
    {
        Wish = wish;
        Ticket = ticket;
        Tag = tag;
        Since = since;
        Node = new LinkedListNode<LockWaiter>(this);
    }

    /// <summary>What is wished.</summary>
    public LockWish Wish { get; }

    /// <summary>How its session names it.</summary>
    public ulong Ticket { get; }

    /// <summary>The caller's: who is to be answered.</summary>
    public object? Tag { get; internal set; }

    /// <summary>Since when.</summary>
    public Instant Since { get; }

    /// <summary>Once it waits no more: OK, EINTR (cancelled), EIO (its session ended), ENOLCK.</summary>
    public Errno Outcome { get; internal set; }

    internal LinkedListNode<LockWaiter> Node { get; }
}
