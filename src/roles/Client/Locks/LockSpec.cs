using FlexFs.Core.Locks;

namespace FlexFs.Client.Locks;

/// <summary>A lock that a program asks for.</summary>
/// <param name="Kind">fcntl(2) or flock(2).</param>
/// <param name="Owner">The process or open file, as the caller names it; one name for all files.</param>
/// <param name="Type">Shared or exclusive.</param>
/// <param name="Range">Which bytes; of flock(2) <see cref="LockRange.Whole"/>.</param>
/// <param name="ProcessId">For F_GETLK and operators.</param>
public readonly record struct LockSpec(LockKind Kind, ulong Owner, LockType Type, LockRange Range, uint ProcessId);

/// <summary>A lock in the way (F_GETLK).</summary>
/// <param name="Range">Its bytes.</param>
/// <param name="Type">Shared or exclusive.</param>
/// <param name="ProcessId">Who has it; 0 when that is a process of another host.</param>
public readonly record struct LockInTheWay(LockRange Range, LockType Type, uint ProcessId);

/// <summary>A lock that was granted.</summary>
/// <param name="DataUnchanged">
/// Whether all bytes that this client gave out of the file are still those of the file; if not, pages of them must be dropped before
/// the program goes on.
/// </param>
public readonly record struct LockGrant(bool DataUnchanged);
