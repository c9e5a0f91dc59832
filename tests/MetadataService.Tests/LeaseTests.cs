using FlexFs.Core;
using FlexFs.MetadataService.Tests.Peers;
using FlexFs.Protocol.Metadata;
using FlexFs.Protocol.Sessions;

namespace FlexFs.MetadataService.Tests;

/// <summary>Who gets a lease, what is recalled for whom, and what waits for it.</summary>
public sealed class LeaseTests
{
    [Fact]
    public async Task Only_a_session_that_asked_for_leases_gets_them()
    {
        await using var service = new TestService();
        await using var plain = await TestClient.ConnectAsync(service);
        await using var client = await LeaseClient.ConnectAsync(service);
        Assert.Equal(SessionFeatures.None, plain.Welcome.Features);
        Assert.Equal(SessionFeatures.Leases, client.Client.Welcome.Features);
        Assert.Equal(10_000U, client.Client.Welcome.LeaseTermMilliseconds);
        Assert.Equal(LeaseKind.None, (await plain.StatAsync(InodeId.Root).SoonAsync()).Value.Attributes.Lease);
        Assert.Equal(Errno.ENOENT, (await plain.LookupAsync("none").SoonAsync()).Errno);
        Assert.Equal(LeaseKind.Read, (await client.Client.StatAsync(InodeId.Root).SoonAsync()).Value.Attributes.Lease);
    }

    [Fact]
    public async Task Answers_carry_the_lease_under_which_they_may_be_kept()
    {
        await using var service = new TestService();
        await using var a = await LeaseClient.ConnectAsync(service);
        var made = (await a.Client.CreateAsync("file", open: true).SoonAsync()).Value.Attributes!.Value;
        Assert.Equal(LeaseKind.Write, made.Lease);
        var found = (await a.Client.LookupAsync("file").SoonAsync()).Value;
        Assert.Equal(LeaseKind.Read, found.ParentLease);
        Assert.Equal(LeaseKind.Write, found.Attributes.Lease);
        var absent = await a.Client.LookupAsync("none").SoonAsync();
        Assert.True(absent.IsOk);
        Assert.Equal(InodeId.None, absent.Value.Attributes.Inode);
        Assert.Equal(LeaseKind.Read, absent.Value.ParentLease);
        Assert.Equal(LeaseKind.Read, (await a.Client.ListAsync().SoonAsync()).Value.Lease);
        await a.ReleaseAsync(made.Inode).SoonAsync();
        Assert.Equal(LeaseKind.Read, (await a.Client.OpenAsync(made.Inode).SoonAsync()).Value.Attributes.Lease);
    }

    [Fact]
    public async Task The_answer_to_a_change_says_that_another_waits_to_change_the_same()
    {
        await using var service = new TestService();
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        await using var c = await LeaseClient.ConnectAsync(service);
        var file = await a.MakeFileAsync("file");
        await b.Client.LookupAsync("new").SoonAsync();
        await c.Client.StatAsync(file).SoonAsync();

        // It waits for both; when the first has dropped the name it is not asked again.
        var link = a.Client.CallAsync<LinkRequest, MutationReply>(
            Opcode.Link, new LinkRequest { Inode = file, NewParent = InodeId.Root, NewName = "new"u8.ToArray() });
        var held = await c.NextRecallAsync();
        await b.AcknowledgeAsync(await b.NextRecallAsync()).SoonAsync();
        b.Obeys = true;
        Assert.True((await b.Client.CreateAsync("meanwhile").SoonAsync()).Value.IsContested);
        Assert.False(link.IsCompleted);
        c.Obeys = true;
        await c.AcknowledgeAsync(held).SoonAsync();
        Assert.True((await link.SoonAsync()).IsOk);
        Assert.False((await b.Client.CreateAsync("afterwards").SoonAsync()).Value.IsContested);
    }

    [Fact]
    public async Task A_new_name_takes_effect_when_every_other_holder_has_dropped_it()
    {
        await using var service = new TestService();
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        await b.Client.LookupAsync("new").SoonAsync();
        var create = a.Client.CreateAsync("new");
        var recall = await b.NextRecallAsync();
        Assert.Equal(InodeId.Root, recall.Inode);
        Assert.Equal(LeaseKind.Read, recall.Keep);
        Assert.Equal(InodeParts.Names, recall.Parts & InodeParts.Names);
        Assert.Equal("new"u8.ToArray(), recall.Names.Single().ToArray());
        Assert.False(create.IsCompleted);

        // Meanwhile the old state is told, and is not to be kept.
        var meanwhile = await b.Client.LookupAsync("new").SoonAsync();
        Assert.Equal(InodeId.None, meanwhile.Value.Attributes.Inode);
        Assert.Equal(LeaseKind.None, meanwhile.Value.ParentLease);

        await AcknowledgeAllAsync(b, recall, () => create.IsCompleted);
        Assert.True((await create.SoonAsync()).IsOk);
        var after = (await b.Client.LookupAsync("new").SoonAsync()).Value;
        Assert.Equal((await create).Value.Attributes!.Value.Inode, after.Attributes.Inode);
        Assert.Equal(LeaseKind.Read, after.ParentLease);
    }

    [Fact]
    public async Task A_change_by_the_only_holder_asks_nobody()
    {
        await using var service = new TestService();
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        await a.Client.LookupAsync("x").SoonAsync();
        Assert.True((await a.Client.CreateAsync("x").SoonAsync()).IsOk);
        Assert.True((await a.RenameAsync("x", "y").SoonAsync()).IsOk);
        Assert.True((await a.Client.UnlinkAsync("y").SoonAsync()).IsOk);
        Assert.Empty(a.Recalls);
        Assert.Empty(b.Recalls);
    }

    [Fact]
    public async Task A_reader_waits_until_the_writer_has_committed_and_both_read_then()
    {
        await using var service = new TestService(NoHold);
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        var inode = (await a.Client.CreateAsync("file", open: true).SoonAsync()).Value.Attributes!.Value.Inode;
        var stat = b.Client.StatAsync(inode);
        var recall = await a.NextRecallAsync();
        Assert.Equal(inode, recall.Inode);
        Assert.Equal(LeaseKind.Read, recall.Keep);
        Assert.Equal(InodeParts.None, recall.Parts);
        Assert.True((await a.ChmodAsync(inode, 0x1C0).SoonAsync()).IsOk);
        Assert.False(stat.IsCompleted);
        await a.AcknowledgeAsync(recall).SoonAsync();
        var seen = (await stat.SoonAsync()).Value.Attributes;
        Assert.Equal(0x1C0U, seen.Mode & 0xFFF);
        Assert.Equal(LeaseKind.Read, seen.Lease);
        Assert.Equal(LeaseKind.Read, (await a.Client.StatAsync(inode).SoonAsync()).Value.Attributes.Lease);
    }

    [Fact]
    public async Task A_writer_waits_until_every_reader_has_dropped_everything()
    {
        await using var service = new TestService(NoHold);
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        await using var c = await LeaseClient.ConnectAsync(service);
        var inode = await a.MakeFileAsync("file");
        await b.ReadAsync(inode).SoonAsync();
        await c.ReadAsync(inode).SoonAsync();
        var acquire = a.AcquireAsync(inode);
        var ofB = await b.NextRecallAsync();
        var ofC = await c.NextRecallAsync();
        Assert.Equal(LeaseKind.None, ofB.Keep);
        Assert.Equal(InodeParts.Data, ofB.Parts & InodeParts.Data);
        await b.AcknowledgeAsync(ofB).SoonAsync();
        Assert.False(acquire.IsCompleted);
        await c.AcknowledgeAsync(ofC).SoonAsync();
        Assert.Equal(LeaseKind.Write, (await acquire.SoonAsync()).Value.Attributes.Lease);
    }

    [Fact]
    public async Task Bytes_are_told_at_once_to_who_has_not_acknowledged_and_later_to_who_has()
    {
        await using var service = new TestService(NoHold);
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        await using var c = await LeaseClient.ConnectAsync(service);
        var inode = await a.MakeFileAsync("file");
        await b.ReadAsync(inode).SoonAsync();
        await c.ReadAsync(inode).SoonAsync();
        var acquire = a.AcquireAsync(inode);
        var ofB = await b.NextRecallAsync();
        Assert.Equal(LeaseKind.None, (await b.ReadAsync(inode).SoonAsync()).Value.Attributes.Lease);
        await b.AcknowledgeAsync(ofB).SoonAsync();
        var later = b.ReadAsync(inode);
        Assert.Equal(LeaseKind.None, (await c.ReadAsync(inode).SoonAsync()).Value.Attributes.Lease);
        Assert.False(later.IsCompleted);
        await c.AcknowledgeAsync(await c.NextRecallAsync()).SoonAsync();
        Assert.Equal(LeaseKind.Write, (await acquire.SoonAsync()).Value.Attributes.Lease);
        a.Obeys = true;
        await a.AcknowledgeAsync(await a.NextRecallAsync()).SoonAsync();
        Assert.Equal(LeaseKind.Read, (await later.SoonAsync()).Value.Attributes.Lease);
    }

    [Fact]
    public async Task Two_creators_in_one_folder_both_come_through()
    {
        await using var service = new TestService();
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        a.Obeys = b.Obeys = true;
        await a.Client.ListAsync().SoonAsync();
        await b.Client.ListAsync().SoonAsync();
        var creates = new List<Task<Result<MutationReply>>>();
        for (var i = 0; i < 200; i++)
        {
            creates.Add(a.Client.CreateAsync($"a{i}"));
            creates.Add(b.Client.CreateAsync($"b{i}"));
            if (i % 10 == 0)
            {
                _ = a.Client.LookupAsync($"b{i}");
                _ = b.Client.LookupAsync($"a{i}");
            }
        }

        Assert.All(await Task.WhenAll(creates).SoonAsync(), reply => Assert.Equal(Errno.OK, reply.Errno));
        Assert.Equal(400, (await a.Client.ListAsync().SoonAsync()).Value.Entries.Length);
    }

    [Fact]
    public async Task Two_writers_take_turns_and_neither_starves()
    {
        await using var service = new TestService();
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        a.Obeys = b.Obeys = true;
        var inode = await a.MakeFileAsync("file");
        for (var i = 0; i < 20; i++)
        {
            var both = await Task.WhenAll(a.AcquireAsync(inode), b.AcquireAsync(inode)).SoonAsync();
            Assert.All(both, reply => Assert.Equal(LeaseKind.Write, reply.Value.Attributes.Lease));
        }
    }

    [Fact]
    public async Task What_came_first_is_not_overtaken_by_those_who_only_read()
    {
        await using var service = new TestService(NoHold);
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        await using var c = await LeaseClient.ConnectAsync(service);
        var inode = await a.MakeFileAsync("file");
        await b.ReadAsync(inode).SoonAsync();
        var acquire = a.AcquireAsync(inode);
        var recall = await b.NextRecallAsync();
        var late = c.ReadAsync(inode);
        Assert.Equal(LeaseKind.None, (await c.Client.StatAsync(inode).SoonAsync()).Value.Attributes.Lease);
        await b.AcknowledgeAsync(recall).SoonAsync();
        Assert.Equal(LeaseKind.Write, (await acquire.SoonAsync()).Value.Attributes.Lease);
        await a.AcknowledgeAsync(await a.NextRecallAsync()).SoonAsync();
        Assert.Equal(LeaseKind.Read, (await late.SoonAsync()).Value.Attributes.Lease);
    }

    [Fact]
    public async Task Requests_that_wait_hold_no_slot_of_the_window_and_others_go_on()
    {
        await using var service = new TestService();
        await using var a = await LeaseClient.ConnectAsync(service, TestClient.Quick with { Slots = 2 });
        await using var b = await LeaseClient.ConnectAsync(service);
        await b.Client.LookupAsync("x").SoonAsync();
        var creates = Enumerable.Range(0, 20).Select(i => a.Client.CreateAsync($"x{i}")).ToList();
        Assert.True((await a.Client.StatAsync(InodeId.Root).SoonAsync()).IsOk);
        Assert.All(creates, create => Assert.False(create.IsCompleted));
        b.Obeys = true;
        foreach (var recall in b.Recalls) _ = b.AcknowledgeAsync(recall);
        Assert.All(await Task.WhenAll(creates).SoonAsync(), reply => Assert.Equal(Errno.OK, reply.Errno));
        Assert.Equal(20, (await a.Client.ListAsync().SoonAsync()).Value.Entries.Length);
    }

    [Fact]
    public async Task A_recall_that_was_lost_is_sent_again_and_the_request_has_one_effect()
    {
        await using var service = new TestService();
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        await b.Client.LookupAsync("once").SoonAsync();
        var create = a.Client.CreateAsync("once");
        var first = await b.NextRecallAsync();
        service.CutAll();
        var again = await b.NextRecallAsync();
        await AcknowledgeAllAsync(b, again, () => create.IsCompleted);
        Assert.True((await create.SoonAsync()).IsOk);
        Assert.NotEqual(0UL, first.Id);
        Assert.Single((await a.Client.ListAsync().SoonAsync()).Value.Entries);
    }

    [Fact]
    public async Task A_rename_recalls_both_names_and_the_attributes_of_what_moves()
    {
        await using var service = new TestService();
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        var inode = await a.MakeFileAsync("old");
        b.Obeys = true;
        await b.Client.LookupAsync("old").SoonAsync();
        Assert.True((await a.RenameAsync("old", "new").SoonAsync()).IsOk);
        var names = b.Recalls.SelectMany(recall => recall.Names).Select(name => System.Text.Encoding.UTF8.GetString(name.Span));
        Assert.Equal(["new", "old"], names.Order().Distinct());
        Assert.Contains(b.Recalls, recall => recall.Inode == inode && (recall.Parts & InodeParts.Attributes) != 0);
        Assert.DoesNotContain(b.Recalls, recall => recall.Inode == inode && (recall.Parts & InodeParts.Data) != 0);
    }

    [Fact]
    public async Task What_was_released_is_not_recalled()
    {
        await using var service = new TestService();
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        await b.Client.LookupAsync("x").SoonAsync();
        await b.ReleaseAsync(InodeId.Root).SoonAsync();
        Assert.True((await a.Client.CreateAsync("x").SoonAsync()).IsOk);
        Assert.Empty(b.Recalls);
    }

    [Fact]
    public async Task A_young_write_lease_is_left_to_its_holder_for_a_moment_when_another_wants_to_write()
    {
        var clock = new ManualClock();
        await using var service = new TestService(clock: clock);
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        var inode = (await a.Client.CreateAsync("file", open: true).SoonAsync()).Value.Attributes!.Value.Inode;
        var acquiring = b.AcquireAsync(inode);
        await b.Client.StatAsync(InodeId.Root).SoonAsync();
        await a.Client.StatAsync(InodeId.Root).SoonAsync();
        Assert.Empty(a.Recalls);
        await Eventually.HoldsAsync(() =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(5));
            return a.Recalls.Count == 1;
        }, "the recall came");
        await a.AcknowledgeAsync(a.Recalls[0]).SoonAsync();
        Assert.True((await acquiring.SoonAsync()).IsOk);
    }

    [Fact]
    public async Task A_young_write_lease_is_recalled_at_once_for_who_wants_to_read()
    {
        await using var service = new TestService(clock: new ManualClock());
        await using var a = await LeaseClient.ConnectAsync(service);
        await using var b = await LeaseClient.ConnectAsync(service);
        var inode = (await a.Client.CreateAsync("file", open: true).SoonAsync()).Value.Attributes!.Value.Inode;
        var stat = b.Client.StatAsync(inode);
        await a.AcknowledgeAsync(await a.NextRecallAsync()).SoonAsync();
        Assert.True((await stat.SoonAsync()).IsOk);
    }

    private static ServiceOptions NoHold { get; } = new() { WriteLeaseHold = TimeSpan.Zero };

    // A change may be told in several recalls: of the name, of the directory's attributes.
    private static async Task AcknowledgeAllAsync(
        LeaseClient client, RecallPush first, Func<bool> isDone)
    {
        client.Obeys = true;
        await client.AcknowledgeAsync(first).SoonAsync();
        foreach (var recall in client.Recalls) await client.AcknowledgeAsync(recall).SoonAsync();
        await Eventually.HoldsAsync(isDone, "the change took effect");
    }
}
