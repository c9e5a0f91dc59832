using System.Buffers;
using FlexFs.Core;
using FlexFs.MetadataService.Tests.Peers;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc;
using FlexFs.Rpc.Transports;

namespace FlexFs.MetadataService.Tests;

public sealed class FailureTests
{
    private static readonly ServiceOptions Quick = new()
    {
        ReopenWait = TimeSpan.FromMilliseconds(1),
        ReopenWaitMax = TimeSpan.FromMilliseconds(5),
    };

    [Fact]
    public async Task A_full_store_answers_ENOSPC_to_changes_and_goes_on_with_reads_and_removals()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        var old = (await client.CreateAsync("old").SoonAsync()).Value.Attributes!.Value.Inode;
        Assert.True((await client.CreateAsync("other").SoonAsync()).IsOk);
        service.Disk.Disk.IsFull = true;
        var creates = Enumerable.Range(0, 50).Select(i => client.CreateAsync($"{i}")).ToArray();
        var removal = client.UnlinkAsync("other");
        Assert.All(await Task.WhenAll(creates).SoonAsync(), reply => Assert.Equal(Errno.ENOSPC, reply.Errno));
        Assert.True((await removal.SoonAsync()).IsOk);
        Assert.True((await client.StatAsync(old).SoonAsync()).IsOk);
        Assert.True((await client.UnlinkAsync("old").SoonAsync()).IsOk);
        Assert.Empty((await client.ListAsync().SoonAsync()).Value.Entries);
        Assert.Equal(Errno.ENOSPC, (await client.CreateAsync("still full").SoonAsync()).Errno);
        service.Disk.Disk.IsFull = false;
        Assert.True((await client.CreateAsync("again").SoonAsync()).IsOk);
        Assert.True((await client.CreateAsync("and again").SoonAsync()).IsOk);
        Assert.Equal(2, (await client.ListAsync().SoonAsync()).Value.Entries.Length);
    }

    [Fact]
    public async Task What_was_done_before_the_store_was_full_is_not_answered_ENOSPC_when_it_comes_again()
    {
        await using var service = new TestService(Quick);
        await using var client = await TestClient.ConnectAsync(service);
        var cold = (await client.CreateAsync("cold").SoonAsync()).Value.Attributes!.Value.Inode;
        service.Kill();
        service.Start();

        // Several at once, so that the slots of the two below are in memory too.
        var creates = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => client.CreateAsync($"warm {i}"))).SoonAsync();
        var warm = creates[0].Value.Attributes!.Value.Inode;

        // The first change waits for the disk; the second is written, and nobody is told.
        service.Disk.HoldReads();
        var reads = service.Disk.Reads;
        var refused = ChangeModeAsync(client, cold);
        await Eventually.HoldsAsync(() => service.Disk.Reads > reads, "the first change waits for a read");
        var written = service.Disk.Batches.Count;
        service.Disk.CannotBeOpened = true;
        service.Disk.NextFault = CommitFault.Written;
        var done = ChangeModeAsync(client, warm);
        await Eventually.HoldsAsync(() => service.Disk.Batches.Count > written, "the second change is written");
        service.Disk.Disk.IsFull = true;
        service.Kill();
        service.Disk.CannotBeOpened = false;
        service.Start();

        // Both come again, in one batch that finds no space.
        Assert.Equal(Errno.ENOSPC, (await refused.SoonAsync()).Errno);
        Assert.Equal(Errno.OK, (await done.SoonAsync()).Errno);
        Assert.Equal(0x180u, (await client.StatAsync(warm).SoonAsync()).Value.Attributes.Mode & Core.FileMode.PermissionMask);
    }

    [Fact]
    public async Task A_removal_that_finds_no_space_leaves_the_leases_on_what_was_to_go()
    {
        await using var service = new TestService();
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        var over = await MakeDirectoryAsync(a.Client, "over");
        await MakeDirectoryAsync(a.Client, "from");
        Assert.Equal(InodeId.None, (await b.Client.LookupAsync("f", over).SoonAsync()).Value.Attributes.Inode);
        a.Obeys = b.Obeys = true;
        service.Disk.Disk.IsFull = true;
        Assert.Equal(Errno.ENOSPC, (await a.RenameAsync("from", "over").SoonAsync()).Errno);
        service.Disk.Disk.IsFull = false;

        // What it knows of the folder's names it is asked to drop, as before.
        b.Obeys = false;
        var before = b.Recalls.Count;
        var create = a.Client.CreateAsync("f", parent: over);
        await Eventually.HoldsAsync(() => b.Recalls.Count > before, "a recall came");
        Assert.False(create.IsCompleted);
        await b.AcknowledgeAsync(b.Recalls[^1]).SoonAsync();
        Assert.True((await create.SoonAsync()).IsOk);
    }

    private static async Task<InodeId> MakeDirectoryAsync(TestClient client, string name) =>
        (await client.CreateAsync(name, directory: true).SoonAsync()).Value.Attributes!.Value.Inode;

    private static Task<Result<MutationReply>> ChangeModeAsync(TestClient client, InodeId inode) =>
        client.CallAsync<SetAttributesRequest, MutationReply>(Opcode.SetAttributes, new SetAttributesRequest
        {
            Inode = inode,
            Change = new AttributeChange { Mask = AttributeMask.Mode, Mode = 0x180 },
        });

    [Fact]
    public async Task New_sessions_are_taken_while_the_store_is_full()
    {
        await using var service = new TestService();
        await using var first = await TestClient.ConnectAsync(service);
        service.Disk.Disk.IsFull = true;
        Assert.Equal(Errno.ENOSPC, (await first.CreateAsync("x").SoonAsync()).Errno);
        await using var second = await TestClient.ConnectAsync(service);
        Assert.True((await second.StatAsync(InodeId.Root).SoonAsync()).IsOk);
        Assert.True((await second.EndAsync().SoonAsync()).IsOk);
    }

    [Theory]
    [InlineData(CommitFault.Lost)]
    [InlineData(CommitFault.Written)]
    public async Task A_failed_commit_has_one_effect_whether_it_was_written_or_not(CommitFault fault)
    {
        await using var service = new TestService(Quick);
        await using var client = await TestClient.ConnectAsync(service);
        service.Disk.NextFault = fault;
        var creates = Enumerable.Range(0, 50).Select(i => client.CreateAsync($"{i}", open: true)).ToArray();
        Assert.All(await Task.WhenAll(creates).SoonAsync(), reply => Assert.Equal(Errno.OK, reply.Errno));
        Assert.Equal(50, (await client.ListAsync().SoonAsync()).Value.Entries.Length);
        Assert.Equal(2, service.Disk.Opened);
        Assert.Equal(1, client.Rpc.Connections);
        Assert.True((await client.UnlinkAsync("7").SoonAsync()).IsOk);
        var made = (await creates[7]).Value.Attributes!.Value.Inode;
        Assert.Equal(0U, (await client.StatAsync(made).SoonAsync()).Value.Attributes.LinkCount);
    }

    [Fact]
    public async Task A_store_that_stays_away_for_a_while_is_waited_for()
    {
        await using var service = new TestService(Quick);
        await using var client = await TestClient.ConnectAsync(service);
        service.Disk.CannotBeOpened = true;
        service.Disk.NextFault = CommitFault.Lost;
        var create = client.CreateAsync("waits");
        await Eventually.HoldsAsync(() => service.Disk.NextFault == CommitFault.None, "the commit failed");
        var read = client.StatAsync(InodeId.Root);
        Assert.False(create.IsCompleted);
        Assert.False(read.IsCompleted);
        service.Disk.CannotBeOpened = false;
        Assert.True((await create.SoonAsync()).IsOk);
        Assert.True((await read.SoonAsync()).IsOk);
    }

    [Fact]
    public async Task A_failed_read_is_repeated_on_a_reopened_store()
    {
        await using var service = new TestService(Quick);
        await using var client = await TestClient.ConnectAsync(service);
        service.Disk.FailsNextRead = true;
        Assert.Equal(Errno.ENOENT, (await client.LookupAsync("never seen").SoonAsync()).Errno);
        Assert.Equal(2, service.Disk.Opened);
    }

    [Fact]
    public async Task A_fenced_server_stops_serving_the_volume_and_writes_nothing_more()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        await service.Disk.Disk.TakeOwnershipAsync(CancellationToken.None);
        var batches = service.Disk.Batches.Count;
        var create = client.CreateAsync("too late");
        await Eventually.HoldsAsync(() => service.Server.Status[0].StopReason is not null, "it stopped");
        await Eventually.HoldsAsync(() => client.Failures.Count > 0, "the client is refused");
        Assert.Contains("another metadata server", client.Failures[0].End.Message, StringComparison.Ordinal);
        Assert.False(create.IsCompleted);
        Assert.Equal(batches, service.Disk.Batches.Count);
    }

    [Fact]
    public async Task Internal_requests_of_a_client_are_ENOSYS()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        for (var opcode = 0x8000; opcode < 0x8010; opcode++)
        {
            var reply = await client.CallAsync<EndSessionRequest, EmptyReply>((Opcode)opcode, default).SoonAsync();
            Assert.Equal(Errno.ENOSYS, reply.Errno);
        }

        Assert.Equal(1, service.Server.Status[0].Sessions);
    }

    [Fact]
    public async Task Garbage_payloads_are_refused_and_the_connection_lives()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        var random = new Random(1);
        for (var i = 0; i < 500; i++)
        {
            var garbage = new byte[random.Next(200)];
            random.NextBytes(garbage);
            using var reply = await client.Rpc.CallAsync((ushort)random.Next(0, 256), garbage).AsTask().SoonAsync();
            if (reply.Errno == Errno.OK) Assert.True(garbage.Length < 64, "only what has next to no fields is valid by chance");
        }

        Assert.True((await client.CreateAsync("fine").SoonAsync()).IsOk);
        Assert.Null(service.Server.Status[0].StopReason);
    }

    [Fact]
    public async Task Garbage_on_a_connection_costs_that_connection_alone()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        var random = new Random(2);
        for (var i = 0; i < 50; i++)
        {
            var duplex = new MemoryDuplex();
            var serving = service.Server.ServeAsync(duplex.Server);
            var garbage = new byte[1 + random.Next(4000)];
            random.NextBytes(garbage);
            if (i % 2 == 0) RpcProtocol.Preface.CopyTo(garbage.AsSpan(0, Math.Min(8, garbage.Length)));
            duplex.Client.Output.Write(garbage);
            await duplex.Client.Output.FlushAsync();
            await duplex.Client.Output.CompleteAsync();
            await serving.SoonAsync();
        }

        Assert.True((await client.CreateAsync("fine").SoonAsync()).IsOk);
        Assert.Equal(1, client.Rpc.Connections);
    }

    [Fact]
    public async Task A_server_that_stops_under_load_answers_or_leaves_to_its_successor_each_request_once()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        service.Disk.HoldCommits();
        var begun = service.Disk.Begun;
        var creates = Enumerable.Range(0, 100).Select(i => client.CreateAsync($"{i}")).ToArray();
        await Eventually.HoldsAsync(() => service.Disk.Begun > begun, "a commit is under way");
        service.IsDown = true;
        var closing = service.Server.CloseAsync();
        Assert.False(closing.IsCompleted);
        service.Disk.LetCommitsGo();
        await closing.SoonAsync();

        // What was executed was answered: the client has it, or reads it from what the connection still carries.
        await Eventually.HoldsAsync(() => creates.Any(create => create.IsCompleted), "answers left before the end");
        service.Start();
        service.IsDown = false;
        Assert.All(await Task.WhenAll(creates).SoonAsync(), reply => Assert.Equal(Errno.OK, reply.Errno));
        Assert.Equal(0, client.Losses);
        Assert.Equal(100, (await client.ListAsync().SoonAsync()).Value.Entries.Length);
    }
}
