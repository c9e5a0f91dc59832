using FlexFs.Core;
using FlexFs.MetadataService.Tests.Peers;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Tests;

public sealed class GroupCommitTests
{
    [Fact]
    public async Task Mutations_in_flight_share_a_commit()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        var before = service.Disk.Batches.Count;
        service.Disk.HoldCommits();
        var first = client.CreateAsync("first");
        await Eventually.HoldsAsync(() => service.Disk.Begun > before, "the first commit is under way");
        var others = Enumerable.Range(0, 200).Select(i => client.CreateAsync($"file {i}")).ToArray();
        await Eventually.HoldsAsync(() => client.Rpc.Unanswered == 201, "all are sent");
        service.Disk.LetCommitsGo();
        foreach (var reply in await Task.WhenAll([first, .. others]).SoonAsync()) Assert.True(reply.IsOk);
        Assert.InRange(service.Disk.Batches.Count - before, 2, 50);
    }

    [Fact]
    public async Task Many_clients_get_all_their_answers_in_few_commits()
    {
        await using var service = new TestService();
        var clients = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => TestClient.ConnectAsync(service)));
        var before = service.Disk.Batches.Count;
        var replies = await Task.WhenAll(clients.SelectMany((client, c) =>
            Enumerable.Range(0, 200).Select(i => client.CreateAsync($"{c}/{i}".Replace('/', '-'))))).SoonAsync();
        Assert.All(replies, reply => Assert.Equal(Errno.OK, reply.Errno));
        Assert.Equal(3200, replies.Select(reply => reply.Value.Attributes!.Value.Inode).Distinct().Count());
        Assert.InRange(service.Disk.Batches.Count - before, 1, 1600);
        foreach (var client in clients) await client.DisposeAsync();
    }

    [Fact]
    public async Task No_reply_leaves_before_what_it_observed_is_durable()
    {
        await using var service = new TestService();
        await using var writer = await TestClient.ConnectAsync(service);
        await using var reader = await TestClient.ConnectAsync(service);
        var old = (await writer.CreateAsync("old").SoonAsync()).Value.Attributes!.Value.Inode;
        var begun = service.Disk.Begun;
        service.Disk.HoldCommits();
        var create = writer.CreateAsync("new");
        await Eventually.HoldsAsync(() => service.Disk.Begun > begun, "the commit is under way");
        var sees = reader.LookupAsync("new");
        var root = reader.StatAsync(InodeId.Root);

        // The order of execution is that of arrival, so this answer means that the lookup was executed, too.
        Assert.True((await reader.StatAsync(old).SoonAsync()).IsOk);
        Assert.False(create.IsCompleted);
        Assert.False(sees.IsCompleted);
        Assert.False(root.IsCompleted);
        service.Disk.LetCommitsGo();
        var made = (await create.SoonAsync()).Value.Attributes!.Value.Inode;
        Assert.Equal(made, (await sees.SoonAsync()).Value.Attributes.Inode);
        Assert.True((await root.SoonAsync()).IsOk);
    }

    [Fact]
    public async Task Reads_of_durable_state_go_on_while_a_commit_hangs_and_its_successor_is_full()
    {
        await using var service = new TestService(new ServiceOptions { BatchRequestsMax = 4 });
        await using var client = await TestClient.ConnectAsync(service);
        var old = (await client.CreateAsync("old").SoonAsync()).Value.Attributes!.Value.Inode;
        service.Disk.HoldCommits();
        var creates = Enumerable.Range(0, 50).Select(i => client.CreateAsync($"{i}")).ToArray();
        await Eventually.HoldsAsync(() => client.Rpc.Unanswered == 50, "all are sent");
        for (var i = 0; i < 10; i++) Assert.True((await client.StatAsync(old).SoonAsync()).IsOk);
        Assert.DoesNotContain(creates, create => create.IsCompleted);
        service.Disk.LetCommitsGo();
        Assert.All(await Task.WhenAll(creates).SoonAsync(), reply => Assert.True(reply.IsOk));
    }

    [Fact]
    public async Task What_is_not_in_memory_is_fetched_once_for_all_who_miss_it()
    {
        await using var service = new TestService();
        await using (var client = await TestClient.ConnectAsync(service))
        {
            for (var i = 0; i < 100; i++) Assert.True((await client.CreateAsync($"{i}").SoonAsync()).IsOk);
        }

        service.Kill();
        service.Start();
        await using var other = await TestClient.ConnectAsync(service);
        service.Disk.HoldReads();
        var before = service.Disk.Reads;
        var lookups = Enumerable.Range(0, 100).Select(i => other.LookupAsync($"{i}")).ToArray();
        await Eventually.HoldsAsync(() => service.Disk.Reads > before, "a fetch is under way");
        service.Disk.LetReadsGo();
        Assert.All(await Task.WhenAll(lookups).SoonAsync(), reply => Assert.True(reply.IsOk));
        Assert.InRange(service.Disk.Reads - before, 1, 60);
        Assert.Equal(100, (await other.ListAsync().SoonAsync()).Value.Entries.Length);
    }

    [Fact]
    public async Task What_many_make_at_once_under_leases_is_looked_for_in_few_reads()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service, usesLeases: true);
        Assert.True((await client.CreateAsync("first").SoonAsync()).IsOk);
        service.Disk.HoldReads();
        var before = service.Disk.Reads;
        var creates = Enumerable.Range(0, 100).Select(i => client.CreateAsync($"{i}")).ToArray();
        await Eventually.HoldsAsync(() => client.Rpc.Unanswered == 100, "all are sent");
        await Eventually.HoldsAsync(() => service.Disk.Reads > before, "a fetch is under way");
        service.Disk.LetReadsGo();
        Assert.All(await Task.WhenAll(creates).SoonAsync(), reply => Assert.True(reply.IsOk));
        Assert.InRange(service.Disk.Reads - before, 1, 20);
    }

    [Fact]
    public async Task While_reads_of_the_store_are_held_back_other_requests_of_the_volume_are_answered()
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        var known = (await client.CreateAsync("known").SoonAsync()).Value.Attributes!.Value.Inode;

        // The last reply of a slot is read when it is first used.
        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => client.CreateAsync($"{i}"))).SoonAsync();
        service.Disk.HoldReads();
        var reads = service.Disk.Reads;
        var cold = client.LookupAsync("cold");
        var page = client.ListAsync();
        await Eventually.HoldsAsync(() => service.Disk.Reads > reads, "the store is asked");
        Assert.True((await client.StatAsync(known).SoonAsync()).IsOk);
        Assert.True((await client.LookupAsync("known").SoonAsync()).IsOk);
        var change = new AttributeChange { Mask = AttributeMask.Mode, Mode = 0x100 };
        Assert.True((await client.CallAsync<SetAttributesRequest, MutationReply>(
            Opcode.SetAttributes, new SetAttributesRequest { Inode = known, Change = change }).SoonAsync()).IsOk);
        Assert.False(cold.IsCompleted || page.IsCompleted);
        service.Disk.LetReadsGo();
        Assert.Equal(Errno.ENOENT, (await cold.SoonAsync()).Errno);
        var entry = Assert.Single((await page.SoonAsync()).Value.Entries, entry => entry.Inode == known);
        Assert.Equal(0x8100u, entry.Attributes!.Value.Mode);
    }

    [Fact]
    public async Task A_storming_session_does_not_starve_another()
    {
        await using var service = new TestService(new ServiceOptions { StepRequestsMax = 16, BatchRequestsMax = 16 });
        await using var storm = await TestClient.ConnectAsync(service, TestClient.Quick with { Slots = 900 });
        await using var calm = await TestClient.ConnectAsync(service);
        service.Disk.HoldCommits();
        var storming = Enumerable.Range(0, 900).Select(i => storm.CreateAsync($"storm {i}")).ToArray();
        await Eventually.HoldsAsync(() => storm.Rpc.Unanswered == 900, "the storm is sent");
        var create = calm.CreateAsync("calm");
        await Eventually.HoldsAsync(() => calm.Rpc.Unanswered == 1, "the other is sent");
        service.Disk.LetCommitsGo();
        var mine = (await create.SoonAsync()).Value.Attributes!.Value.Inode;
        var last = (await Task.WhenAll(storming).SoonAsync()).Max(r => r.Value.Attributes!.Value.Inode);
        Assert.True(mine.Value < last.Value - 400, $"{mine} was made in its turn, long before the storm's last, {last}");
    }
}
