#pragma warning disable xUnit1051 // Each test disposes of its clients, which ends whatever waits.
using FlexFs.Client.Handles;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.MetadataService;

namespace FlexFs.Client.Tests;

/// <summary>Pages that the kernel keeps, and locks while they are filled: nothing waits for ever, and no page is old.</summary>
public class PageTests
{
    private const int Pages = 32;
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Programs_that_stream_keep_no_writer_waiting_and_see_what_it_wrote()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var inode = await a.Fs.PutAsync("file", PagesOf(0));
        var reading = World.Ok(await b.Fs.OpenAsync(inode, OpenFlags.ReadOnly));
        var writing = World.Ok(await a.Fs.OpenAsync(inode, OpenFlags.ReadWrite));
        var last = 0;
        var hasEnded = false;
        var streams = Enumerable.Range(0, 6).Select(first => Task.Run(() => StreamAsync(first * 5))).ToArray();
        for (var round = 1; round <= 100 || (b.Pages.Filled < 100 && !streams.Any(stream => stream.IsCompleted)); round++)
        {
            await a.Fs.WriteAllAsync(writing.Handle, 0, PagesOf(round)).WaitAsync(Hang);
            Volatile.Write(ref last, round);
        }

        Volatile.Write(ref hasEnded, true);
        await Task.WhenAll(streams).WaitAsync(Hang);

        // Sees at least what was written before it began, and now and then keeps the page for the others.
        async Task StreamAsync(int page)
        {
            for (var i = page; !Volatile.Read(ref hasEnded); i++)
            {
                var least = Volatile.Read(ref last);
                var bytes = await b.Pages.ReadAsync(inode, reading.Handle, i % Pages);
                Assert.InRange(BitConverter.ToInt32(bytes), least, Volatile.Read(ref last) + 1);
                if (i % 3 != 0) await b.Pages.EvictAsync(inode, i % Pages);
            }
        }
    }

    [Fact]
    public async Task What_is_read_while_everything_is_dropped_is_dropped_again()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var inode = await a.Fs.PutAsync("file", PagesOf(1));
        var reading = World.Ok(await b.Fs.OpenAsync(inode, OpenFlags.ReadOnly));
        _ = await b.Pages.ReadAsync(inode, reading.Handle, 3);
        var reads = 0;
        b.WhileDropping = async _ =>
        {
            if (Interlocked.Increment(ref reads) > 1) return;

            // Filled anew behind the place where the drop has come to.
            await b.Pages.EvictAsync(inode, 3);
            Assert.Equal(1, BitConverter.ToInt32(await b.Pages.ReadAsync(inode, reading.Handle, 3)));
            b.Pages.KeepsNextDrop = true;
        };
        var writing = World.Ok(await a.Fs.OpenAsync(inode, OpenFlags.ReadWrite));
        await a.Fs.WriteAllAsync(writing.Handle, 0, PagesOf(2)).WaitAsync(Hang);
        Assert.Equal(2, BitConverter.ToInt32(await b.Pages.ReadAsync(inode, reading.Handle, 3)));
    }

    [Fact]
    public async Task An_append_for_which_the_kernel_holds_pages_does_not_keep_a_recall_waiting()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var c = await world.JoinAsync();
        var inode = await a.Fs.PutAsync("file", World.Random(100, 1));
        var appending = World.Ok(await a.Fs.OpenAsync(inode, OpenFlags.ReadWrite));
        var other = World.Ok(await c.Fs.OpenAsync(inode, OpenFlags.ReadWrite));
        _ = await b.Fs.GetAsync(inode);

        // The holder takes long to give the file up; meanwhile a third host wants it, too.
        var mayDrop = new TaskCompletionSource();
        b.WhileDropping = _ => mayDrop.Task;
        var append = a.Fs.AppendAsync(appending.Handle, new byte[5], origin: WriteOrigin.Pages).AsTask();
        var write = c.Fs.WriteAsync(other.Handle, 50, new byte[1]).AsTask();
        var first = await Task.WhenAny(append, Task.Delay(TimeSpan.FromMilliseconds(300)));
        mayDrop.SetResult();
        Assert.Equal(1, World.Ok(await write.WaitAsync(Hang)));

        // Either nothing was recalled from it and it waited, or it was told to try again; what it said is so.
        var appended = await append.WaitAsync(Hang);
        Assert.True(appended.IsOk ? first != append : appended.Errno == Errno.EINTR, appended.Errno.ToString());
        var again = World.Ok(await a.Fs.AppendAsync(appending.Handle, new byte[7]).AsTask().WaitAsync(Hang));
        Assert.Equal(appended.IsOk ? 105 : 100, again.Offset);
    }

    [Fact]
    public async Task A_handle_with_pages_of_a_lost_session_is_not_written_through_when_another_host_writes_the_file()
    {
        await using var world = new LeaseWorld(new ServiceOptions
        {
            Upkeep = TimeSpan.FromMilliseconds(20),
            LeaseTerm = TimeSpan.FromMilliseconds(500),
            LeaseMargin = TimeSpan.FromMilliseconds(100),
            Heartbeat = TimeSpan.FromMilliseconds(100),
        });
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var inode = await a.Fs.PutAsync("file", World.Random(100, 1));
        var old = World.Ok(await a.Fs.OpenAsync(inode, OpenFlags.ReadWrite));
        Assert.Equal(1, World.Ok(await a.Fs.WriteAsync(old.Handle, 0, new byte[1], false, WriteOrigin.Pages)));
        a.Cut();
        var writing = World.Ok(await b.Fs.OpenAsync(inode, OpenFlags.ReadWrite));
        await b.Fs.WriteAllAsync(writing.Handle, 0, World.Random(10, 2)).WaitAsync(Hang);
        a.IsCut = false;

        // The file is opened again in the new session, and then the answer tells.
        var refused = Errno.OK;
        for (var i = 0; i < 200 && refused == Errno.OK; i++)
        {
            refused = (await a.Fs.WriteAsync(old.Handle, 20, new byte[1], false, WriteOrigin.Pages).AsTask().WaitAsync(Hang)).Errno;
            await Task.Delay(20);
        }

        Assert.Equal(Errno.EIO, refused);
        var anew = World.Ok(await a.Fs.OpenAsync(inode, OpenFlags.ReadWrite));
        Assert.True(anew.IsShared);
        Assert.Equal(1, World.Ok(await a.Fs.WriteAsync(anew.Handle, 30, new byte[1])));
    }

    private static byte[] PagesOf(int round)
    {
        var bytes = new byte[Pages * FakePages.PageBytes];
        for (var page = 0; page < Pages; page++) BitConverter.TryWriteBytes(bytes.AsSpan(page * FakePages.PageBytes), round);
        return bytes;
    }
}
