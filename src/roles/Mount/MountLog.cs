using FlexFs.Core;
using Microsoft.Extensions.Logging;

namespace FlexFs.Mount;

/// <summary>What a mount says.</summary>
internal static partial class MountLog
{
    [LoggerMessage(1, LogLevel.Information, "{volume} is mounted at {mountPoint}; metadata at {meta}, objects in {store}")]
    internal static partial void Mounted(ILogger log, string volume, string mountPoint, string meta, string store);

    [LoggerMessage(2, LogLevel.Information, "{mountPoint} was unmounted; what is dirty is being stored")]
    internal static partial void Unmounted(ILogger log, string mountPoint);

    [LoggerMessage(3, LogLevel.Information, "everything is stored, the session has ended")]
    internal static partial void Ended(ILogger log);

    [LoggerMessage(4, LogLevel.Error, "some of what was written could not be stored and is lost: {errno}")]
    internal static partial void LeftBehind(ILogger log, Errno errno);

    [LoggerMessage(5, LogLevel.Warning, "{mountPoint} is in use; it is taken out of the tree now and ends when nobody uses it")]
    internal static partial void Busy(ILogger log, string mountPoint);

    [LoggerMessage(6, LogLevel.Error, "FUSE {opcode}: {what}")]
    internal static partial void Fault(ILogger log, string opcode, string what, Exception? exception);

    [LoggerMessage(10, LogLevel.Warning,
        "slow: {opcode} of {inode} for process {process} (uid {user}) in {session} took {seconds:0.000} s ({errno}); waited for: {parts}{leftOut}")]
    internal static partial void Slow(
        ILogger log, string opcode, InodeId inode, uint process, uint user, SessionId session, double seconds, Errno errno, string parts,
        string leftOut);

    [LoggerMessage(11, LogLevel.Warning, "slow: {leftOut} lines were left out")]
    internal static partial void SlowLeftOut(ILogger log, long leftOut);

    [LoggerMessage(8, LogLevel.Error,
        "the session ended while {bytes} bytes of {files} files were not stored; they are kept in {folder}, see its {manifest}")]
    internal static partial void Rescued(ILogger log, long bytes, int files, string folder, string manifest);

    [LoggerMessage(9, LogLevel.Error, "{bytes} bytes were not kept: {why}")]
    internal static partial void NotRescued(ILogger log, long bytes, string why);

    [LoggerMessage(7, LogLevel.Warning,
        "/proc/sys/fs/fuse/default_request_timeout is {seconds}: the kernel would abort this mount at one slow request; set it to 0")]
    internal static partial void RequestTimeout(ILogger log, string seconds);
}
