using FlexFs.Client.Handles;
using FlexFs.Client.Reading;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Tests;

public class ReadTests
{
    [Fact]
    public async Task Holes_are_zeros_and_the_end_is_short()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        await fs.WriteAllAsync(file.Handle, (3 * TestVolume.BlockBytes) + 10, [1, 2, 3]);
        Assert.Equal(Errno.OK, await fs.FlushAsync(file.Handle));
        var other = await world.JoinAsync();
        var all = await other.GetAsync(file.Attributes.Inode);
        Assert.Equal((3 * TestVolume.BlockBytes) + 13, all.Length);
        Assert.All(all[..^3], b => Assert.Equal(0, b));
        Assert.Equal([1, 2, 3], all[^3..]);
        Assert.Empty(await fs.ReadAllAsync(file.Handle, 10, all.Length));
    }

    [Fact]
    public async Task The_map_of_a_file_is_asked_for_once()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var inode = await fs.PutAsync("file", World.Random(20 * TestVolume.BlockBytes, 1));
        var other = await world.JoinAsync();
        var file = World.Ok(await other.OpenAsync(inode, OpenFlags.ReadOnly, World.Token));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => other.ReadAllAsync(file.Handle, 1000, i * TestVolume.BlockBytes)));
        Assert.Equal(1, world.Volume.Count(Opcode.GetExtents));
    }

    [Fact]
    public async Task An_object_that_is_gone_is_asked_for_with_a_new_map_and_then_EIO()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var inode = await fs.PutAsync("file", World.Random(10_000, 1));
        var other = await world.JoinAsync();
        var file = World.Ok(await other.OpenAsync(inode, OpenFlags.ReadOnly, World.Token));
        await other.ReadAllAsync(file.Handle, 10);
        var old = world.Objects.Ids.Single();

        // Overwritten elsewhere, and the old object deleted: the new map leads to the new bytes.
        var data = World.Random(10_000, 2);
        var again = World.Ok(await fs.OpenAsync(inode, OpenFlags.WriteOnly, World.Token));
        await fs.WriteAllAsync(again.Handle, 0, data);
        Assert.Equal(Errno.OK, await fs.FlushAsync(again.Handle));
        world.Objects.Remove(old);
        Assert.Equal(data, await other.ReadAllAsync(file.Handle, 10_000));

        world.Objects.Remove(world.Objects.Ids.Single());
        Assert.Equal(Errno.EIO, (await other.ReadAsync(file.Handle, 0, new byte[10], World.Token)).Errno);
    }

    [Fact]
    public async Task What_was_written_is_read_before_it_is_committed()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var data = World.Random(100_000, 1);
        var inode = await fs.PutAsync("file", data);
        var file = World.Ok(await fs.OpenAsync(inode, OpenFlags.ReadWrite, World.Token));
        await fs.WriteAllAsync(file.Handle, 50_000, [1, 2, 3]);
        data[50_000] = 1;
        data[50_001] = 2;
        data[50_002] = 3;
        Assert.Equal(data, await fs.ReadAllAsync(file.Handle, 200_000));
        await fs.WriteAllAsync(file.Handle, 150_000, [4]);
        Assert.Equal(150_001, World.Ok(await fs.GetAttributesAsync(inode, World.Token)).SizeBytes);
        Assert.Equal([.. data, .. new byte[50_000], 4], await fs.ReadAllAsync(file.Handle, 200_000));
    }

    [Fact]
    public void Only_a_reader_in_order_is_read_ahead_for()
    {
        var readahead = new Readahead(8 << 20);
        long to = 0;
        for (var i = 0; i < 100; i++)
        {
            var next = readahead.Next(i * 100_000L, 100_000, 1 << 30);
            if (next.To == 0) continue;
            Assert.True(next.From >= to);
            Assert.InRange(next.To - ((i + 1) * 100_000L), 0, 8 << 20);
            to = next.To;
        }

        Assert.True(to > 100 * 100_000L);
        var random = new Readahead(8 << 20);
        for (var i = 1; i < 100; i++) Assert.Equal(default, random.Next(i * 7919L * 10_007 % (1 << 30), 4096, 1 << 30));
    }
}
