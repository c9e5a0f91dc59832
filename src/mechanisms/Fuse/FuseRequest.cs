using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Fuse.Memory;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse;

/// <summary>A request of the kernel that is to be answered once, now or later, from any thread.</summary>
/// <remarks>
/// A handle of 16 bytes that may be copied and kept. Names and data that a handler got with it live until the reply, and
/// so does this: afterwards everything here but <see cref="IsPending"/> throws, because the memory serves another request.
/// </remarks>
public readonly struct FuseRequest : IEquatable<FuseRequest>
{
    /// <summary>The bit of <see cref="Unique"/> that marks a resent request (FUSE_UNIQUE_RESEND).</summary>
    public const ulong ResentBit = 1ul << 63;

    private readonly RequestSlot _slot;
    private readonly long _ticket;

    internal FuseRequest(RequestSlot slot)
    {
        _slot = slot;
        _ticket = slot.Ticket;
    }

    /// <summary>Answers it.</summary>
    public FuseReply Reply => new(Slot, _ticket);

    /// <summary>What is asked.</summary>
    public FuseOpcode Opcode => Slot.Header.Opcode;

    /// <summary>As the kernel sent it, the resent bit included; never reused on a connection.</summary>
    public ulong Unique => Slot.Header.Unique;

    /// <summary>What tells whether this request was executed before: <see cref="Unique"/> without the resent bit.</summary>
    public ulong Key => KeyOf(Slot.Header.Unique);

    /// <summary>Whether another server, or this one, read it before and did not answer. It may have executed it.</summary>
    public bool IsResent => (Slot.Header.Unique & ResentBit) != 0;

    /// <summary>The inode it is about; for names, their directory.</summary>
    public ulong NodeId => Slot.Header.NodeId;

    /// <summary>Caller's file system user id.</summary>
    public uint Uid => Slot.Header.Uid;

    /// <summary>Caller's file system group id.</summary>
    public uint Gid => Slot.Header.Gid;

    /// <summary>Caller's thread id; 0 when the kernel itself asks.</summary>
    public uint Pid => Slot.Header.Pid;

    /// <summary>Whether it is not answered yet. The only member that may be asked after the reply.</summary>
    public bool IsPending => _slot.IsPending(_ticket);

    /// <summary>Whether the program that waits was sent a signal: answer EINTR if there is more waiting to do.</summary>
    public bool IsInterrupted => Slot.IsInterrupted;

    /// <summary>Cancelled when the program that waits is sent a signal. Costs something only where it is asked for.</summary>
    public CancellationToken InterruptToken => Slot.InterruptTokenAfter(TimeSpan.Zero);

    /// <summary>
    /// The same, but not before the request has been under way for so long: programs whose timers or profilers send them signals
    /// see no EINTR from a call that takes as long as calls do, unless the signal ends the program
    /// (<see cref="FuseOptions.IsDying"/>). The last one asked for decides.
    /// </summary>
    public CancellationToken InterruptTokenAfter(TimeSpan patience) => Slot.InterruptTokenAfter(patience);

    /// <summary>
    /// The group of the parent directory if the caller is in it besides <see cref="Gid"/> (FUSE_CREATE_SUPP_GROUP), of
    /// requests that create; null if the kernel did not say.
    /// </summary>
    public uint? SupplementaryGroup => FuseExtensions.SupplementaryGroup(Slot.Extensions);

    /// <summary>All extensions of the request as they came.</summary>
    public ReadOnlySpan<byte> Extensions => Slot.Extensions;

    private RequestSlot Slot
    {
        get
        {
            if (!_slot.IsPending(_ticket)) ThrowAnswered();
            return _slot;
        }
    }

    /// <summary>
    /// Says that the answer comes after the handler's task has ended, from elsewhere. Without it a request that is not
    /// answered when the task ends is a fault, and gets EIO.
    /// </summary>
    public void Detach() => Slot.Detached = true;

    /// <summary>
    /// Room for a reply's data, resident and page-aligned, up to the size of the largest request. Ends with the reply;
    /// asked again, it is the same memory.
    /// </summary>
    public Memory<byte> ReplyBuffer(int length) => Slot.ReplyBuffer(length);

    /// <inheritdoc/>
    public bool Equals(FuseRequest other) => ReferenceEquals(_slot, other._slot) && _ticket == other._ticket;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FuseRequest other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_slot, _ticket);

    /// <summary>The same request.</summary>
    public static bool operator ==(FuseRequest left, FuseRequest right) => left.Equals(right);

    /// <summary>Another request.</summary>
    public static bool operator !=(FuseRequest left, FuseRequest right) => !left.Equals(right);

    internal static ulong KeyOf(ulong unique) => unique & ~ResentBit;

    internal bool IsDetached => _slot.IsPending(_ticket) && _slot.Detached;

    private static void ThrowAnswered() => throw new InvariantException("this FUSE request was answered already");
}

/// <summary>Reads what follows a request's body (<c>fuse_ext_header</c>).</summary>
internal static class FuseExtensions
{
    public static uint? SupplementaryGroup(ReadOnlySpan<byte> extensions)
    {
        while (extensions.Length >= 8)
        {
            var header = MemoryMarshal.Read<FuseExtHeader>(extensions);
            if (header.Size < 8 || header.Size > (uint)extensions.Length) return null;
            if (header.Type == FuseExtHeader.Groups && header.Size >= 16 && MemoryMarshal.Read<uint>(extensions[8..]) >= 1)
            {
                return MemoryMarshal.Read<uint>(extensions[12..]);
            }
            int padded = (int)((header.Size + 7) & ~7u);
            if (padded > extensions.Length) return null;
            extensions = extensions[padded..];
        }
        return null;
    }
}
