using FlexFs.Core;
using FlexFs.MetadataService.Tests.Peers;
using FlexFs.Protocol.Metadata;
using FlexFs.Protocol.Sessions;
using FlexFs.Rpc;
using FlexFs.Wire;

namespace FlexFs.MetadataService.Tests;

public sealed class SessionTests
{
    private static readonly TimeSpan Term = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_welcome_says_what_the_volume_is()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        Assert.Equal(service.Volume.Id, client.Welcome.Volume);
        Assert.Equal(InodeId.Root, client.Welcome.Root);
        Assert.Equal(Limits.BlockSizeLog2Default, client.Welcome.BlockSizeLog2);
        Assert.NotEqual(SessionId.None, client.Welcome.Session);
        Assert.False(client.Welcome.MustReclaim);
    }

    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000000", TestService.VolumeName, "token")]
    [InlineData(TestService.Token, "another", "no volume another")]
    public async Task A_wrong_token_or_volume_is_refused_with_the_reason(string token, string volume, string reason)
    {
        await using var service = new TestService();
        await using var client = TestClient.Make(service, token, volume);
        client.Insists = false;
        var refused = await Assert.ThrowsAsync<RpcException>(() => client.Rpc.ConnectAsync().SoonAsync());
        Assert.Equal(Errno.EACCES, refused.Errno);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, service.Disk.Opened);
    }

    [Fact]
    public async Task A_store_of_another_volume_is_refused()
    {
        await using var service = new TestService();
        await (await TestClient.ConnectAsync(service)).DisposeAsync();
        service.Kill();
        service.Volume = service.Volume with { Id = new VolumeId(Guid.NewGuid()) };
        service.Start();
        await using var client = TestClient.Make(service);
        client.Insists = false;
        var refused = await Assert.ThrowsAsync<RpcException>(() => client.Rpc.ConnectAsync().SoonAsync());
        Assert.Contains("another volume", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_only_token_makes_every_mutation_EROFS()
    {
        await using var service = new TestService { IsTokenReadOnly = true };
        await using var client = await TestClient.ConnectAsync(service);
        Assert.Equal(Errno.EROFS, (await client.CreateAsync("x").SoonAsync()).Errno);
        Assert.True((await client.StatAsync(InodeId.Root).SoonAsync()).IsOk);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_ends_when_its_token_is_revoked_or_may_only_read(bool isRevoked)
    {
        await using var service = new TestService(new ServiceOptions { Upkeep = TimeSpan.FromMilliseconds(1) });
        using var stop = new CancellationTokenSource();
        var upkeep = service.Server.RunAsync(stop.Token);
        await using var client = await TestClient.ConnectAsync(service);
        await using var reader = TestClient.Make(service, isReadOnly: true);
        await reader.Rpc.ConnectAsync().SoonAsync();
        Assert.True((await client.CreateAsync("before").SoonAsync()).IsOk);
        if (isRevoked) service.IsTokenValid = false;
        else service.IsTokenReadOnly = true;
        await Eventually.HoldsAsync(() => Refused(client), "the connection is ended, and a new one refused");
        if (isRevoked) await Eventually.HoldsAsync(() => Refused(reader), "the reader's too");
        else Assert.True((await reader.StatAsync(InodeId.Root).SoonAsync()).IsOk);
        var create = client.CreateAsync("after");
        if (isRevoked) service.IsTokenValid = true;
        else service.IsTokenReadOnly = false;

        // The session was not lost by it.
        Assert.True((await create.SoonAsync()).IsOk);
        Assert.Equal(0, client.Losses);
        await stop.CancelAsync();
        await upkeep;

        static bool Refused(TestClient client)
        {
            lock (client.Failures) return client.Failures.Exists(failure => failure.Errno == Errno.EACCES);
        }
    }

    [Fact]
    public async Task A_session_outlives_its_connection_and_a_request_under_way_has_one_effect()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        var session = client.Welcome.Session;
        service.Disk.HoldCommits();
        var begun = service.Disk.Begun;
        var create = client.CreateAsync("once");
        await Eventually.HoldsAsync(() => service.Disk.Begun > begun, "the commit is under way");
        service.CutAll();
        service.Disk.LetCommitsGo();
        Assert.True((await create.SoonAsync()).IsOk);
        Assert.Equal(session, client.Welcome.Session);
        Assert.Equal(2, client.Rpc.Connections);
        Assert.Single((await client.ListAsync().SoonAsync()).Value.Entries);
    }

    [Fact]
    public async Task Cut_again_and_again_every_request_has_one_effect()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        var creates = new List<Task<Result<MutationReply>>>();
        for (var i = 0; i < 300; i++)
        {
            creates.Add(client.CreateAsync($"file {i}"));
            if (i % 20 == 19) service.CutAll();
            if (i % 5 == 0) await Task.Yield();
        }

        Assert.All(await Task.WhenAll(creates).SoonAsync(), reply => Assert.Equal(Errno.OK, reply.Errno));
        Assert.Equal(0, client.Losses);
        Assert.Equal(300, (await client.ListAsync().SoonAsync()).Value.Entries.Length);
    }

    [Fact]
    public async Task A_restarted_server_answers_repeats_once_and_loses_nothing()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        var creates = new List<Task<Result<MutationReply>>>();
        for (var round = 0; round < 10; round++)
        {
            for (var i = 0; i < 30; i++) creates.Add(client.CreateAsync($"{round} {i}"));
            await creates[round * 30].SoonAsync();
            service.Kill();
            service.Start();
        }

        Assert.All(await Task.WhenAll(creates).SoonAsync(), reply => Assert.Equal(Errno.OK, reply.Errno));
        Assert.Equal(0, client.Losses);
        Assert.Equal(300, (await client.ListAsync().SoonAsync()).Value.Entries.Length);
    }

    [Fact]
    public async Task After_a_restart_requests_wait_until_the_session_has_reclaimed()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        client.Reclaims = false;
        service.Kill();
        service.Start();
        var create = client.CreateAsync("waits");
        await Eventually.HoldsAsync(() => client.Welcome.MustReclaim, "it is back and must reclaim");
        Assert.False(create.IsCompleted);
        Assert.True((await client.ReclaimAsync().SoonAsync()).IsOk);
        Assert.True((await create.SoonAsync()).IsOk);
    }

    [Fact]
    public async Task A_release_lane_full_of_unanswered_requests_does_not_keep_back_the_reclaim_they_wait_for()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service, TestClient.Quick with { ReleaseSlots = 1 });
        var file = (await client.CreateAsync("f", open: true).SoonAsync()).Value.Attributes!.Value.Inode;
        Assert.True((await client.UnlinkAsync("f").SoonAsync()).IsOk);
        client.Open.Add(file);
        service.Disk.HoldCommits();
        var close = client.CloseAsync(file);
        await Eventually.HoldsAsync(() => service.Disk.Begun > service.Disk.Batches.Count, "the close is being committed");
        service.Kill();
        service.Start();
        Assert.True((await close.SoonAsync()).IsOk);
    }

    [Fact]
    public async Task A_file_open_at_a_session_that_has_not_reclaimed_survives_its_unlink_by_another()
    {
        await using var service = new TestService();
        await using var holder = await TestClient.ConnectAsync(service);
        await using var remover = await TestClient.ConnectAsync(service);
        var made = (await holder.CreateAsync("file", open: true).SoonAsync()).Value.Attributes!.Value.Inode;
        holder.Reclaims = false;
        holder.Open.Add(made);
        service.Kill();
        service.Start();
        await Eventually.HoldsAsync(() => holder.Welcome.MustReclaim, "the holder is back");
        Assert.True((await remover.UnlinkAsync("file").SoonAsync()).IsOk);
        Assert.True((await holder.ReclaimAsync().SoonAsync()).IsOk);
        Assert.Equal(0U, (await holder.StatAsync(made).SoonAsync()).Value.Attributes.LinkCount);
        Assert.True((await holder.CloseAsync(made).SoonAsync()).IsOk);
    }

    [Fact]
    public async Task A_silent_session_is_expired_after_its_term_and_not_before()
    {
        var clock = new ManualClock();
        await using var service = new TestService(clock: clock);
        using var stop = new CancellationTokenSource();
        var upkeep = service.Server.RunAsync(stop.Token);
        await using var watcher = await TestClient.ConnectAsync(service);
        InodeId made;
        await using (var client = await TestClient.ConnectAsync(service))
        {
            made = (await client.CreateAsync("open", open: true).SoonAsync()).Value.Attributes!.Value.Inode;
            Assert.True((await watcher.UnlinkAsync("open").SoonAsync()).IsOk);
        }

        await MoveAsync(clock, Term - TimeSpan.FromSeconds(5));
        Assert.Equal(2, service.Server.Status[0].Sessions);
        Assert.True((await watcher.StatAsync(made).SoonAsync()).IsOk);
        await MoveUntilAsync(clock, () => service.Server.Status[0].Sessions == 1, "the silent session is gone");
        Assert.Equal(Errno.ESTALE, (await watcher.StatAsync(made).SoonAsync()).Errno);
        await stop.CancelAsync();
        await upkeep.SoonAsync();
    }

    [Fact]
    public async Task An_expired_client_gets_a_new_session_and_is_told_so()
    {
        var clock = new ManualClock();
        await using var service = new TestService(clock: clock);
        using var stop = new CancellationTokenSource();
        var upkeep = service.Server.RunAsync(stop.Token);
        await using var client = await TestClient.ConnectAsync(service);
        var first = client.Welcome.Session;
        var server = service.Server;
        service.IsDown = true;
        service.CutAll();
        await MoveUntilAsync(clock, () => server.Status[0].Sessions == 0, "the silent session is gone");
        service.IsDown = false;
        await Eventually.HoldsAsync(() => client.Welcome.Session != first, "it has a new session");
        Assert.Equal(1, client.Losses);
        Assert.True((await client.CreateAsync("goes on").SoonAsync()).IsOk);
        await stop.CancelAsync();
        await upkeep.SoonAsync();
    }

    [Fact]
    public async Task Time_in_which_the_server_was_down_does_not_count_as_silence()
    {
        var clock = new ManualClock();
        await using var service = new TestService(clock: clock);
        await using var client = await TestClient.ConnectAsync(service);
        var session = client.Welcome.Session;
        service.Kill();
        clock.Advance(TimeSpan.FromDays(3));
        service.Start();
        Assert.True((await client.CreateAsync("still here").SoonAsync()).IsOk);
        Assert.Equal(session, client.Welcome.Session);
        Assert.Equal(0, client.Losses);
    }

    [Fact]
    public async Task Who_does_not_come_back_after_a_restart_is_expired_and_its_orphans_are_removed()
    {
        var clock = new ManualClock();
        await using var service = new TestService(clock: clock);
        await using var watcher = await TestClient.ConnectAsync(service);
        InodeId made;
        await using (var client = await TestClient.ConnectAsync(service))
        {
            made = (await client.CreateAsync("open", open: true).SoonAsync()).Value.Attributes!.Value.Inode;
            Assert.True((await client.UnlinkAsync("open").SoonAsync()).IsOk);
        }

        service.Kill();
        service.Start();
        using var stop = new CancellationTokenSource();
        var upkeep = service.Server.RunAsync(stop.Token);
        Assert.True((await watcher.StatAsync(made).SoonAsync()).IsOk);
        await MoveAsync(clock, TimeSpan.FromSeconds(30));
        Assert.True((await watcher.StatAsync(made).SoonAsync()).IsOk);
        await MoveUntilAsync(clock, () => service.Server.Status[0].Sessions == 1, "the silent session is gone");
        await GoneAsync(clock, watcher, made);
        await stop.CancelAsync();
        await upkeep.SoonAsync();
    }

    [Fact]
    public async Task A_clean_end_removes_the_session_and_what_only_it_had_open()
    {
        await using var service = new TestService();
        await using var watcher = await TestClient.ConnectAsync(service);
        await using var client = await TestClient.ConnectAsync(service);
        var made = (await client.CreateAsync("open", open: true).SoonAsync()).Value.Attributes!.Value.Inode;
        Assert.True((await client.UnlinkAsync("open").SoonAsync()).IsOk);
        Assert.True((await client.EndAsync().SoonAsync()).IsOk);
        Assert.Equal(Errno.ESTALE, (await watcher.StatAsync(made).SoonAsync()).Errno);
        await Eventually.HoldsAsync(() => client.Losses > 0 || service.Server.Status[0].Sessions == 1, "it is gone");
    }

    [Fact]
    public async Task A_wrong_key_does_not_resume_a_session()
    {
        await using var service = new TestService();
        await using var owner = await TestClient.ConnectAsync(service);
        var hello = new SessionHello
        {
            Volume = TestService.VolumeName,
            Token = TestService.Token,
            ClientName = "thief",
            ClientVersion = "1",
            Session = owner.Welcome.Session,
            SessionKey = owner.Welcome.SessionKey + 1,
            Incarnation = 9,
        };
        var session = new FixedHello(WireCodec.ToBytes(hello));
        await using var thief = new RpcClient(
            service, session, session, TestClient.Quick, TimeProvider.System, new Random(1));
        var refused = await Assert.ThrowsAsync<RpcException>(() => thief.ConnectAsync().SoonAsync());
        Assert.Equal(Errno.EACCES, refused.Errno);
        Assert.True((await owner.CreateAsync("mine").SoonAsync()).IsOk);
        Assert.Equal(1, owner.Rpc.Connections);
    }

    private static async Task GoneAsync(ManualClock clock, TestClient client, InodeId inode)
    {
        while ((await client.StatAsync(inode).SoonAsync()).IsOk) clock.Advance(TimeSpan.FromSeconds(1));
    }

    private static Task MoveUntilAsync(ManualClock clock, Func<bool> condition, string what) =>
        Eventually.HoldsAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return condition();
            },
            what);

    private static async Task MoveAsync(ManualClock clock, TimeSpan by)
    {
        // In steps, as time goes: each lets the upkeep of that moment begin.
        var step = TimeSpan.FromSeconds(1);
        for (var at = TimeSpan.Zero; at < by; at += step)
        {
            clock.Advance(step);
            await Task.Yield();
        }
    }

    private sealed class FixedHello(byte[] hello) : IRpcClientSession, IRpcPushHandler
    {
        public ReadOnlyMemory<byte> MakeHello() => hello;

        public void OnWelcome(in RpcWelcome welcome)
        {
        }

        public RpcSessionLoss OnSessionLost() => RpcSessionLoss.End;

        public bool OnFailure(in RpcFailure failure) => false;

        public void OnDisconnected(RpcEnd end)
        {
        }

        public void OnPush(in FrameHeader header, ReadOnlyMemory<byte> payload)
        {
        }
    }
}
