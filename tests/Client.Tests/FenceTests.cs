using FlexFs.Client.Handles;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Tests;

/// <summary>The server ends a session of which the client knows nothing, because it was silent for too long.</summary>
public class FenceTests
{
    [Fact]
    public async Task What_was_not_stored_is_not_committed_any_more_and_each_handle_is_told_once()
    {
        await using var world = new World();
        var rescue = new TestRescue();
        var fs = await world.JoinAsync(rescue: rescue);
        var before = World.Random(10_000, 1);
        var inode = await fs.PutAsync("file", before);
        var (first, second) = (await OpenAsync(fs, inode), await OpenAsync(fs, inode));
        await fs.WriteAllAsync(first, 100, World.Random(20_000, 2));
        World.Ok(await fs.SetAttributesAsync(inode, new AttributeChange { Mask = AttributeMask.Mode, Mode = 0x180 }));
        await ExpireAsync(world, fs);

        Assert.Equal(Errno.EIO, await fs.FsyncAsync(first));
        Assert.Equal(Errno.OK, await fs.FsyncAsync(first));
        Assert.Equal(Errno.EIO, await fs.FlushAsync(second));
        Assert.Equal(Errno.OK, await fs.FlushAsync(second));
        Assert.Equal(before, await fs.GetAsync(inode));
        Assert.Equal(before, await (await world.JoinAsync()).GetAsync(inode));

        await World.EventuallyAsync(() => rescue.Saved.Count == 1, "the rescue has it");
        var lost = Assert.Single(rescue.Saved[0].Files);
        Assert.Equal(inode, lost.Inode);
        Assert.Equal((AttributeMask.Mode, 0x180u), (lost.Change.Mask, lost.Change.Mode));
        Assert.Equal(World.Random(20_000, 2), TestRescue.Contents(lost, 100));
    }

    [Fact]
    public async Task What_is_written_afterwards_is_stored()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var memory = world.Memory;
        var file = await fs.CreateAsync("file");
        await fs.WriteAllAsync(file.Handle, 0, World.Random(300_000, 1));
        await ExpireAsync(world, fs);
        Assert.Equal(Errno.EIO, await fs.FsyncAsync(file.Handle));
        var data = World.Random(5000, 2);
        await fs.WriteAllAsync(file.Handle, 0, data);
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(data, await fs.ReadAllAsync(file.Handle, 400_000));
        Assert.Equal(data, await (await world.JoinAsync()).GetAsync(file.Attributes.Inode));
        await World.EventuallyAsync(() => memory.Taken == 0, "the memory of what was lost is free");
    }

    [Fact]
    public async Task A_handle_that_is_opened_later_is_told_what_nobody_was_told()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        await fs.WriteAllAsync(file.Handle, 0, [1]);
        await ExpireAsync(world, fs);
        var later = await OpenAsync(fs, file.Attributes.Inode);
        Assert.Equal(Errno.EIO, await fs.FsyncAsync(later));
        Assert.Equal(Errno.OK, await fs.FsyncAsync(await OpenAsync(fs, file.Attributes.Inode)));
    }

    [Fact]
    public async Task An_upload_that_ends_after_its_session_is_not_committed()
    {
        await using var world = new World();
        var rescue = new TestRescue();
        var fs = await world.JoinAsync(rescue: rescue);
        var memory = world.Memory;
        var uploading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Objects.BeforeWrite = _ => uploading.Task;
        var file = await fs.CreateAsync("file");
        var data = World.Random(TestVolume.BlockBytes, 1);
        await fs.WriteAllAsync(file.Handle, 0, data);
        var fsync = fs.FsyncAsync(file.Handle).AsTask();
        await World.EventuallyAsync(() => world.Objects.Writing == 1, "the block is on its way");
        await ExpireAsync(world, fs);
        await World.EventuallyAsync(() => rescue.Saved.Count == 1, "the rescue has it");
        Assert.Equal(data, TestRescue.Contents(Assert.Single(rescue.Saved[0].Files), 0));
        Assert.NotEqual(0, memory.Taken);

        uploading.SetResult();
        Assert.Equal(Errno.EIO, await fsync);
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Empty(world.Volume.Commits);
        Assert.Empty(await fs.GetAsync(file.Attributes.Inode));
        await World.EventuallyAsync(() => memory.Taken == 0, "the memory is free once nobody reads it");
    }

    [Fact]
    public async Task A_commit_of_small_bytes_that_was_under_way_is_not_sent_again()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        await fs.WriteAllAsync(file.Handle, 0, [1, 2, 3]);
        var cut = 0;
        world.Volume.LoseRequest = opcode => opcode == Opcode.CommitWrite && Interlocked.Exchange(ref cut, 1) == 0;
        world.Volume.BeforeCut = world.Volume.ExpireSessions;
        Assert.Equal(Errno.EIO, await fs.FsyncAsync(file.Handle));
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(1, world.Volume.Count(Opcode.CommitWrite));
        Assert.Empty(await (await world.JoinAsync()).GetAsync(file.Attributes.Inode));
    }

    [Fact]
    public async Task A_change_without_an_answer_is_EIO_and_not_made_again()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        world.Volume.LoseRequest = static opcode => opcode == Opcode.Create;
        world.Volume.BeforeCut = world.Volume.ExpireSessions;
        var made = await fs.MakeDirectoryAsync(fs.Root, World.Name("d"), 0x1ED, 1, 1);
        Assert.Equal(Errno.EIO, made.Errno);
        Assert.Equal(1, world.Volume.Count(Opcode.Create));
        Assert.Equal(Errno.ENOENT, (await fs.LookupAsync(fs.Root, World.Name("d"), World.Token)).Errno);
    }

    [Fact]
    public async Task A_file_whose_bytes_were_lost_unnoticed_takes_no_others_name()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var old = await fs.PutAsync("old", [1]);
        var file = await fs.CreateAsync("new");
        await fs.WriteAllAsync(file.Handle, 0, [2, 3]);
        await ExpireAsync(world, fs);
        Assert.Equal(Errno.EIO, await fs.RenameAsync(fs.Root, World.Name("new"), fs.Root, World.Name("old")));
        Assert.Equal([1], await fs.GetAsync(old));
        Assert.Equal(Errno.EIO, await fs.FsyncAsync(file.Handle));
        Assert.Equal(Errno.OK, await fs.RenameAsync(fs.Root, World.Name("new"), fs.Root, World.Name("old")));
    }

    [Fact]
    public async Task Inodes_in_use_are_named_so_that_their_pages_can_be_dropped()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var named = new TaskCompletionSource<IReadOnlyCollection<InodeId>>(TaskCreationOptions.RunContinuationsAsynchronously);
        fs.OnFenced = named.SetResult;
        var file = await fs.CreateAsync("file");
        await fs.PutAsync("closed", [1]);
        await ExpireAsync(world, fs);
        Assert.Contains(file.Attributes.Inode, await named.Task);
    }

    [Fact]
    public async Task Where_nothing_was_lost_nobody_is_told_of_an_error()
    {
        await using var world = new World();
        var rescue = new TestRescue();
        var fs = await world.JoinAsync(rescue: rescue);
        var file = await fs.CreateAsync("file");
        await fs.WriteAllAsync(file.Handle, 0, [1, 2]);
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        await ExpireAsync(world, fs);
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal([1, 2], await fs.ReadAllAsync(file.Handle, 10));
        Assert.Empty(rescue.Saved);
    }

    private static async Task<ulong> OpenAsync(FileSystem fs, InodeId inode) =>
        World.Ok(await fs.OpenAsync(inode, OpenFlags.ReadWrite, World.Token)).Handle;

    private static async Task ExpireAsync(World world, FileSystem fs)
    {
        var session = fs.Session.Session;
        world.Volume.ExpireSessions();
        await World.EventuallyAsync(() => fs.Session.Session != session, "there is a new session");
    }
}
