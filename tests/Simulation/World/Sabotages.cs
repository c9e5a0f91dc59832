using System.Runtime.CompilerServices;
using FlexFs.Client;
using FlexFs.Client.Locks;
using FlexFs.Client.Session;
using FlexFs.MetadataService;
using FlexFs.MetadataService.Leases;
using FlexFs.MetadataService.Volumes;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc;
using FlexFs.Simulation.Runtime;

namespace FlexFs.Simulation.World;

/// <summary>Bugs put into the product's own objects, from outside, where no part that is given to them could have the bug.</summary>
internal static class Sabotages
{
    private static readonly TimeSpan Impatience = TimeSpan.FromMilliseconds(5);

    /// <summary>The clock of a client.</summary>
    public static TimeProvider ClockOf(SimulatedWorld world, SimulatedProcess process) =>
        world.Options.Sabotage == Sabotage.ClientNeverSelfFences ? new SlowClock(process.Clock) : process.Clock;

    /// <summary>A client that has just mounted.</summary>
    public static void Apply(SimulatedWorld world, FileSystem files)
    {
        var session = SessionOf(files);
        switch (world.Options.Sabotage)
        {
            case Sabotage.ClientIgnoresRecalls:
                session.OnRecall = recall => _ = session.CallAsync<AcknowledgeRecallsRequest, EmptyReply>(
                    Opcode.AcknowledgeRecalls,
                    new AcknowledgeRecallsRequest { Recalls = [new RecallAnswer { Id = recall.Id, Kept = recall.Keep }] },
                    CancellationToken.None, RpcLane.Release);
                break;
            case Sabotage.ClientReclaimsNoLeases:
                session.Leases = static () => [];
                break;
            case Sabotage.ClientReclaimsNoLocks:
                LocksOf(session) = null;
                break;
        }
    }

    /// <summary>A server that has just started.</summary>
    public static void Apply(SimulatedWorld world, SimulatedProcess process, MetadataServer server)
    {
        if (world.Options.Sabotage == Sabotage.ServerAwaitsNoRecall) process.Start(() => AcknowledgeAllAsync(process, server));
    }

    private static async Task AcknowledgeAllAsync(SimulatedProcess process, MetadataServer server)
    {
        while (true)
        {
            await Task.Delay(Impatience, process.Clock);
            foreach (var volume in HostOf(server).Open)
            {
                volume.Context.Post(_ => AcknowledgeAll(LeasesOf(volume).Table), null);
            }
        }
    }

    private static void AcknowledgeAll(LeaseTable table)
    {
        var open = table.Sessions.SelectMany(session => session.Open.Where(recall => recall.IsSent).Select(recall => (session.Id, recall)));
        foreach (var (id, recall) in open.ToArray()) table.Acknowledge(id, new RecallAnswer { Id = recall.Id, Kept = recall.Keep });
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_session")]
    private static extern ref MetadataSession SessionOf(FileSystem files);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_locks")]
    private static extern ref FileLocks? LocksOf(MetadataSession session);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_host")]
    private static extern ref VolumeHost HostOf(MetadataServer server);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_leases")]
    private static extern ref LeaseKeeper LeasesOf(VolumeService volume);

    /// <summary>Shows a twentieth of the time that has gone by; timers are right.</summary>
    private sealed class SlowClock(TimeProvider clock) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => clock.LocalTimeZone;

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override long GetTimestamp() => clock.GetTimestamp() / 20;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            clock.CreateTimer(callback, state, dueTime, period);
    }
}
