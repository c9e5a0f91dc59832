using FlexFs.Client.Handles;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Tests;

public class ReconnectTests
{
    [Fact]
    public async Task A_repeated_change_has_one_effect()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var lost = new HashSet<Opcode>();
        world.Volume.LoseReply = opcode => (int)opcode is >= 64 and < 128 && lost.Add(opcode);
        var directory = World.Ok(await fs.MakeDirectoryAsync(fs.Root, World.Name("d"), 0x1ED, 1, 1));
        var file = await fs.CreateAsync("file", OpenFlags.ReadWrite | OpenFlags.Exclusive);
        var data = World.Random(10_000, 1);
        await fs.WriteAllAsync(file.Handle, 0, data);
        Assert.Equal(Errno.OK, await fs.FlushAsync(file.Handle));
        Assert.Equal(Errno.OK, await fs.RenameAsync(fs.Root, World.Name("file"), directory.Inode, World.Name("f")));
        World.Ok(await fs.LinkAsync(file.Attributes.Inode, fs.Root, World.Name("l")));
        Assert.Equal(Errno.OK, await fs.UnlinkAsync(directory.Inode, World.Name("f")));
        Assert.Equal(Errno.OK, await fs.RemoveDirectoryAsync(fs.Root, World.Name("d")));
        Assert.Contains(Opcode.Create, lost);
        Assert.Contains(Opcode.CommitWrite, lost);
        Assert.Contains(Opcode.AllocateIds, lost);
        Assert.Equal(1u, (await fs.LookupAsync("l")).LinkCount);
        Assert.Equal(data, await (await world.JoinAsync()).GetAsync(file.Attributes.Inode));
    }

    [Fact]
    public async Task After_a_restart_of_the_server_open_files_that_have_no_name_live_on()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var inode = await fs.PutAsync("file", [1, 2, 3]);
        var file = World.Ok(await fs.OpenAsync(inode, OpenFlags.ReadWrite, World.Token));
        Assert.Equal(Errno.OK, await fs.UnlinkAsync(fs.Root, World.Name("file")));
        world.Volume.Restart();
        await World.EventuallyAsync(() => world.Volume.Opens == 1, "the open is told anew");
        await fs.WriteAllAsync(file.Handle, 3, [4]);
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal([1, 2, 3, 4], await fs.ReadAllAsync(file.Handle, 10));
    }

    [Fact]
    public async Task Work_goes_on_through_restarts_of_the_server()
    {
        await using var world = new World();
        var fs = await world.JoinAsync(options: World.Quick);
        var n = 0;
        world.Volume.LoseReply = opcode => opcode != Opcode.Reclaim && Interlocked.Increment(ref n) % 7 == 0;
        for (var i = 0; i < 60; i++)
        {
            var data = World.Random(i * 1000, i);
            var inode = await fs.PutAsync($"file{i}", data);
            if (i % 20 == 5) world.Volume.Restart();
            Assert.Equal(data, await fs.GetAsync(inode));
        }

        var page = World.Ok(await fs.ReadDirectoryAsync(fs.Root, 0, 1000, true, World.Token));
        Assert.Equal(60, page.Entries.Length);
    }

    [Fact]
    public async Task A_file_that_takes_anothers_name_has_its_bytes_committed_first()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        await fs.PutAsync("old", [1]);
        var file = await fs.CreateAsync("new");
        await fs.WriteAllAsync(file.Handle, 0, [2, 3]);
        Assert.Equal(Errno.OK, await fs.RenameAsync(fs.Root, World.Name("new"), fs.Root, World.Name("old")));
        Assert.Equal([2, 3], await (await world.JoinAsync()).GetAsync(file.Attributes.Inode));
    }

    [Fact]
    public async Task A_wrong_token_is_refused_with_the_reason()
    {
        await using var world = new World();
        var e = await Assert.ThrowsAsync<FileSystemConnectException>(
            () => world.JoinAsync(options: World.Options with { Token = "other" }));
        Assert.Equal(Errno.EACCES, e.Errno);
        Assert.Contains("token", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unmount_leaves_nothing_open_and_nothing_dirty()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        var data = World.Random(300_000, 1);
        await fs.WriteAllAsync(file.Handle, 0, data);
        Assert.Equal(Errno.OK, await fs.UnmountAsync());
        Assert.Equal(0, world.Volume.Opens);
        Assert.Equal(data, await (await world.JoinAsync()).GetAsync(file.Attributes.Inode));
    }
}
