using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc;

namespace FlexFs.Client.Session;

/// <summary>Inodes that this session has open no more, told to the server many at a time.</summary>
/// <remarks>
/// Its lock guards the sets. Unanswered requests have no order among themselves, so an inode is not opened while its
/// close is under way:
/// <see cref="BeforeOpenAsync"/> waits for that; a close that was not sent yet is taken back.
/// </remarks>
internal sealed class CloseQueue(MetadataSession session)
{
    private readonly Lock _gate = new();
    private readonly SortedSet<InodeId> _waiting = [];
    private readonly HashSet<InodeId> _underWay = [];
    private Task _sending = Task.CompletedTask;

    /// <summary>Inodes that wait to be closed.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _waiting.Count;
        }
    }

    /// <summary>The last handle of an inode is gone and nothing of it is dirty.</summary>
    public void Add(InodeId inode)
    {
        lock (_gate) _waiting.Add(inode);
    }

    /// <summary>Makes sure that no close can overtake an open that is sent from now on.</summary>
    /// <exception cref="OperationCanceledException">The caller waits no more.</exception>
    public async ValueTask BeforeOpenAsync(InodeId inode, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task sending;
            lock (_gate)
            {
                _waiting.Remove(inode);
                if (!_underWay.Contains(inode)) return;
                sending = _sending;
            }

            await sending.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Inodes that the server still counts as open although no handle is.</summary>
    public ImmutableArray<InodeId> StillOpen()
    {
        lock (_gate) return [.. _waiting, .. _underWay];
    }

    /// <summary>Sends what waits, if nothing is under way.</summary>
    public async ValueTask SendAsync()
    {
        TaskCompletionSource done;
        InodeId[] inodes;
        lock (_gate)
        {
            if (_waiting.Count == 0 || !_sending.IsCompleted) return;
            inodes = [.. _waiting.Take(CloseRequest.InodesMax)];
            foreach (var inode in inodes)
            {
                _waiting.Remove(inode);
                _underWay.Add(inode);
            }

            done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _sending = done.Task;
        }

        // A refusal changes nothing for this client: a session that is gone has nothing open.
        _ = await session.MutateAsync(Opcode.Close, new CloseRequest { Inodes = [.. inodes] }, RpcLane.Release);
        lock (_gate) _underWay.Clear();
        done.SetResult();
    }
}
