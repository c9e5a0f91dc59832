using FlexFs.Client.Handles;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Tests;

public class WriteTests
{
    [Fact]
    public async Task Uploads_run_in_parallel_within_their_bound()
    {
        await using var world = new World();
        var go = new TaskCompletionSource();
        world.Objects.BeforeWrite = _ => go.Task;
        var fs = await world.JoinAsync(options: World.Options with { UploadsMax = 3 });
        var file = await fs.CreateAsync("file");
        var data = World.Random(8 * TestVolume.BlockBytes, 1);
        await fs.WriteAllAsync(file.Handle, 0, data);
        await World.EventuallyAsync(() => world.Objects.Writing == 3, "three uploads are under way");
        go.SetResult();
        Assert.Equal(Errno.OK, await fs.FlushAsync(file.Handle));
        Assert.Equal(3, world.Objects.WritingMax);
        Assert.Equal(3, fs.UploadsMaxSeen);
        Assert.Equal(8, world.Objects.Count);
        Assert.Equal(1, world.Volume.Count(Opcode.CommitWrite));
        Assert.Equal(data, await (await world.JoinAsync()).GetAsync(file.Attributes.Inode));
    }

    [Fact]
    public async Task Dirty_memory_is_bounded_and_a_writer_waits_for_it()
    {
        await using var world = new World();
        var go = new TaskCompletionSource();
        world.Objects.BeforeWrite = _ => go.Task;
        var fs = await world.JoinAsync(chunks: 8);
        var memory = world.Memory;
        var file = await fs.CreateAsync("file");
        var data = World.Random(16 * (1 << 16), 1);
        var write = fs.WriteAsync(file.Handle, 0, data, false, World.Token).AsTask();
        await World.EventuallyAsync(() => memory.Taken == 8, "the memory is full");
        Assert.False(write.IsCompleted);
        go.SetResult();
        Assert.Equal(data.Length, World.Ok(await write));
        Assert.Equal(Errno.OK, await fs.FlushAsync(file.Handle));
        Assert.Equal(0, memory.Taken);
        Assert.Equal(data, await (await world.JoinAsync()).GetAsync(file.Attributes.Inode));
    }

    [Fact]
    public async Task Memory_full_of_fragments_of_many_files_is_flushed_for_a_writer()
    {
        await using var world = new World();
        var fs = await world.JoinAsync(chunks: 8);
        var files = new List<(InodeId Inode, byte[] Data)>();
        for (var i = 0; i < 40; i++)
        {
            var file = await fs.CreateAsync($"file{i}");
            var data = World.Random(5000, i);
            await fs.WriteAllAsync(file.Handle, 0, data);
            files.Add((file.Attributes.Inode, data));
        }

        Assert.Equal(Errno.OK, await fs.SyncAsync());
        var other = await world.JoinAsync();
        foreach (var (inode, data) in files) Assert.Equal(data, await other.GetAsync(inode));
    }

    [Fact]
    public async Task A_full_store_is_ENOSPC_at_fsync_and_nothing_is_lost()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        var data = World.Random(100_000, 1);
        world.Objects.Refuse = _ => Errno.ENOSPC;
        await fs.WriteAllAsync(file.Handle, 0, data);
        Assert.Equal(Errno.ENOSPC, await fs.FsyncAsync(file.Handle));
        Assert.Equal(Errno.ENOSPC, await fs.FlushAsync(file.Handle));
        Assert.Equal(data, await fs.ReadAllAsync(file.Handle, data.Length));
        world.Objects.Refuse = _ => Errno.OK;
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(data, await (await world.JoinAsync()).GetAsync(file.Attributes.Inode));
    }

    [Fact]
    public async Task A_full_store_is_ENOSPC_at_the_write_once_the_memory_is_full()
    {
        await using var world = new World();
        var fs = await world.JoinAsync(chunks: 8);
        var file = await fs.CreateAsync("file");
        world.Objects.Refuse = _ => Errno.ENOSPC;
        var data = World.Random(1 << 16, 1);
        long written = 0;
        Errno errno;
        do
        {
            var result = await fs.WriteAsync(file.Handle, written, data, false, World.Token);
            errno = result.Errno;
            if (result.IsOk) written += result.Value;
        }
        while (errno == Errno.OK && written < 100 << 16);
        Assert.Equal(Errno.ENOSPC, errno);
        Assert.Equal(8 << 16, written);
        world.Objects.Refuse = _ => Errno.OK;
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        await fs.WriteAllAsync(file.Handle, written, data);
        Assert.Equal(Errno.OK, await fs.FlushAsync(file.Handle));
        Assert.Equal(written + data.Length, (await fs.LookupAsync("file")).SizeBytes);
    }

    [Fact]
    public async Task A_file_closed_while_the_store_was_full_is_stored_when_there_is_space()
    {
        await using var world = new World();
        var fs = await world.JoinAsync(options: World.Quick);
        world.Objects.Refuse = _ => Errno.ENOSPC;
        var file = await fs.CreateAsync("file");
        var data = World.Random(10_000, 1);
        await fs.WriteAllAsync(file.Handle, 0, data);
        Assert.Equal(Errno.ENOSPC, await fs.FlushAsync(file.Handle));
        fs.Release(file.Handle);
        world.Objects.Refuse = _ => Errno.OK;
        await World.EventuallyAsync(() => fs.DirtyInodes == 0, "it is committed");
        await World.EventuallyAsync(() => world.Volume.Opens == 0, "it is closed");
        Assert.Equal(data, await (await world.JoinAsync()).GetAsync(file.Attributes.Inode));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task What_was_cut_off_while_the_store_was_full_takes_no_space_once_there_is_some(long sizeBytes)
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        world.Objects.Refuse = _ => Errno.ENOSPC;
        var file = await fs.CreateAsync("file");
        var data = World.Random(5 << TestVolume.BlockSizeLog2, 1);
        await fs.WriteAllAsync(file.Handle, 0, data);
        Assert.Equal(Errno.ENOSPC, await fs.FsyncAsync(file.Handle));
        World.Ok(await fs.SetAttributesAsync(
            file.Attributes.Inode, new AttributeChange { Mask = AttributeMask.Size, SizeBytes = sizeBytes }));
        world.Objects.Refuse = _ => Errno.OK;
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(sizeBytes > 0 ? 1 : 0, world.Objects.Count);
        Assert.Equal(data[..(int)sizeBytes], await (await world.JoinAsync()).GetAsync(file.Attributes.Inode));
    }

    [Fact]
    public async Task A_metadata_server_without_space_is_ENOSPC_and_nothing_is_lost()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        var data = World.Random(100, 1);
        await fs.WriteAllAsync(file.Handle, 0, data);
        World.Ok(await fs.SetAttributesAsync(
            file.Attributes.Inode, new AttributeChange { Mask = AttributeMask.Mode, Mode = 0x100 }));
        world.Volume.Refuse = opcode => opcode == Opcode.CommitWrite ? Errno.ENOSPC : Errno.OK;
        Assert.Equal(Errno.ENOSPC, await fs.FsyncAsync(file.Handle));
        world.Volume.Refuse = _ => Errno.OK;
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        var other = await world.JoinAsync();
        Assert.Equal(data, await other.GetAsync(file.Attributes.Inode));
        Assert.Equal(0x8100u, (await other.LookupAsync("file")).Mode);
    }

    [Fact]
    public async Task A_store_that_fails_for_a_while_is_tried_again()
    {
        await using var world = new World();
        var fs = await world.JoinAsync(options: World.Options with { StoreRetryBudget = TimeSpan.FromSeconds(30) });
        var failures = 2;
        world.Objects.BeforeWrite = _ => Interlocked.Decrement(ref failures) >= 0
            ? throw new IOException("the store fails")
            : Task.CompletedTask;
        var data = World.Random(10_000, 1);
        var inode = await fs.PutAsync("file", data);
        Assert.Equal(data, await fs.GetAsync(inode));
    }

    [Fact]
    public async Task A_store_that_fails_for_longer_is_EIO_and_nothing_is_lost()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var fails = true;
        world.Objects.BeforeWrite = _ => fails ? throw new IOException("the store fails") : Task.CompletedTask;
        var file = await fs.CreateAsync("file");
        var data = World.Random(10_000, 1);
        await fs.WriteAllAsync(file.Handle, 0, data);
        Assert.Equal(Errno.EIO, await fs.FsyncAsync(file.Handle));
        fails = false;
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(data, await (await world.JoinAsync()).GetAsync(file.Attributes.Inode));
    }

    [Fact]
    public async Task Bytes_that_the_server_refuses_for_good_are_reported_once_to_each_handle()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var first = await fs.CreateAsync("file");
        var second = World.Ok(await fs.OpenAsync(first.Attributes.Inode, OpenFlags.WriteOnly, World.Token));
        world.Volume.Refuse = opcode => opcode == Opcode.CommitWrite ? Errno.ESTALE : Errno.OK;
        await fs.WriteAllAsync(first.Handle, 0, [1]);
        Assert.Equal(Errno.ESTALE, await fs.FsyncAsync(first.Handle));
        world.Volume.Refuse = _ => Errno.OK;
        Assert.Equal(Errno.OK, await fs.FsyncAsync(first.Handle));
        Assert.Equal(Errno.ESTALE, await fs.FsyncAsync(second.Handle));
        Assert.Equal(Errno.OK, await fs.FsyncAsync(second.Handle));
        Assert.Equal(0, world.Memory.Taken);
    }

    [Fact]
    public async Task A_block_in_too_many_pieces_is_stored_as_a_whole()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var data = World.Random(TestVolume.BlockBytes, 1);
        var inode = await fs.PutAsync("file", data);
        var file = World.Ok(await fs.OpenAsync(inode, OpenFlags.ReadWrite, World.Token));
        for (var i = 0; i < 150; i++)
        {
            var at = i * 1500;
            await fs.WriteAllAsync(file.Handle, at, [(byte)i]);
            data[at] = (byte)i;
            if (i % 3 == 0) Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        }

        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(data, await (await world.JoinAsync()).GetAsync(inode));

        // Many pieces in one flush need no refusal by the server.
        var refused = 0;
        for (var i = 0; i < 100; i++)
        {
            await fs.WriteAllAsync(file.Handle, i * 2000, [(byte)~i]);
            data[i * 2000] = (byte)~i;
        }

        world.Volume.LoseReply = opcode =>
        {
            if (opcode == Opcode.CommitWrite) refused++;
            return false;
        };
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(1, refused);
        Assert.Equal(data, await (await world.JoinAsync()).GetAsync(inode));
    }

    [Fact]
    public async Task What_another_client_commits_while_a_block_is_stored_as_a_whole_is_not_lost()
    {
        await using var world = new World();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var data = World.Random(TestVolume.BlockBytes, 1);
        var inode = await a.PutAsync("file", data);
        var fileA = World.Ok(await a.OpenAsync(inode, OpenFlags.ReadWrite, World.Token));
        var fileB = World.Ok(await b.OpenAsync(inode, OpenFlags.ReadWrite, World.Token));
        for (var i = 0; i < 100; i++)
        {
            await a.WriteAllAsync(fileA.Handle, i * 2000, [(byte)i]);
            data[i * 2000] = (byte)i;
        }

        // The whole has been read and is on its way to the store.
        var go = new TaskCompletionSource();
        world.Objects.BeforeWrite = _ => go.Task;
        var flush = a.FsyncAsync(fileA.Handle).AsTask();
        await World.EventuallyAsync(() => world.Objects.Writing == 1, "the whole is on its way");
        world.Objects.BeforeWrite = _ => Task.CompletedTask;
        await b.WriteAllAsync(fileB.Handle, 777, [1, 2, 3]);
        Assert.Equal(Errno.OK, await b.FsyncAsync(fileB.Handle));
        byte[] theirs = [1, 2, 3];
        theirs.CopyTo(data, 777);
        go.SetResult();
        Assert.Equal(Errno.OK, await flush);
        Assert.Equal(data, await (await world.JoinAsync()).GetAsync(inode));
        Assert.Equal(data, await a.GetAsync(inode));
        Assert.Equal(0, world.Memory.Taken);
    }

    [Fact]
    public async Task An_inline_file_that_another_writes_while_it_is_stored_as_a_whole_keeps_the_bytes_of_both()
    {
        await using var world = new World();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var inode = await a.PutAsync("file", new byte[100]);
        var fileA = World.Ok(await a.OpenAsync(inode, OpenFlags.ReadWrite, World.Token));
        var fileB = World.Ok(await b.OpenAsync(inode, OpenFlags.ReadWrite, World.Token));
        var expected = new byte[198_001];
        for (var i = 1; i < 100; i++)
        {
            await a.WriteAllAsync(fileA.Handle, i * 2000, [(byte)i]);
            expected[i * 2000] = (byte)i;
        }

        var go = new TaskCompletionSource();
        world.Objects.BeforeWrite = _ => go.Task;
        var flush = a.FsyncAsync(fileA.Handle).AsTask();
        await World.EventuallyAsync(() => world.Objects.Writing == 2, "the record's bytes and the whole are on their way");
        world.Objects.BeforeWrite = _ => Task.CompletedTask;
        await b.WriteAllAsync(fileB.Handle, 50, [9]);
        Assert.Equal(Errno.OK, await b.FsyncAsync(fileB.Handle));
        expected[50] = 9;
        go.SetResult();
        Assert.Equal(Errno.OK, await flush);
        Assert.Equal(expected, await (await world.JoinAsync()).GetAsync(inode));
    }

    [Fact]
    public async Task An_inline_file_that_grows_keeps_its_bytes()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var small = World.Random(1000, 1);
        var inode = await fs.PutAsync("file", small);
        var other = await world.JoinAsync();
        var file = World.Ok(await other.OpenAsync(inode, OpenFlags.ReadWrite, World.Token));
        var more = World.Random(TestVolume.BlockBytes + 5, 2);
        await other.WriteAllAsync(file.Handle, 900, more);
        Assert.Equal(Errno.OK, await other.FlushAsync(file.Handle));
        byte[] expected = [.. small[..900], .. more];
        Assert.Equal(expected, await fs.GetAsync(inode));
    }

    [Fact]
    public async Task Two_clients_that_write_one_small_file_both_keep_their_bytes()
    {
        await using var world = new World();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var inode = await a.PutAsync("file", new byte[100]);
        var fileA = World.Ok(await a.OpenAsync(inode, OpenFlags.ReadWrite, World.Token));
        var fileB = World.Ok(await b.OpenAsync(inode, OpenFlags.ReadWrite, World.Token));
        await a.WriteAllAsync(fileA.Handle, 10, [1, 1]);
        await b.WriteAllAsync(fileB.Handle, 20, [2, 2]);
        Assert.Equal(Errno.OK, await a.FlushAsync(fileA.Handle));
        Assert.Equal(Errno.OK, await b.FlushAsync(fileB.Handle));
        await b.WriteAllAsync(fileB.Handle, 30, [3]);
        await a.WriteAllAsync(fileA.Handle, 40, World.Random(6000, 1));
        Assert.Equal(Errno.OK, await b.FlushAsync(fileB.Handle));
        Assert.Equal(Errno.OK, await a.FlushAsync(fileA.Handle));
        var expected = new byte[6040];
        (expected[10], expected[11], expected[20], expected[21], expected[30]) = (1, 1, 2, 2, 3);
        World.Random(6000, 1).CopyTo(expected, 40);
        Assert.Equal(expected, await (await world.JoinAsync()).GetAsync(inode));
    }

    [Fact]
    public async Task A_truncation_takes_what_was_written_before_it_and_leaves_what_came_after()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var file = await fs.CreateAsync("file");
        var data = World.Random(2 * TestVolume.BlockBytes, 1);
        await fs.WriteAllAsync(file.Handle, 0, data);
        var inode = file.Attributes.Inode;
        World.Ok(await fs.SetAttributesAsync(inode, new AttributeChange { Mask = AttributeMask.Size, SizeBytes = 1000 }));
        Assert.Equal(data[..1000], await fs.ReadAllAsync(file.Handle, 5000));
        await fs.WriteAllAsync(file.Handle, 2000, [7]);
        Assert.Equal(Errno.OK, await fs.FlushAsync(file.Handle));
        byte[] expected = [.. data[..1000], .. new byte[1000], 7];
        Assert.Equal(expected, await fs.ReadAllAsync(file.Handle, 5000));
        Assert.Equal(expected, await (await world.JoinAsync()).GetAsync(inode));
        Assert.Equal(0, world.Memory.Taken);
    }

    [Fact]
    public async Task Open_with_truncate_empties_the_file()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var inode = await fs.PutAsync("file", World.Random(10_000, 1));
        var file = World.Ok(await fs.OpenAsync(inode, OpenFlags.WriteOnly | OpenFlags.Truncate, World.Token));
        Assert.Equal(0, file.Attributes.SizeBytes);
        await fs.WriteAllAsync(file.Handle, 0, [1, 2]);
        Assert.Equal(Errno.OK, await fs.FlushAsync(file.Handle));
        Assert.Equal([1, 2], await (await world.JoinAsync()).GetAsync(inode));
    }

    [Fact]
    public async Task A_write_by_another_user_clears_set_user_ID_with_its_commit()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var inode = await fs.PutAsync("file", [1]);
        World.Ok(await fs.SetAttributesAsync(inode, new AttributeChange { Mask = AttributeMask.Mode, Mode = 0xDED }));
        var file = World.Ok(await fs.OpenAsync(inode, OpenFlags.WriteOnly, World.Token));
        World.Ok(await fs.WriteAsync(file.Handle, 0, new byte[] { 2 }, clearsSetId: true, World.Token));
        Assert.Equal(0x81EDu, World.Ok(await fs.GetAttributesAsync(inode, World.Token)).Mode);
        Assert.Equal(Errno.OK, await fs.FlushAsync(file.Handle));
        Assert.Equal(0x81EDu, (await (await world.JoinAsync()).LookupAsync("file")).Mode);
    }

    [Fact]
    public async Task The_last_byte_of_the_largest_file_can_be_written_and_read_elsewhere()
    {
        await using var world = new World();
        var writer = await world.JoinAsync();
        var inode = await writer.PutAsync("largest", [1]);
        var file = World.Ok(await writer.OpenAsync(inode, OpenFlags.ReadWrite, World.Token));
        World.Ok(await writer.WriteAsync(file.Handle, long.MaxValue - 2, new byte[] { 8, 9 }, false, World.Token));
        Assert.Equal(Errno.OK, await writer.FsyncAsync(file.Handle));
        var reader = await world.JoinAsync();
        var other = World.Ok(await reader.OpenAsync(inode, OpenFlags.ReadOnly, World.Token));
        var bytes = new byte[4];
        Assert.Equal(3, World.Ok(await reader.ReadAsync(other.Handle, long.MaxValue - 3, bytes, World.Token)));
        Assert.Equal([0, 8, 9, 0], bytes);
    }

    [Fact]
    public async Task Handles_that_do_not_allow_it_are_EBADF()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var inode = await fs.PutAsync("file", [1]);
        var file = World.Ok(await fs.OpenAsync(inode, OpenFlags.ReadOnly, World.Token));
        Assert.Equal(Errno.EBADF, (await fs.WriteAsync(file.Handle, 0, new byte[1], false, World.Token)).Errno);
        Assert.Equal(Errno.OK, fs.Release(file.Handle));
        Assert.Equal(Errno.EBADF, fs.Release(file.Handle));
        Assert.Equal(Errno.EBADF, (await fs.ReadAsync(file.Handle, 0, new byte[1], World.Token)).Errno);
        var writable = World.Ok(await fs.OpenAsync(inode, OpenFlags.ReadWrite, World.Token));
        Assert.Equal(Errno.EFBIG, (await fs.WriteAsync(writable.Handle, long.MaxValue, new byte[2], false, World.Token)).Errno);
    }
}
