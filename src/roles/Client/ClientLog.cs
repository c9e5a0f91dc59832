using FlexFs.Core;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client;

/// <summary>Everything that this library says.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "a recall of the server cannot be read: {Reason}")]
    public static partial void BadRecall(ILogger log, string reason);

    [LoggerMessage(1, LogLevel.Information, "connected again as {Session}; open files are told anew: {MustReclaim}")]
    public static partial void Reconnected(ILogger log, SessionId session, bool mustReclaim);

    [LoggerMessage(2, LogLevel.Warning, "the connection to the metadata server ended: {Reason}; connecting again")]
    public static partial void Disconnected(ILogger log, string reason);

    [LoggerMessage(3, LogLevel.Warning, "attempt {Attempt} to reach the metadata server: {Reason}")]
    public static partial void CannotConnect(ILogger log, int attempt, string reason);

    [LoggerMessage(22, LogLevel.Error,
        "the metadata server {Server} refuses this mount of {Volume} ({Reason}): calls fail, and what is not stored waits until the token"
        + " is valid again; with a new one: mount.flexfs init creds {Volume} --force, unmount and mount again")]
    public static partial void Refused(ILogger log, string server, string volume, string reason);

    [LoggerMessage(4, LogLevel.Error, "the server knows {Session} no more: changes without answer ended in EIO; going on with a new session")]
    public static partial void SessionLost(ILogger log, SessionId session);

    [LoggerMessage(19, LogLevel.Error,
        "{Session} ended with {Bytes} bytes of {Files} files not stored: they are not stored any more, each file says EIO once")]
    public static partial void Fenced(ILogger log, SessionId session, int files, long bytes);

    [LoggerMessage(20, LogLevel.Error, "what {Session} had not stored could not be saved")]
    public static partial void RescueFailed(ILogger log, Exception cause, SessionId session);

    [LoggerMessage(5, LogLevel.Error, "the server refused to take the open files of this session again: {Errno}")]
    public static partial void ReclaimFailed(ILogger log, Errno errno);

    [LoggerMessage(6, LogLevel.Error, "the server's welcome cannot be read: {Reason}")]
    public static partial void BadWelcome(ILogger log, string reason);

    [LoggerMessage(10, LogLevel.Warning, "{Inode}: object {Object} could not be stored ({Errno}), attempt {Attempt}; its bytes are kept")]
    public static partial void UploadFailed(ILogger log, Exception cause, InodeId inode, ObjectId @object, Errno errno, int attempt);

    [LoggerMessage(18, LogLevel.Warning, "{Inode}: object {Object} was refused by the store ({Errno}), attempt {Attempt}; its bytes are kept")]
    public static partial void UploadRefused(ILogger log, InodeId inode, ObjectId @object, Errno errno, int attempt);

    [LoggerMessage(11, LogLevel.Error, "{Inode}: object {Object} could not be read at offset {Offset}")]
    public static partial void ReadFailed(ILogger log, Exception cause, InodeId inode, ObjectId @object, long offset);

    [LoggerMessage(12, LogLevel.Error, "{Inode}: object {Object} is not in the store, though the server's newest answer names it")]
    public static partial void ObjectMissing(ILogger log, InodeId inode, ObjectId @object);

    [LoggerMessage(13, LogLevel.Error, "{Inode}: what was written is lost, the server refused it: {Errno}")]
    public static partial void WriteLost(ILogger log, InodeId inode, Errno errno);

    [LoggerMessage(14, LogLevel.Warning, "{Inode}: not committed ({Errno}); the bytes are kept, the next attempt is in {Pause}")]
    public static partial void WriteBehindFailed(ILogger log, InodeId inode, Errno errno, TimeSpan pause);

    [LoggerMessage(15, LogLevel.Error, "a bug: {What} ended with an exception")]
    public static partial void Unexpected(ILogger log, Exception cause, string what);

    [LoggerMessage(17, LogLevel.Debug, "object {Object} could not be read ahead")]
    public static partial void PrefetchFailed(ILogger log, Exception cause, ObjectId @object);

    [LoggerMessage(16, LogLevel.Error, "unmounting: {Count} files have bytes that could not be stored: {Errno}")]
    public static partial void LeftBehind(ILogger log, int count, Errno errno);

    [LoggerMessage(21, LogLevel.Warning, "the metadata server did not answer the end of the session within {Patience}; it will expire")]
    public static partial void SessionLeft(ILogger log, TimeSpan patience);

    [LoggerMessage(19, LogLevel.Error, "{Inode}: a lock was lost, because the server ended the session or gave it to another: every use of the handle that took it is EIO until it is closed")]
    public static partial void LockLost(ILogger log, InodeId inode);

    [LoggerMessage(20, LogLevel.Error, "the server refused to take the locks of this session again: {Errno}")]
    public static partial void ReclaimLocksFailed(ILogger log, Errno errno);
}
