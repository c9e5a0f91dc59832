using System.Globalization;
using FlexFs.Client;
using FlexFs.Client.Waiting;
using FlexFs.Core;
using FlexFs.Fuse;
using Microsoft.Extensions.Logging;

namespace FlexFs.Mount;

/// <summary>Writes a line for each operation of a program that took longer than the threshold: what it waited for, and for how long.</summary>
/// <remarks>Files are named by inode, never by name. Any thread.</remarks>
internal sealed class SlowOperations(FileSystem fileSystem, SlowWaits waits, ILogger log, TimeProvider time)
{
    private const int LinesAtOnce = 20;

    // A tenth of it is still named; what is shorter would name everything.
    private const int PartsNamed = 10;

    // The kernel's clock of requests moves in steps.
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(1);
    private readonly LineRate _rate = new(time, LinesAtOnce, LineInterval);

    /// <summary>What a client keeps for it.</summary>
    /// <param name="threshold">Zero keeps nothing.</param>
    /// <param name="time">The client's.</param>
    public static SlowWaits WaitsFor(TimeSpan threshold, TimeProvider time) => new(time, threshold / PartsNamed);

    /// <summary>An operation was answered.</summary>
    public void Tell(FuseSlow slow)
    {
        if (!_rate.TryTake(out var leftOut)) return;
        var inode = slow.NodeId == InodeId.Root.Value ? fileSystem.Root : new InodeId(slow.NodeId);
        var from = time.GetTimestamp() - (long)((slow.Elapsed + Slack).TotalSeconds * time.TimestampFrequency);
        var parts = waits.Of(inode, from);
        var before = leftOut == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {leftOut} lines were left out before");
        MountLog.Slow(
            log, slow.Opcode.ToString(), inode, slow.Pid, slow.Uid, fileSystem.Session.Session, slow.Elapsed.TotalSeconds, slow.Errno,
            parts.Length == 0 ? "nothing that took long by itself" : parts, before);
    }

    /// <summary>Once in a while: what was left out is told of, also when nothing is slow any more.</summary>
    public void Upkeep()
    {
        if (_rate.TryTakeSuppressed(out var leftOut)) MountLog.SlowLeftOut(log, leftOut);
    }
}
