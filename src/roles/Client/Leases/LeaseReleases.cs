using FlexFs.Client.Session;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client.Leases;

/// <summary>Leases of inodes that this client does not keep in memory any more, given back many at a time.</summary>
/// <remarks>
/// Until the server has answered no lease of such an inode is taken again: the release might come after the question. Its lock guards
/// the set.
/// </remarks>
internal sealed class LeaseReleases(MetadataSession session, LeaseClock clock, ILogger log)
{
    private const int BatchMax = 1024;
    private readonly Lock _gate = new();
    private readonly HashSet<InodeId> _inodes = [];
    private readonly HashSet<InodeId> _undropped = [];
    private readonly Queue<InodeId> _waiting = new();
    private bool _isRunning;

    /// <summary>What has to be dropped before. Set once.</summary>
    public IKernelCaches Kernel { get; set; } = new NoKernelCaches();

    /// <summary>Whether a lease of the inode is on its way back.</summary>
    public bool Contains(InodeId inode)
    {
        lock (_gate) return _inodes.Count > 0 && _inodes.Contains(inode);
    }

    /// <summary>Inodes of which the kernel may still have something that it was given under the lease.</summary>
    public InodeId[] Undropped
    {
        get
        {
            lock (_gate) return [.. _undropped.Order()];
        }
    }

    /// <summary>An inode is about to be in memory no more; whether it had a lease is told by <see cref="Add"/> or <see cref="Cancel"/>.</summary>
    public void Begin(InodeId inode)
    {
        lock (_gate)
        {
            if (!_inodes.Contains(inode)) _undropped.Add(inode);
        }
    }

    /// <summary>It had none.</summary>
    public void Cancel(InodeId inode)
    {
        lock (_gate)
        {
            if (!_inodes.Contains(inode)) _undropped.Remove(inode);
        }
    }

    /// <summary>It had one, which is given back.</summary>
    public void Add(InodeId inode)
    {
        lock (_gate)
        {
            if (!_inodes.Add(inode)) return;
            _undropped.Add(inode);
            _waiting.Enqueue(inode);
            if (_isRunning) return;
            _isRunning = true;
        }

        _ = RunAsync();
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        var batch = new List<InodeId>();
        while (true)
        {
            batch.Clear();
            lock (_gate)
            {
                while (batch.Count < BatchMax && _waiting.TryDequeue(out var next)) batch.Add(next);
                if (batch.Count == 0)
                {
                    _isRunning = false;
                    return;
                }
            }

            try
            {
                await ReleaseAsync(batch);
            }
            catch (Exception e)
            {
                // The top of its own task. They stay marked as on their way: the server may believe that they are held.
                ClientLog.Unexpected(log, e, "a release of leases");
            }
        }
    }

    private async ValueTask ReleaseAsync(List<InodeId> batch)
    {
        foreach (var inode in batch)
        {
            clock.Mark(inode);
            await Kernel.DropAsync(inode, InodeParts.Attributes | InodeParts.Data | InodeParts.Names, []);
            lock (_gate) _undropped.Remove(inode);
        }

        _ = await session.CallAsync<ReleaseLeasesRequest, EmptyReply>(
            Opcode.ReleaseLeases, new ReleaseLeasesRequest { Inodes = [.. batch] }, CancellationToken.None, RpcLane.Release);
        foreach (var inode in batch) clock.Mark(inode);
        lock (_gate) _inodes.ExceptWith(batch);
    }
}
