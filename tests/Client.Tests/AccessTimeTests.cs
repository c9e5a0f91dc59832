using FlexFs.Client.Handles;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Tests;

/// <summary>Access times, and appends.</summary>
public class AccessTimeTests
{
    [Fact]
    public async Task A_read_is_shown_at_once_told_once_and_set_times_are_not_overtaken()
    {
        await using var world = new World();
        var fs = await world.JoinAsync(options: World.Quick);
        var inode = await fs.PutAsync("file", World.Random(10_000, 1));
        var made = await fs.LookupAsync("file");
        for (var i = 0; i < 5; i++) await fs.GetAsync(inode);
        var read = await fs.LookupAsync("file");
        Assert.True(read.AccessedAt.CompareTo(made.AccessedAt) > 0);
        Assert.Equal((made.ChangedAt, made.ModifiedAt), (read.ChangedAt, read.ModifiedAt));
        await World.EventuallyAsync(() => world.Volume.Count(Opcode.NoteAccess) == 1, "the server is told");
        for (var i = 0; i < 5; i++) await fs.GetAsync(inode);
        var old = new Instant(1_000_000_000);
        var set = World.Ok(await fs.SetAttributesAsync(
            inode, new AttributeChange { Mask = AttributeMask.AccessedAt, AccessedAt = old }));
        Assert.Equal(old, set.AccessedAt);
        Assert.Equal(old, (await (await world.JoinAsync()).LookupAsync("file")).AccessedAt);
        Assert.Equal(1, world.Volume.Count(Opcode.NoteAccess));
    }

    [Fact]
    public async Task Without_access_times_nothing_is_told()
    {
        await using var world = new World();
        var fs = await world.JoinAsync(options: World.Quick with { NoAccessTimes = true });
        var inode = await fs.PutAsync("file", World.Random(10_000, 1));
        var made = await fs.LookupAsync("file");
        await fs.GetAsync(inode);
        Assert.Equal(made.AccessedAt, (await fs.LookupAsync("file")).AccessedAt);
        var other = await world.JoinAsync(options: World.Quick);
        var file = World.Ok(await other.OpenAsync(inode, OpenFlags.ReadOnly | OpenFlags.NoAccessTime, World.Token));
        await other.ReadAllAsync(file.Handle, 10);
        Assert.Equal(made.AccessedAt, (await other.LookupAsync("file")).AccessedAt);
    }

    [Fact]
    public async Task Appends_at_one_time_lie_one_behind_the_other_also_when_memory_is_short()
    {
        await using var world = new World();
        var fs = await world.JoinAsync(chunks: 8, options: World.Quick);
        var file = await fs.CreateAsync("file", OpenFlags.ReadWrite | OpenFlags.Append);
        var other = World.Ok(await fs.OpenAsync(file.Attributes.Inode, OpenFlags.WriteOnly | OpenFlags.Append, World.Token));
        var appends = Enumerable.Range(0, 40).Select(async i =>
        {
            var data = new byte[40_000];
            Array.Fill(data, (byte)(i + 1));
            var appended = World.Ok(await fs.AppendAsync(i % 2 == 0 ? file.Handle : other.Handle, data, false, cancellationToken: World.Token));
            Assert.Equal(data.Length, appended.Bytes);
            return (appended.Offset, Value: data[0]);
        }).ToList();
        var placed = await Task.WhenAll(appends);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => i * 40_000L), placed.Select(p => p.Offset).Order());
        foreach (var (offset, value) in placed)
        {
            Assert.All(await fs.ReadAllAsync(file.Handle, 40_000, offset), b => Assert.Equal(value, b));
        }
    }
}
