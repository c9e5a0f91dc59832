using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.Storage;
using FlexFs.MetadataService.Tests.Peers;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Tests;

public sealed class ObjectReaperTests
{
    private static readonly ServiceOptions Options = new()
    {
        SessionTerm = TimeSpan.FromMinutes(5),
        DeletionMargin = TimeSpan.FromMinutes(10),
        Upkeep = TimeSpan.FromSeconds(10),
        DeletionsPerStep = 3,
    };

    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(15);

    [Fact]
    public async Task What_is_overwritten_is_deleted_after_the_margin_once_and_in_steps_and_nothing_else_is()
    {
        await using var world = new Reaping();
        var gone = await world.OverwriteAsync(7);
        await world.RunForAsync(Margin - TimeSpan.FromMinutes(1));
        Assert.Empty(world.Deleter.Deleted);
        await world.RunUntilAsync(() => world.Deleter.Deleted.Count >= gone.Count);
        await world.RunForAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(gone, world.Deleter.Deleted.Order());
        var condemned = new StoreRange(
            StoreColumn.Current, new byte[] { (byte)KeyFamily.Condemned }, new byte[] { (byte)KeyFamily.Condemned + 1 });
        Assert.Empty((await world.Service.Disk.Disk.ScanAsync(condemned, 10, CancellationToken.None)).Pairs);
    }

    [Fact]
    public async Task A_step_of_the_wall_clock_makes_nothing_older()
    {
        await using var world = new Reaping();
        var gone = await world.OverwriteAsync(2);
        await world.RunForAsync(TimeSpan.FromMinutes(1));
        world.Clock.Step(TimeSpan.FromDays(30));
        await world.RunForAsync(Margin - TimeSpan.FromMinutes(2));
        Assert.Empty(world.Deleter.Deleted);
        world.Clock.Step(TimeSpan.FromDays(-60));
        await world.RunUntilAsync(() => world.Deleter.Deleted.Count >= gone.Count);
        Assert.Equal(gone, world.Deleter.Deleted.Order());
    }

    [Fact]
    public async Task A_store_that_is_away_is_asked_again_and_a_restart_measures_anew()
    {
        await using var world = new Reaping();
        world.Deleter.Fails = true;
        var gone = await world.OverwriteAsync(1);
        await world.RunUntilAsync(() => world.Deleter.Failures > 1);
        await world.RestartAsync();
        world.Deleter.Fails = false;
        await world.RunForAsync(Margin - TimeSpan.FromMinutes(1));
        Assert.Empty(world.Deleter.Deleted);
        await world.RunUntilAsync(() => world.Deleter.Deleted.Count > 0);
        Assert.Equal(gone, world.Deleter.Deleted);
    }

    [Fact]
    public async Task A_block_store_that_hangs_keeps_no_session_from_being_expired()
    {
        await using var world = new Reaping();
        world.Deleter.Hangs = true;
        await world.OverwriteAsync(1);
        await world.RunForAsync(Margin + TimeSpan.FromMinutes(1));
        world.Service.IsDown = true;
        world.Service.CutAll();
        await world.RunUntilAsync(() => world.Service.Server.Status[0].Sessions == 0);
        Assert.Empty(world.Deleter.Deleted);
    }

    [Fact]
    public async Task A_volume_that_nobody_uses_is_closed_once_nothing_is_left_to_delete_and_opened_by_the_next_client()
    {
        await using var world = new Reaping();
        await world.OverwriteAsync(1);
        await world.LeaveAsync();
        await world.RunForAsync(TimeSpan.FromMinutes(12));
        Assert.Single(world.Service.Server.Status);
        await world.RunUntilAsync(() => world.Service.Server.Status.Count == 0);
        Assert.Single(world.Deleter.Deleted);
        await using var next = await TestClient.ConnectAsync(world.Service);
        Assert.True((await next.LookupAsync("f").SoonAsync()).IsOk);
        Assert.Equal(2, world.Service.Disk.Opened);
        await world.RunForAsync(TimeSpan.FromMinutes(30));
        Assert.Single(world.Service.Server.Status);
    }

    private sealed class Reaping : IAsyncDisposable
    {
        private CancellationTokenSource _stop = new();
        private Task _running;
        private TestClient? _client;

        public Reaping()
        {
            Service = new TestService(Options, Clock, start: false) { Deleter = Deleter };
            Service.Start();
            _running = Service.Server.RunAsync(_stop.Token);
        }

        public ManualClock Clock { get; } = new();

        public TestDeleter Deleter { get; } = new();

        public TestService Service { get; }

        public TestClient Client => _client!;

        /// <summary>Writes a file of one object so many times over; the objects of before, in order.</summary>
        public async Task<IReadOnlyList<ObjectId>> OverwriteAsync(int times)
        {
            _client = await TestClient.ConnectAsync(Service);
            var file = (await _client.CreateAsync("f").SoonAsync()).Value.Attributes!.Value.Inode;
            var first = (await _client.CallAsync<AllocateIdsRequest, MutationReply>(Opcode.AllocateIds, default).SoonAsync()).Value.Value;
            for (var i = 0; i <= times; i++)
            {
                var id = new ObjectId(first + (ulong)i);
                var written = await _client.CallAsync<CommitWriteRequest, MutationReply>(Opcode.CommitWrite, new CommitWriteRequest
                {
                    Inode = file,
                    Blocks = [new BlockExtents { Extents = [new Extent { Object = id, LengthBytes = 10 }] }],
                    Objects = [new ObjectDescriptor { Object = id, PlainBytes = 10, StoredBytes = 10, FrameIndex = new byte[] { 1 } }],
                    SizeAtLeastBytes = 10,
                }).SoonAsync();
                Assert.Equal(Errno.OK, written.Errno);
            }

            return [.. Enumerable.Range(0, times).Select(i => new ObjectId(first + (ulong)i))];
        }

        public async Task RunForAsync(TimeSpan time)
        {
            for (var done = TimeSpan.Zero; done < time; done += Options.Upkeep) await RunOnceAsync();
        }

        public async Task RunUntilAsync(Func<bool> isSo)
        {
            for (var round = 0; !isSo(); round++)
            {
                Assert.True(round < 5000, "it does not happen");
                await RunOnceAsync();
            }
        }

        public async Task RestartAsync()
        {
            await StopAsync();
            Service.Kill();
            Service.Start();
            _stop = new CancellationTokenSource();
            _running = Service.Server.RunAsync(_stop.Token);
            Assert.True((await Client.StatAsync(InodeId.Root).SoonAsync()).IsOk);
        }

        /// <summary>The client unmounts.</summary>
        public async Task LeaveAsync()
        {
            Assert.True((await Client.EndAsync().SoonAsync()).IsOk);
            await Client.DisposeAsync();
            _client = null;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            if (_client is not null) await _client.DisposeAsync();
            await Service.DisposeAsync();
            _stop.Dispose();
        }

        // One round of upkeep: when it has begun everything it waits for the clock again.
        private async Task RunOnceAsync()
        {
            await Eventually.HoldsAsync(() => Clock.IsWaiting(Options.Upkeep), "the upkeep waits");
            Clock.Advance(Options.Upkeep);
            await Eventually.HoldsAsync(
                () => Clock.IsWaiting(Options.Upkeep) && (!Service.Server.IsInUpkeep || Deleter.Hangs), "the upkeep was done");
        }

        private async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _running;
        }
    }
}
