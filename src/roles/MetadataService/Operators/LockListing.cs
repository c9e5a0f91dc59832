using FlexFs.Metadata.Locks;
using FlexFs.MetadataService.Volumes;

namespace FlexFs.MetadataService.Operators;

/// <summary>A lock that is held or waited for, for operators.</summary>
/// <param name="Volume">Of which volume.</param>
/// <param name="Lock">What, and since when.</param>
/// <param name="Client">Whose session it is: host name and process; fit to be shown.</param>
/// <param name="IsWaiting">Whether it is waited for, and not held.</param>
public sealed record LockListing(VolumeDescription Volume, ListedLock Lock, string Client, bool IsWaiting);
