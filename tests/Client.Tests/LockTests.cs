using System.Text;
using FlexFs.Client.Handles;
using FlexFs.Client.Locks;
using FlexFs.Core;
using FlexFs.Core.Locks;

namespace FlexFs.Client.Tests;

public sealed class LockTests
{
    [Fact]
    public async Task What_was_written_under_a_lock_is_read_by_its_next_holder()
    {
        await using var world = new LockWorld();
        var (a, b) = (await world.JoinAsync(), await world.JoinAsync());
        var (fa, fb) = await OpenAsync(a, b);
        Assert.True((await a.Locks.LockAsync(fa, Exclusive(1), waits: false, World.Token)).Value.DataUnchanged);
        for (var i = 1; i <= 20; i++)
        {
            // Never flushed, and read before through the same handle: only the lock makes it seen.
            var (writer, fw, reader, fr) = i % 2 == 0 ? (a, fa, b, fb) : (b, fb, a, fa);
            Assert.Equal(Errno.OK, await reader.Locks.UnlockAsync(fr, Exclusive(1)));
            World.Ok(await writer.Locks.LockAsync(fw, Exclusive(1), waits: true, World.Token));
            await writer.WriteAllAsync(fw, 0, Encoding.UTF8.GetBytes($"{i} by one of them"));
            Assert.Equal(Errno.OK, await writer.Locks.UnlockAsync(fw, Exclusive(1)));
            var locked = World.Ok(await reader.Locks.LockAsync(fr, Exclusive(1), waits: true, World.Token));
            Assert.False(locked.DataUnchanged);
            Assert.Equal($"{i} by one of them", Encoding.UTF8.GetString(await reader.ReadAllAsync(fr, 100)));
            Assert.Equal(Errno.OK, await reader.Locks.UnlockAsync(fr, Exclusive(1)));
            World.Ok(await writer.Locks.LockAsync(fw, Exclusive(1), waits: true, World.Token));
        }
    }

    [Fact]
    public async Task A_wait_ends_when_the_lock_is_free_or_when_it_is_cancelled()
    {
        await using var world = new LockWorld();
        var (a, b) = (await world.JoinAsync(), await world.JoinAsync());
        var (fa, fb) = await OpenAsync(a, b);
        World.Ok(await a.Locks.LockAsync(fa, Exclusive(1), waits: true, World.Token));
        Assert.Equal(Errno.EAGAIN, (await b.Locks.LockAsync(fb, Exclusive(1), waits: false, World.Token)).Errno);
        using var cancelled = new CancellationTokenSource();
        var (first, second) = (
            b.Locks.LockAsync(fb, Exclusive(1), waits: true, cancelled.Token).AsTask(),
            b.Locks.LockAsync(fb, Exclusive(2), waits: true, World.Token).AsTask());
        Assert.Equal(0u, (await b.Locks.TestAsync(fb, Exclusive(1), World.Token)).Value!.Value.ProcessId);
        await cancelled.CancelAsync();
        Assert.Equal(Errno.EINTR, (await first).Errno);
        Assert.False(second.IsCompleted);
        Assert.Equal(Errno.OK, await a.Locks.UnlockAsync(fa, Exclusive(1)));
        World.Ok(await second);
    }

    [Fact]
    public async Task The_close_of_any_handle_by_a_process_ends_its_record_locks_and_the_last_close_those_of_the_open_file()
    {
        await using var world = new LockWorld();
        var (a, b) = (await world.JoinAsync(), await world.JoinAsync());
        var (fa, fb) = await OpenAsync(a, b);
        var another = World.Ok(await a.OpenAsync((await a.LookupAsync("f")).Inode, OpenFlags.ReadWrite, World.Token)).Handle;
        const ulong Process = 1, OpenFile = 99;
        World.Ok(await a.Locks.LockAsync(fa, Exclusive(Process), waits: false, World.Token));
        World.Ok(await a.Locks.LockAsync(fa, Exclusive(OpenFile) with { Range = new LockRange(50, 60) }, waits: false, World.Token));
        World.Ok(await a.Locks.LockAsync(fa, Flock(OpenFile), waits: false, World.Token));
        Assert.Equal(Errno.OK, await a.Locks.CloseAsync(another, Process));
        World.Ok(await b.Locks.LockAsync(fb, Exclusive(7), waits: false, World.Token));
        Assert.Equal(Errno.EAGAIN, (await b.Locks.LockAsync(fb, Exclusive(7) with { Range = new LockRange(60, 70) }, false, World.Token)).Errno);
        Assert.Equal(Errno.EAGAIN, (await b.Locks.LockAsync(fb, Flock(7), false, World.Token)).Errno);

        // What is written and not stored when the open file ends is stored before its locks go.
        await a.WriteAllAsync(fa, 0, "late"u8.ToArray());
        Assert.Equal(Errno.OK, a.Release(fa));
        World.Ok(await b.Locks.LockAsync(fb, Flock(7), waits: true, World.Token));
        Assert.Equal("late"u8.ToArray(), await b.ReadAllAsync(fb, 100));
        World.Ok(await b.Locks.LockAsync(fb, Exclusive(7) with { Range = new LockRange(60, 70) }, waits: true, World.Token));
    }

    [Fact]
    public async Task A_lock_that_is_asked_for_right_after_a_release_does_not_meet_it()
    {
        await using var world = new LockWorld();
        var a = await world.JoinAsync();
        var inode = await a.PutAsync("f", [1]);
        for (ulong i = 1; i <= 50; i++)
        {
            var handle = World.Ok(await a.OpenAsync(inode, OpenFlags.ReadWrite, World.Token)).Handle;
            World.Ok(await a.Locks.LockAsync(handle, Flock(i), waits: false, World.Token));
            Assert.Equal(Errno.OK, a.Release(handle));
        }
    }

    [Fact]
    public async Task Locks_and_waits_go_on_over_restarts_of_the_server()
    {
        await using var world = new LockWorld();
        var (a, b) = (await world.JoinAsync(), await world.JoinAsync());
        var (fa, fb) = await OpenAsync(a, b);
        World.Ok(await a.Locks.LockAsync(fa, Exclusive(1), waits: false, World.Token));
        World.Ok(await a.Locks.LockAsync(fa, Flock(3), waits: false, World.Token));
        Assert.Equal(Errno.OK, await a.Locks.UnlockAsync(fa, Exclusive(1) with { Range = new LockRange(4, 5) }));
        var wait = b.Locks.LockAsync(fb, Exclusive(2), waits: true, World.Token).AsTask();
        for (var i = 0; i < 3; i++)
        {
            await world.RestartAsync();
            Assert.Equal(Errno.EAGAIN, (await b.Locks.LockAsync(fb, Flock(3), waits: false, World.Token)).Errno);
            Assert.Equal(Errno.EAGAIN, (await b.Locks.LockAsync(fb, Exclusive(5) with { Range = new LockRange(6, 6) }, false, World.Token)).Errno);
            World.Ok(await b.Locks.LockAsync(fb, Exclusive(5) with { Range = new LockRange(4, 5) }, false, World.Token));
            Assert.Equal(Errno.OK, await b.Locks.UnlockAsync(fb, Exclusive(5) with { Range = new LockRange(4, 5) }));
            Assert.False(wait.IsCompleted);
        }

        Assert.Equal(Errno.OK, await a.Locks.UnlockAsync(fa, Exclusive(1) with { Range = LockRange.Whole }));
        World.Ok(await wait);
    }

    [Fact]
    public async Task A_lock_that_was_lost_with_its_session_is_EIO_until_the_file_is_closed()
    {
        await using var world = new LockWorld();
        var a = await world.JoinAsync();
        var inode = await a.PutAsync("f", [1, 2, 3]);
        var (locked, other) = (
            World.Ok(await a.OpenAsync(inode, OpenFlags.ReadWrite, World.Token)).Handle,
            World.Ok(await a.OpenAsync(inode, OpenFlags.ReadWrite, World.Token)).Handle);
        World.Ok(await a.Locks.LockAsync(locked, Exclusive(1), waits: false, World.Token));
        var session = a.Session.Session;
        await world.ExpireAllAsync();
        await World.EventuallyAsync(() => a.Session.Session != session, "it has a new session");
        World.Ok(await a.GetAttributesAsync(InodeId.Root, World.Token));
        Assert.Equal(Errno.EIO, (await a.ReadAsync(locked, 0, new byte[1], World.Token)).Errno);
        Assert.Equal(Errno.EIO, (await a.WriteAsync(locked, 0, new byte[1], false, World.Token)).Errno);
        Assert.Equal(Errno.EIO, (await a.AppendAsync(locked, new byte[1], false, cancellationToken: World.Token)).Errno);
        Assert.Equal(Errno.EIO, (await a.Locks.LockAsync(locked, Exclusive(1), waits: false, World.Token)).Errno);
        Assert.Equal(Errno.EIO, await a.FsyncAsync(locked));
        Assert.Equal(Errno.EIO, await a.Locks.CloseAsync(locked, 1));
        Assert.Equal([1, 2, 3], await a.ReadAllAsync(other, 10));
        Assert.Equal(Errno.OK, a.Release(locked));
        World.Ok(await a.Locks.LockAsync(other, Exclusive(1), waits: false, World.Token));
    }

    [Fact]
    public async Task Requests_of_one_owner_that_cross_leave_what_the_server_has()
    {
        await using var world = new LockWorld();
        var (a, b) = (await world.JoinAsync(), await world.JoinAsync());
        var (fa, fb) = await OpenAsync(a, b);
        for (var round = 0; round < 30; round++)
        {
            var locking = a.Locks.LockAsync(fa, Exclusive(1), waits: true, World.Token).AsTask();
            var unlocking = a.Locks.UnlockAsync(fa, Exclusive(1) with { Range = new LockRange(0, 3) }).AsTask();
            World.Ok(await locking);
            Assert.Equal(Errno.OK, await unlocking);

            // Either order is right, but after a restart it must still be the same.
            var isThere = (await b.Locks.TestAsync(fb, Exclusive(2) with { Range = new LockRange(0, 3) }, World.Token)).Value is not null;
            if (round % 10 == 0) await world.RestartAsync();
            Assert.Equal(isThere, (await b.Locks.TestAsync(fb, Exclusive(2) with { Range = new LockRange(0, 3) }, World.Token)).Value is not null);
            Assert.Equal(Errno.OK, await a.Locks.UnlockAsync(fa, Exclusive(1)));
            Assert.Null((await b.Locks.TestAsync(fb, Exclusive(2), World.Token)).Value);
        }
    }

    private static LockSpec Exclusive(ulong owner) => new(LockKind.Record, owner, LockType.Exclusive, new LockRange(0, 9), 1);

    private static LockSpec Flock(ulong owner) => new(LockKind.Flock, owner, LockType.Exclusive, LockRange.Whole, 1);

    private static async Task<(ulong A, ulong B)> OpenAsync(FileSystem a, FileSystem b)
    {
        var inode = await a.PutAsync("f", []);
        return (
            World.Ok(await a.OpenAsync(inode, OpenFlags.ReadWrite, World.Token)).Handle,
            World.Ok(await b.OpenAsync(inode, OpenFlags.ReadWrite, World.Token)).Handle);
    }
}
