using System.Collections.Immutable;
using FlexFs.Client.Inodes;
using FlexFs.Client.Session;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client.Leases;

/// <summary>Carries recalls out: commits, drops what the kernel and this client have, gives the lease up, says so.</summary>
/// <remarks>
/// The order is what tests/LeaseModel found necessary:
///   1. from the recall's arrival on no answer to an older question counts, and no write is taken;
///   2. the kernel's pages are dropped, and again what was read meanwhile (<see cref="PageFills"/>); the lease is given up in a moment in
///      which nothing is read;
///   3. until the acknowledgement was answered nothing is asked of the bytes.
/// A recall that comes again, on a new connection, is the same one. While it lasts the server is told so.
/// </remarks>
internal sealed class RecallHandler(
    ClientLeases leases, MetadataSession session, InodeCache cache, WritePath writes, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(5);

    // Ten minutes: who has not stored its bytes by then keeps others waiting for no good reason.
    private const int ReportsMax = 120;
    private readonly Lock _gate = new();
    private readonly HashSet<ulong> _underWay = [];

    /// <summary>What answers programs in front of this client. Set once.</summary>
    public IKernelCaches Kernel { get; set; } = new NoKernelCaches();

    /// <summary>Recalls that are being carried out.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _underWay.Count;
        }
    }

    /// <summary>A recall arrived. Called by the connection's loop.</summary>
    public void Take(RecallPush recall)
    {
        lock (_gate)
        {
            if (!_underWay.Add(recall.Id)) return;
        }

        leases.Clock.Recall(recall.Inode, recall.Id);
        var inode = cache.Pin(recall.Inode);
        lock (inode.Gate) inode.Held.BeginRecall();
        _ = RunAsync(recall, inode);
    }

    /// <summary>Bytes were read without a lease: as if a recall had come, but nobody waits for it.</summary>
    public void Drop(CachedInode inode)
    {
        _ = cache.Pin(inode.Id);
        lock (inode.Gate) inode.Held.BeginRecall();
        _ = DropUncoveredAsync(inode);
    }

    private async Task DropUncoveredAsync(CachedInode inode)
    {
        // It waits for the read that brought them to be answered, so the reader may not wait for it.
        await Task.Yield();
        try
        {
            await inode.Fills.Turn.EnterAsync();
            try
            {
                await DropPagesAsync(inode, InodeParts.Attributes | InodeParts.Data, []);
            }
            finally
            {
                EndTurn(inode);
            }
        }
        catch (Exception e)
        {
            // The top of its own task.
            ClientLog.Unexpected(log, e, "a drop of pages");
        }

        lock (inode.Gate) inode.Held.EndRecall(hadGivenUp: false);
        cache.Unpin(inode);
    }

    private async Task RunAsync(RecallPush recall, CachedInode inode)
    {
        // The connection's loop has more to do.
        await Task.Yield();
        var number = session.Number;
        var hadGivenUp = false;
        using var done = new CancellationTokenSource();
        try
        {
            var reporting = ReportAsync(recall.Id, done.Token);
            LeaseKind? kept;
            do
            {
                if (recall.Keep < LeaseKind.Write && HasWriteLease(inode)) await FlushAsync(inode, number);
                (kept, hadGivenUp) = await DropAsync(recall, inode);
            }
            while (kept is null);
            EndReports(done);
            await reporting;
            if (session.Number == number) await AcknowledgeAsync(new RecallAnswer { Id = recall.Id, Kept = kept.Value });
        }
        catch (Exception e)
        {
            // The top of its own task: the server ends the session if the recall is not carried out, and nobody says that it is.
            EndReports(done);
            ClientLog.Unexpected(log, e, "a recall");
        }

        lock (inode.Gate) inode.Held.EndRecall(hadGivenUp);
        cache.Unpin(inode);
        lock (_gate) _underWay.Remove(recall.Id);
    }

    private static void EndReports(CancellationTokenSource done)
    {
#pragma warning disable VSTHRD103 // CancelAsync would leave the caller's context for the thread pool
        done.Cancel();
#pragma warning restore VSTHRD103
    }

    // Without the write lease only such bytes are dirty of which nobody was told that they are written, or mapped ones; their commit waits
    // for other hosts, which may wait for this recall.
    private static bool HasWriteLease(CachedInode inode)
    {
        lock (inode.Gate) return inode.Held.Kind == LeaseKind.Write;
    }

    private async ValueTask FlushAsync(CachedInode inode, ulong number)
    {
        while (session.Number == number)
        {
            // Writes wait by now, but for those that a recall waits for, so this comes to an end.
            var errno = await writes.FlushAsync(inode);
            lock (inode.Gate)
            {
                if (errno == Errno.OK && inode.Writer is not { HasAnything: true }) return;
            }

            if (errno != Errno.OK) await Task.Delay(RetryPause, time);
        }
    }

    // Nothing is kept when the kernel wrote back, while it dropped pages, what mappings had changed: that is committed under the lease, too.
    private async ValueTask<(LeaseKind? Kept, bool HasGivenUp)> DropAsync(RecallPush recall, CachedInode inode)
    {
        InodeParts parts;
        IReadOnlyList<ReadOnlyMemory<byte>> names;
        lock (inode.Gate) (parts, names) = AskedOf(recall, inode);
        if ((parts & InodeParts.Data) == 0)
        {
            if (parts != InodeParts.None) await Kernel.DropAsync(inode.Id, parts, names);
            lock (inode.Gate)
            {
                if ((AskedOf(recall, inode).Parts & ~parts) == 0) return Drop(recall, inode, parts, names);
            }
        }

        await inode.Fills.Turn.EnterAsync();
        try
        {
            lock (inode.Gate) (parts, names) = AskedOf(recall, inode);
            parts |= InodeParts.Data;
            await DropPagesAsync(inode, parts, names);
            lock (inode.Gate) return Drop(recall, inode, parts, names);
        }
        finally
        {
            EndTurn(inode);
        }
    }

    // Under the inode's lock. Who keeps nothing keeps no pages and no names, whatever it was asked for: the lease may be on its way back
    // (LeaseReleases), and the kernel have all of it still.
    private static (InodeParts Parts, IReadOnlyList<ReadOnlyMemory<byte>> Names) AskedOf(RecallPush recall, CachedInode inode) =>
        KeptOf(recall, inode) == LeaseKind.None
            ? (InodeParts.Attributes | InodeParts.Data | InodeParts.Names, [])
            : (recall.Parts, recall.Names.IsDefault ? [] : recall.Names);

    private static LeaseKind KeptOf(RecallPush recall, CachedInode inode) =>
        inode.Held.Kind < recall.Keep ? inode.Held.Kind : recall.Keep;

    // In its turn. Afterwards the kernel has no pages of the inode, and no read begins to fill any.
    private async ValueTask DropPagesAsync(CachedInode inode, InodeParts parts, IReadOnlyList<ReadOnlyMemory<byte>> names)
    {
        lock (inode.Gate) inode.Fills.BeginDrop();
        await Kernel.DropAsync(inode.Id, parts, names);
        while (true)
        {
            Task quiet;
            lock (inode.Gate) quiet = inode.Fills.CloseAsync();
            await quiet;
            ImmutableArray<FileRange> filled;
            lock (inode.Gate) filled = inode.Fills.TakeNoted();
            if (filled.IsEmpty) return;
            foreach (var range in filled) await Kernel.DropPagesAsync(inode.Id, range);
        }
    }

    private static void EndTurn(CachedInode inode)
    {
        lock (inode.Gate) inode.Fills.Open();
        inode.Fills.Turn.Exit();
    }

    // Under the inode's lock: what was dropped is not known any more.
    private static (LeaseKind? Kept, bool HasGivenUp) Drop(
        RecallPush recall, CachedInode inode, InodeParts parts, IReadOnlyList<ReadOnlyMemory<byte>> names)
    {
        var held = inode.Held;
        var kept = KeptOf(recall, inode);
        if (held.Kind == LeaseKind.Write && kept < LeaseKind.Write && inode.Writer is { HasAnything: true }) return (null, false);

        // A change of our own may have taken effect already, and its answer be on its way.
        if ((parts & InodeParts.Attributes) != 0 || held.Changing > 0) held.HasAttributes = false;
        if ((parts & InodeParts.Names) != 0) DropNames(held, names);
        held.Kind = kept;
        if (kept == LeaseKind.None) held.Drop();
        if ((parts & InodeParts.Data) == 0) return (kept, false);

        // What would be read before the server has the acknowledgement could be pages that nobody drops again.
        inode.ForgetData();
        held.GiveUp();
        return (kept, true);
    }

    private static void DropNames(HeldInode held, IReadOnlyList<ReadOnlyMemory<byte>> names)
    {
        if (names.Count == 0) held.ForgetNames();
        foreach (var name in names) held.ForgetName(name.Span);
    }

    private async ValueTask AcknowledgeAsync(RecallAnswer answer)
    {
        var request = new AcknowledgeRecallsRequest { Recalls = ImmutableArray.Create(answer) };
        _ = await session.CallAsync<AcknowledgeRecallsRequest, EmptyReply>(
            Opcode.AcknowledgeRecalls, request, CancellationToken.None, RpcLane.Release);
    }

    private async Task ReportAsync(ulong id, CancellationToken done)
    {
        try
        {
            for (var i = 0; i < ReportsMax; i++)
            {
                await Task.Delay(ReportInterval, time, done);
                await AcknowledgeAsync(new RecallAnswer { Id = id, IsUnderWay = true });
            }
        }
        catch (OperationCanceledException)
        {
            // It is carried out.
        }
    }
}
