using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.MetadataService.Operators;
using FlexFs.MetadataService.Tests.Peers;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Tests;

/// <summary>What operators are shown.</summary>
public sealed class OperatorTests : IAsyncDisposable
{
    private readonly ManualClock _clock = new();
    private readonly TestService _service;

    public OperatorTests() => _service = new TestService(clock: _clock);

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task Leases_tell_who_holds_what_and_who_waits_for_whom_since_when_and_under_which_path()
    {
        await using var reader = await LeaseClient.ConnectAsync(_service, name: "reader:/mnt[1]");
        await using var writer = await LeaseClient.ConnectAsync(_service, name: "writer:/mnt[2]");
        var file = await MakeAsync(writer, "folder", "file");
        await writer.AcquireAsync(file).SoonAsync();
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal((LeaseState.Held, LeaseKind.Write, 3), Assert.Single((await LeasesAsync(file)).Select(Short)));
        var reading = reader.ReadAsync(file);
        var recall = await writer.NextRecallAsync();
        _clock.Advance(TimeSpan.FromSeconds(2));
        var rows = await LeasesAsync(file);
        Assert.Equal([(LeaseState.Waits, LeaseKind.None, 2), (LeaseState.Recalled, LeaseKind.Write, 2)], rows.Select(Short));
        Assert.All(rows, row => Assert.Equal("/folder/file", row.Path));
        var (waits, recalled) = (rows[0], rows[1]);
        Assert.Equal((Opcode.GetExtents, reader.Client.Welcome.Session, "reader:/mnt[1]"), (waits.Operation, waits.Session, waits.Client));
        Assert.Equal((writer.Client.Welcome.Session, "writer:/mnt[2]"), (waits.WaitsFor, waits.WaitsForClient));
        Assert.Equal((writer.Client.Welcome.Session, TimeSpan.FromSeconds(5)), (recalled.Session, recalled.Left));
        await writer.AcknowledgeAsync(recall).SoonAsync();
        Assert.True((await reading.SoonAsync()).IsOk);
        Assert.Equal([LeaseKind.Read, LeaseKind.Read], (await LeasesAsync(file)).Select(row => row.Kind));
    }

    [Fact]
    public async Task A_request_behind_another_one_says_whose()
    {
        await using var holder = await LeaseClient.ConnectAsync(_service, name: "holder");
        await using var first = await LeaseClient.ConnectAsync(_service, name: "first");
        await using var second = await LeaseClient.ConnectAsync(_service, name: "second");
        var file = await MakeAsync(holder, "folder", "file");
        await holder.ReadAsync(file).SoonAsync();
        await second.ReadAsync(file).SoonAsync();
        await second.ReleaseAsync(file).SoonAsync();
        _ = first.AcquireAsync(file);
        var recall = await holder.NextRecallAsync();
        _ = second.ReadAsync(file);
        await Eventually.HoldsAsync(async () => (await Waits(file)).Count == 2, "both wait");
        Assert.Equal([("first", "holder"), ("second", "first")], (await Waits(file)).Select(row => (row.Client, row.WaitsForClient)));
        await holder.AcknowledgeAsync(recall).SoonAsync();

        async Task<IReadOnlyList<LeaseListing>> Waits(InodeId inode) =>
            [.. (await LeasesAsync(inode)).Where(row => row.State == LeaseState.Waits)];
    }

    [Fact]
    public async Task A_listing_is_narrowed_and_cut_and_says_that_there_is_more()
    {
        await using var a = await LeaseClient.ConnectAsync(_service, name: "alpha:/mnt[1]");
        await using var b = await LeaseClient.ConnectAsync(_service, name: "beta:/mnt[2]");
        for (var i = 0; i < 5; i++) await a.Client.StatAsync(await MakeAsync(a, $"folder {i}", "file")).SoonAsync();
        await b.Client.StatAsync(InodeId.Root).SoonAsync();
        var beta = b.Client.Welcome.Session;
        var all = await ListAsync(new OperatorFilter());
        Assert.False(all.IsCut);
        Assert.Equal(all.Rows.OrderBy(row => row.Session).ThenBy(row => row.Inode), all.Rows);
        var cut = await ListAsync(new OperatorFilter { Limit = 3 });
        Assert.True(cut.IsCut);
        Assert.Equal(all.Rows.Take(3).Select(row => row.Inode), cut.Rows.Select(row => row.Inode));
        Assert.False((await ListAsync(new OperatorFilter { Limit = all.Rows.Count })).IsCut);
        foreach (var filter in (OperatorFilter[])[new() { Session = beta }, new() { Client = "BETA" }])
        {
            Assert.Equal([(beta, InodeId.Root)], (await ListAsync(filter)).Rows.Select(row => (row.Session, row.Inode)));
        }

        Assert.Empty((await ListAsync(new OperatorFilter { OnlyWaiting = true })).Rows);
        Assert.Empty((await ListAsync(new OperatorFilter { Volume = "another" })).Rows);
        Assert.Equal(all.Rows.Count, (await ListAsync(new OperatorFilter { Volume = TestService.VolumeName })).Rows.Count);
    }

    [Fact]
    public async Task Sessions_tell_what_each_has_and_when_it_was_heard()
    {
        await using var a = await LeaseClient.ConnectAsync(_service);
        var made = await a.Client.CreateAsync("open", open: true).SoonAsync();
        await a.Client.LockAsync(Lock(made.Value.Attributes!.Value.Inode)).SoonAsync();
        _clock.Advance(TimeSpan.FromSeconds(4));
        var row = Assert.Single((await _service.Server.ListSessionsAsync(new OperatorFilter()).SoonAsync()).Rows);
        Assert.Equal((1, 1, 1, 0), (row.Leases, row.Opens, row.Locks, row.Recalls));
        Assert.Equal((true, TimeSpan.FromSeconds(4)), (row.IsConnected, row.HeardBefore));
    }

    [Fact]
    public async Task Locks_tell_for_whom_each_waits()
    {
        await using var a = await TestClient.ConnectAsync(_service);
        await using var b = await TestClient.ConnectAsync(_service);
        await using var c = await TestClient.ConnectAsync(_service);
        var file = Lock(new InodeId(7));
        await a.LockAsync(file with { Type = LockType.Shared, ProcessId = 70 }).SoonAsync();
        _ = b.LockAsync(file with { ProcessId = 80 }, ticket: 1);
        await UntilWaitingAsync(1);
        _ = c.LockAsync(file with { Type = LockType.Shared, ProcessId = 90 }, ticket: 1);
        await UntilWaitingAsync(2);
        var waits = (await LocksAsync(new OperatorFilter { OnlyWaiting = true })).Select(row => row.WaitsFor!.Value);
        Assert.Equal(
            [(a.Welcome.Session, 70u, true), (b.Welcome.Session, 80u, false)], waits.Select(w => (w.Owner.Session, w.ProcessId, w.Holds)));
        Assert.Equal(2, (await LocksAsync(new OperatorFilter { Session = a.Welcome.Session })).Count);

        Task UntilWaitingAsync(int count) => Eventually.HoldsAsync(
            async () => (await LocksAsync(new OperatorFilter { OnlyWaiting = true })).Count == count, $"{count} wait");
    }

    private static FileLock Lock(InodeId inode) => new()
    {
        Inode = inode,
        Kind = LockKind.Record,
        Type = LockType.Exclusive,
        Owner = 1,
        Start = 0,
        End = 9,
    };

    private static (LeaseState State, LeaseKind Kind, int Seconds) Short(LeaseListing row) =>
        (row.State, row.Kind, (int)row.For.TotalSeconds);

    private static async Task<InodeId> MakeAsync(LeaseClient client, string folder, string file)
    {
        var parent = (await client.Client.CreateAsync(folder, directory: true).SoonAsync()).Value.Attributes!.Value.Inode;
        var made = await client.Client.CallAsync<CreateRequest, MutationReply>(Opcode.Create, new CreateRequest
        {
            Parent = parent,
            Name = System.Text.Encoding.UTF8.GetBytes(file),
            Mode = Core.FileMode.Of(FileType.Regular, 0x1A4),
        }).SoonAsync();
        var inode = made.Value.Attributes!.Value.Inode;
        await client.ReleaseAsync(parent, inode, InodeId.Root).SoonAsync();
        return inode;
    }

    private Task<Listing<LeaseListing>> ListAsync(OperatorFilter filter) => _service.Server.ListLeasesAsync(filter).SoonAsync();

    private async Task<IReadOnlyList<LeaseListing>> LeasesAsync(InodeId inode) =>
        (await ListAsync(new OperatorFilter { Inode = inode })).Rows;

    private async Task<IReadOnlyList<LockListing>> LocksAsync(OperatorFilter filter) =>
        (await _service.Server.ListLocksAsync(filter).SoonAsync()).Rows;
}
