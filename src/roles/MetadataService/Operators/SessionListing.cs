using FlexFs.Core;
using FlexFs.MetadataService.Volumes;

namespace FlexFs.MetadataService.Operators;

/// <summary>A session, for operators.</summary>
/// <param name="Volume">Of which volume.</param>
/// <param name="Session">Which.</param>
/// <param name="Client">Host name and process; fit to be shown.</param>
/// <param name="IsConnected">Whether it has a connection.</param>
/// <param name="SilentFor">Since its connection ended, or this server began to wait for it; 0 while it is connected.</param>
/// <param name="IsReadOnly">Whether every change is refused.</param>
/// <param name="Locks">Ranges that it has locked.</param>
public sealed record SessionListing(
    VolumeDescription Volume, SessionId Session, string Client, bool IsConnected, TimeSpan SilentFor, bool IsReadOnly, int Locks);
