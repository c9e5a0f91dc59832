using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Tests;

/// <summary>What stat(2) shows of times never goes back, and moves only when a program changed something.</summary>
public class TimeTests
{
    [Theory]
    [InlineData(100)]
    [InlineData(100_000)]
    public async Task A_commit_moves_no_time_that_was_shown(int length)
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        await fs.WriteAllAsync(file.Handle, 0, World.Random(length, 1));
        World.Ok(await fs.SetAttributesAsync(
            file.Attributes.Inode, new AttributeChange { Mask = AttributeMask.Mode, Mode = 0x180 }));
        var shown = await ShownAsync(fs, file.Attributes.Inode);
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(shown, await ShownAsync(fs, file.Attributes.Inode));
        var other = await world.JoinAsync();
        Assert.Equal(shown, await ShownAsync(other, file.Attributes.Inode));
    }

    [Fact]
    public async Task A_write_is_later_than_what_was_known_of_the_file_however_late_the_clock_is()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        for (var i = 0; i < 50; i++)
        {
            var before = await ShownAsync(fs, file.Attributes.Inode);
            await fs.WriteAllAsync(file.Handle, i, [1]);
            var after = await ShownAsync(fs, file.Attributes.Inode);
            Assert.True(after.Modified.CompareTo(before.Modified) > 0 && after.Changed.CompareTo(before.Changed) > 0, $"{before} {after}");
            World.Ok(await fs.SetAttributesAsync(
                file.Attributes.Inode, new AttributeChange { Mask = AttributeMask.Mode, Mode = 0x180 + (uint)(i & 1) }));
            Assert.True((await ShownAsync(fs, file.Attributes.Inode)).Changed.CompareTo(after.Changed) > 0);
            if (i % 7 == 0) Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        }
    }

    [Theory]
    [InlineData(50)]
    [InlineData(5000)]
    public async Task Bytes_that_were_written_before_a_change_of_size_do_not_put_the_time_back(int length)
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        await fs.WriteAllAsync(file.Handle, 0, World.Random(length, 1));
        World.Ok(await fs.SetAttributesAsync(
            file.Attributes.Inode, new AttributeChange { Mask = AttributeMask.Size, SizeBytes = length - 10 }));
        var shown = await ShownAsync(fs, file.Attributes.Inode);
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(shown, await ShownAsync(fs, file.Attributes.Inode));
    }

    [Fact]
    public async Task A_range_that_is_changed_after_utimes_sets_the_time_again()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        await fs.WriteAllAsync(file.Handle, 0, World.Random(93, 1));
        var past = new Instant(1_000_000_000);
        World.Ok(await fs.SetAttributesAsync(
            file.Attributes.Inode, new AttributeChange { Mask = AttributeMask.ModifiedAt, ModifiedAt = past }));
        Assert.Equal(Errno.OK, await fs.FallocateAsync(file.Handle, 20_000, 5, isZeroed: false, keepsSize: false));
        var shown = await ShownAsync(fs, file.Attributes.Inode);
        Assert.NotEqual(past, shown.Modified);
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(shown, await ShownAsync(fs, file.Attributes.Inode));
    }

    [Fact]
    public async Task A_file_with_uncommitted_bytes_that_lost_its_name_to_a_rename_has_no_links()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        await fs.PutAsync("new", [1]);
        var file = await fs.CreateAsync("old");
        await fs.WriteAllAsync(file.Handle, 0, [2]);
        Assert.Equal(Errno.OK, await fs.RenameAsync(InodeId.Root, World.Name("new"), InodeId.Root, World.Name("old")));
        var attributes = World.Ok(await fs.GetAttributesAsync(file.Attributes.Inode, World.Token));
        Assert.Equal((0u, 1L), (attributes.LinkCount, attributes.SizeBytes));
    }

    private static async Task<(Instant Modified, Instant Changed)> ShownAsync(FileSystem fs, InodeId inode)
    {
        var attributes = World.Ok(await fs.GetAttributesAsync(inode, World.Token));
        return (attributes.ModifiedAt, attributes.ChangedAt);
    }
}
