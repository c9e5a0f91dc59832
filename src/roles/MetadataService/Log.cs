using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using Microsoft.Extensions.Logging;

namespace FlexFs.MetadataService;

/// <summary>Every line that the metadata service logs. Never a token, a key or a name of a file.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning,
        Message = "slow: {Opcode}{About} for {Who} took {Seconds:0.000} s ({Errno}): {Parts}{LeftOut}")]
    public static partial void SlowRequest(
        ILogger log, Opcode opcode, string about, string who, double seconds, Errno errno, string parts, string leftOut);

    [LoggerMessage(Level = LogLevel.Warning, Message = "slow: {LeftOut} lines were left out")]
    public static partial void SlowRequestsLeftOut(ILogger log, long leftOut);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "no space left for the metadata database: changes are answered ENOSPC until there is; reads go on")]
    public static partial void OutOfSpace(ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "there is space for the metadata database again")]
    public static partial void SpaceIsBack(ILogger log);

    [LoggerMessage(Level = LogLevel.Error, Message = "the metadata database failed and is opened again: {Reason}")]
    public static partial void StorageFailed(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "the metadata database is back (epoch {Epoch}, batch {Sequence}); what was not durable runs again")]
    public static partial void StorageIsBack(ILogger log, ulong epoch, ulong sequence);

    [LoggerMessage(Level = LogLevel.Critical, Message = "the volume stopped, nothing more is written: {Reason}")]
    public static partial void VolumeStopped(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "the volume is open (epoch {Epoch}, {Sessions} sessions may come back)")]
    public static partial void VolumeOpened(ILogger log, ulong epoch, int sessions);

    [LoggerMessage(Level = LogLevel.Information, Message = "the volume is closed")]
    public static partial void VolumeClosed(ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Session} began: {Client}")]
    public static partial void SessionBegan(ILogger log, SessionId session, string client);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Session} is back ({Client}, connection {Incarnation})")]
    public static partial void SessionResumed(ILogger log, SessionId session, string client, ulong incarnation);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Session} told what it has open")]
    public static partial void SessionReclaimed(ILogger log, SessionId session);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Session} lost its connection: {Reason}")]
    public static partial void SessionDisconnected(ILogger log, SessionId session, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Session} ended: {Client}")]
    public static partial void SessionEnded(ILogger log, SessionId session, string client);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Session} was silent for {Seconds:0} s and is expired: {Client}")]
    public static partial void SessionExpired(ILogger log, SessionId session, double seconds, string client);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Session} has not told what it has open {Seconds:0} s after the start of the server, and is ended: {Client}")]
    public static partial void SessionUnreclaimed(ILogger log, SessionId session, double seconds, string client);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the connection of {Session} ({Client}) is ended: {Reason}")]
    public static partial void Revoked(ILogger log, SessionId session, string client, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Session} is ended because others wait for its leases ({Reason}): {Client}")]
    public static partial void SessionFenced(ILogger log, SessionId session, string client, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Session} is ended by an operator: {Client}")]
    public static partial void SessionEvicted(ILogger log, SessionId session, string client);

    [LoggerMessage(Level = LogLevel.Information, Message = "a client was refused: {Reason}")]
    public static partial void Refused(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} inodes without a name were removed")]
    public static partial void OrphansRemoved(ILogger log, ulong count);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Count} objects were deleted from the object store")]
    public static partial void ObjectsDeleted(ILogger log, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "objects could not be deleted and will be tried again: {Reason}")]
    public static partial void ObjectsNotDeleted(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "upkeep of the volume failed with {Errno} and will be tried again")]
    public static partial void UpkeepFailed(ILogger log, Errno errno);

    [LoggerMessage(Level = LogLevel.Error, Message = "upkeep of the volume failed and will be tried again")]
    public static partial void UpkeepBroke(ILogger log, Exception failure);
}
