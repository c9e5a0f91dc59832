using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.MetadataService.Operators;
using FlexFs.MetadataService.Tests.Peers;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Tests;

/// <summary>The log of slow requests: one line each, and what it waited for.</summary>
public sealed class SlowRequestTests : IAsyncDisposable
{
    private const string Secret = "the name of a file";
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(3);
    private readonly ManualClock _clock = new();
    private TestService _service;

    public SlowRequestTests() => _service = new TestService(clock: _clock);

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_recall_is_named_with_the_host_that_was_slow()
    {
        await using var asking = await LeaseClient.ConnectAsync(_service, name: "asking:/mnt[1]");
        await using var holder = await LeaseClient.ConnectAsync(_service, name: "holder:/mnt[2]");
        await holder.Client.LookupAsync(Secret).SoonAsync();
        var create = asking.Client.CreateAsync(Secret);
        var recall = await holder.NextRecallAsync();
        _clock.Advance(Long);
        await holder.AcknowledgeAsync(recall).SoonAsync();
        Assert.True((await create.SoonAsync()).IsOk);
        var (one, two) = (asking.Client.Welcome.Session, holder.Client.Welcome.Session);
        Assert.Equal(
            $"slow: Create of inode 1 for {one} (asking:/mnt[1]) took 3.000 s (OK): "
            + $"recall of inode 1 from {two} (holder:/mnt[2]) 3.000 s", await LineAsync());
    }

    [Fact]
    public async Task A_holder_that_was_ended_is_named_too()
    {
        using var stop = new CancellationTokenSource();
        _ = _service.Server.RunAsync(stop.Token);
        await using var asking = await LeaseClient.ConnectAsync(_service);
        await using (var holder = await LeaseClient.ConnectAsync(_service, name: "gone:/mnt[2]")) await holder.Client.LookupAsync("x").SoonAsync();
        var create = asking.Client.CreateAsync("x");
        await Eventually.HoldsAsync(
            () =>
            {
                _clock.Advance(TimeSpan.FromSeconds(1));
                return create.IsCompleted;
            },
            "the silent one was ended");
        Assert.Contains("gone:/mnt[2]", await LineAsync(), StringComparison.Ordinal);
        await stop.CancelAsync();
    }

    [Fact]
    public async Task A_lock_is_named_with_who_had_it()
    {
        await using var a = await TestClient.ConnectAsync(_service);
        await using var b = await TestClient.ConnectAsync(_service);
        await a.LockAsync(Whole with { ProcessId = 77 }).SoonAsync();
        var waits = b.LockAsync(Whole, ticket: 1);
        await Eventually.HoldsAsync(
            async () => (await _service.Server.ListLocksAsync(new OperatorFilter { OnlyWaiting = true }).SoonAsync()).Rows.Count == 1,
            "it waits");
        _clock.Advance(Long);
        await a.UnlockAsync(Whole).SoonAsync();
        Assert.True((await waits.SoonAsync()).IsOk);
        Assert.Equal(
            $"slow: Lock of inode 7 for {b.Welcome.Session} (test client) took 3.000 s (OK): "
            + $"a lock that {a.Welcome.Session} (test client) process 77 held 3.000 s", await LineAsync());
    }

    [Fact]
    public async Task A_commit_and_a_read_of_the_disk_are_told_apart()
    {
        await using var client = await TestClient.ConnectAsync(_service);
        _service.Disk.HoldCommits();
        var begun = _service.Disk.Begun;
        var create = client.CreateAsync("file");
        await Eventually.HoldsAsync(() => _service.Disk.Begun > begun, "the commit is under way");
        _clock.Advance(Long);
        _service.Disk.LetCommitsGo();
        var inode = (await create.SoonAsync()).Value.Attributes!.Value.Inode;
        Assert.EndsWith("took 3.000 s (OK): commit to the database 3.000 s", await LineAsync(), StringComparison.Ordinal);

        // A server that has just begun has nothing in memory.
        _service.Kill();
        _service.Start();
        Assert.True((await client.StatAsync(InodeId.Root).SoonAsync()).IsOk);
        _service.Disk.HoldReads();
        var reads = _service.Disk.Reads;
        var stat = client.StatAsync(inode);
        await Eventually.HoldsAsync(() => _service.Disk.Reads > reads, "the read is under way");
        _clock.Advance(Long);
        _service.Disk.LetReadsGo();
        Assert.True((await stat.SoonAsync()).IsOk);
        Assert.EndsWith("took 3.000 s (OK): reads of the database (1) 3.000 s", await LineAsync(2), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_a_few_are_written_and_the_rest_is_counted()
    {
        using var stop = new CancellationTokenSource();
        await using var client = await TestClient.ConnectAsync(_service);
        _service.Disk.HoldCommits();
        var all = Enumerable.Range(0, 100).Select(i => client.CreateAsync($"{Secret} {i}")).ToArray();
        await Eventually.HoldsAsync(() => client.Rpc.Unanswered == 100, "all are asked");
        await Eventually.HoldsAsync(() => _service.Disk.Begun > 2, "a commit is under way");
        await client.StatAsync(new InodeId(999)).SoonAsync();
        _clock.Advance(Long);
        _service.Disk.LetCommitsGo();
        await Task.WhenAll(all).SoonAsync();
        var lines = _service.Log.That("slow: ");
        Assert.Equal(20, lines.Count);
        Assert.DoesNotContain(lines, line => line.Contains(Secret, StringComparison.Ordinal));
        _ = _service.Server.RunAsync(stop.Token);
        await Eventually.HoldsAsync(
            () =>
            {
                _clock.Advance(TimeSpan.FromSeconds(1));
                return _service.Log.That("slow: ").Count > 20;
            },
            "the rest was counted");
        Assert.Equal("slow: 80 lines were left out", _service.Log.That("slow: ")[20]);
        await stop.CancelAsync();
    }

    [Fact]
    public async Task Zero_turns_it_off()
    {
        await _service.DisposeAsync();
        _service = new TestService(new ServiceOptions { SlowRequest = TimeSpan.Zero }, _clock);
        await using var client = await TestClient.ConnectAsync(_service);
        _service.Disk.HoldCommits();
        var begun = _service.Disk.Begun;
        var create = client.CreateAsync("file");
        await Eventually.HoldsAsync(() => _service.Disk.Begun > begun, "the commit is under way");
        _clock.Advance(TimeSpan.FromHours(1));
        _service.Disk.LetCommitsGo();
        Assert.True((await create.SoonAsync()).IsOk);
        Assert.Empty(_service.Log.That("slow: "));
    }

    private static FileLock Whole => new()
    {
        Inode = new InodeId(7),
        Kind = LockKind.Flock,
        Type = LockType.Exclusive,
        Owner = 1,
        End = LockRange.LastByte,
    };

    private async Task<string> LineAsync(int count = 1)
    {
        await Eventually.HoldsAsync(() => _service.Log.That("slow: ").Count >= count, "a line was written");
        var lines = _service.Log.That("slow: ");
        Assert.Equal(count, lines.Count);
        Assert.DoesNotContain(Secret, lines[^1], StringComparison.Ordinal);
        return lines[^1];
    }
}
