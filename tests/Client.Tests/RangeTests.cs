using FlexFs.Client.Handles;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Tests;

/// <summary>fallocate, SEEK_DATA, SEEK_HOLE and copy_file_range.</summary>
public class RangeTests
{
    private const int Block = TestVolume.BlockBytes;

    [Fact]
    public async Task A_clone_of_a_file_stores_nothing_and_is_the_same_bytes_until_either_is_written()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var data = World.Random((3 * Block) + 100_000, 1);
        var source = await fs.CreateAsync("source");
        var target = await fs.CreateAsync("target");
        await fs.WriteAllAsync(source.Handle, 0, data);
        Assert.Equal(data.Length, World.Ok(await fs.CopyRangeAsync(source.Handle, 0, target.Handle, 0, long.MaxValue / 2, World.Token)));
        var objects = world.Objects.Count;
        Assert.Equal(data, await fs.ReadAllAsync(target.Handle, data.Length + 10));
        await fs.WriteAllAsync(target.Handle, 10, [1, 2, 3]);
        Assert.Equal(Errno.OK, await fs.FsyncAsync(target.Handle));
        Assert.Equal(objects + 1, world.Objects.Count);
        Assert.Equal(data, await fs.ReadAllAsync(source.Handle, data.Length + 10));
        (data[10], data[11], data[12]) = (1, 2, 3);
        Assert.Equal(data, await (await world.JoinAsync()).GetAsync(target.Attributes.Inode));
    }

    [Fact]
    public async Task What_is_inline_short_or_in_a_pack_is_copied_as_bytes()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var inline = World.Ok(await fs.OpenAsync(await fs.PutAsync("inline", World.Random(3000, 1)), OpenFlags.ReadOnly, World.Token));
        var target = await fs.CreateAsync("target");
        Assert.Equal(2000, World.Ok(await fs.CopyRangeAsync(inline.Handle, 1000, target.Handle, 5, 9999, World.Token)));
        Assert.Equal([0, 0, 0, 0, 0, .. World.Random(3000, 1)[1000..]], await fs.ReadAllAsync(target.Handle, 9999));
        Assert.Equal(0, World.Ok(await fs.CopyRangeAsync(inline.Handle, 3000, target.Handle, 5, 9999, World.Token)));

        // Two fragments of one flush share an object: a pack.
        var pack = await fs.CreateAsync("pack");
        await fs.WriteAllAsync(pack.Handle, 0, World.Random(70_000, 2));
        await fs.WriteAllAsync(pack.Handle, 2 * Block, World.Random(70_000, 3));
        Assert.Equal(Errno.OK, await fs.FsyncAsync(pack.Handle));
        var copy = await fs.CreateAsync("copy");
        var at = 0L;
        while (World.Ok(await fs.CopyRangeAsync(pack.Handle, at, copy.Handle, at, 10 * Block, World.Token)) is > 0 and var step) at += step;
        Assert.Equal((2 * Block) + 70_000, at);
        Assert.Equal(
            await fs.ReadAllAsync(pack.Handle, 3 * Block), await fs.ReadAllAsync(copy.Handle, 3 * Block));
        var map = world.Volume.Count(Opcode.CloneRange);
        Assert.True(map >= 1);
    }

    [Fact]
    public async Task Ranges_of_one_file_that_overlap_and_handles_that_may_not_are_refused()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        await fs.WriteAllAsync(file.Handle, 0, World.Random(Block, 1));
        Assert.Equal(Errno.EINVAL, (await fs.CopyRangeAsync(file.Handle, 0, file.Handle, 10, 11, World.Token)).Errno);
        Assert.Equal(Errno.EBADF, (await fs.CopyRangeAsync(99, 0, file.Handle, 10, 11, World.Token)).Errno);
        var reader = World.Ok(await fs.OpenAsync(file.Attributes.Inode, OpenFlags.ReadOnly, World.Token));
        Assert.Equal(Errno.EBADF, (await fs.CopyRangeAsync(file.Handle, 0, reader.Handle, 10, 11, World.Token)).Errno);
        Assert.Equal(Errno.EBADF, await fs.FallocateAsync(reader.Handle, 0, 1, isZeroed: true, keepsSize: true));
        Assert.Equal(Errno.EINVAL, await fs.FallocateAsync(file.Handle, 0, 0, isZeroed: true, keepsSize: true));
        Assert.Equal(Errno.EFBIG, await fs.FallocateAsync(file.Handle, long.MaxValue, 1, isZeroed: false, keepsSize: false));
        Assert.Equal(Errno.ENXIO, (await fs.SeekAsync(file.Handle, Block, isHole: true, World.Token)).Errno);
        Assert.Equal(Errno.ENXIO, (await fs.SeekAsync(file.Handle, -1, isHole: false, World.Token)).Errno);
    }

    [Fact]
    public async Task Dirty_bytes_are_data_and_a_hole_is_where_neither_they_nor_the_store_have_any()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        await fs.WriteAllAsync(file.Handle, Block, World.Random(5000, 1));
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        await fs.WriteAllAsync(file.Handle, Block + 5000, World.Random(5000, 1));
        await fs.WriteAllAsync(file.Handle, 5L * Block, [1]);
        async Task<Result<long>> Find(long offset, bool isHole) => await fs.SeekAsync(file.Handle, offset, isHole, World.Token);
        Assert.Equal(0, World.Ok(await Find(0, isHole: true)));
        Assert.Equal(Block, World.Ok(await Find(0, isHole: false)));
        Assert.Equal(Block + 10_000, World.Ok(await Find(Block, isHole: true)));
        Assert.Equal(5L * Block, World.Ok(await Find(Block + 10_000, isHole: false)));
        Assert.Equal((5L * Block) + 1, World.Ok(await Find(5L * Block, isHole: true)));
        Assert.Equal(Errno.ENXIO, (await Find((5L * Block) + 1, isHole: false)).Errno);
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(5L * Block, World.Ok(await Find(Block + 10_000, isHole: false)));
        Assert.Equal((5L * Block) + 1, World.Ok(await Find(5L * Block, isHole: true)));
    }

    [Fact]
    public async Task A_sparse_file_shows_the_space_that_it_takes_before_and_after_it_is_stored()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        await fs.WriteAllAsync(file.Handle, 500L << 20, World.Random(10_000, 1));
        Assert.Equal(12_288, World.Ok(await fs.GetAttributesAsync(file.Attributes.Inode, World.Token)).AllocatedBytes);
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(12_288, World.Ok(await fs.GetAttributesAsync(file.Attributes.Inode, World.Token)).AllocatedBytes);
        await fs.WriteAllAsync(file.Handle, 500L << 20, World.Random(10_000, 2));
        Assert.InRange(World.Ok(await fs.GetAttributesAsync(file.Attributes.Inode, World.Token)).AllocatedBytes, 12_288, 24_576);
        Assert.Equal(Errno.OK, await fs.FallocateAsync(file.Handle, 0, 1L << 30, isZeroed: false, keepsSize: false));
        Assert.Equal((1L << 30), World.Ok(await fs.GetAttributesAsync(file.Attributes.Inode, World.Token)).SizeBytes);
        Assert.Equal(Errno.OK, await fs.FallocateAsync(file.Handle, 0, 1L << 30, isZeroed: true, keepsSize: true));
        Assert.Equal(0, World.Ok(await fs.GetAttributesAsync(file.Attributes.Inode, World.Token)).AllocatedBytes);
        Assert.All(await fs.ReadAllAsync(file.Handle, 20_000, (500L << 20) - 5000), b => Assert.Equal(0, b));
    }

    [Fact]
    public async Task A_hole_in_a_block_of_very_many_pieces_is_made_all_the_same()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        var model = new byte[2 * Block];
        for (var i = 0; i < Limits.ExtentsPerBlockMax; i++)
        {
            var piece = World.Random(2000, i);
            await fs.WriteAllAsync(file.Handle, i * 4000, piece);
            piece.CopyTo(model, i * 4000);
            if (i % 16 == 15) Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        }

        await fs.WriteAllAsync(file.Handle, Block, World.Random(Block, 99));
        World.Random(Block, 99).CopyTo(model, Block);
        Assert.Equal(Errno.OK, await fs.FallocateAsync(file.Handle, 100, Block + 900, isZeroed: true, keepsSize: true));
        model.AsSpan(100, Block + 900).Clear();
        Assert.Equal(model, await fs.ReadAllAsync(file.Handle, 3 * Block));
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(model, await (await world.JoinAsync()).GetAsync(file.Attributes.Inode));
    }
}
