#pragma warning disable xUnit1051 // Each test disposes of its clients, which ends whatever waits.
using FlexFs.Client.Handles;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Tests;

/// <summary>Two hosts, each answering from its caches, see each other's changes at once.</summary>
public class LeaseTests
{
    [Fact]
    public async Task What_is_known_is_answered_without_a_message()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        await a.Fs.PutAsync("file", World.Random(100, 1));
        var file = await a.Fs.LookupAsync("file");
        Assert.Equal(Errno.ENOENT, (await a.Fs.LookupAsync(a.Fs.Root, World.Name("none"))).Errno);
        var sent = a.Sent;
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(file.Inode, (await a.Fs.LookupAsync("file")).Inode);
            Assert.Equal(100, World.Ok(await a.Fs.GetAttributesAsync(file.Inode)).SizeBytes);
            Assert.Equal(Errno.ENOENT, (await a.Fs.LookupAsync(a.Fs.Root, World.Name("none"))).Errno);
        }

        Assert.Equal(sent, a.Sent);
    }

    [Fact]
    public async Task A_listing_is_repeated_without_a_message_until_a_name_changes()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var names = new HashSet<string>();
        for (var i = 0; i < 300; i++)
        {
            await a.Fs.PutAsync($"file{i}", []);
            names.Add($"file{i}");
        }

        for (var round = 0; round < 20; round++)
        {
            await AssertListsAsync(b, withAttributes: false);
            var sent = b.Sent;
            await AssertListsAsync(b, withAttributes: false);
            Assert.Equal(sent, b.Sent);

            // What the other host made it may be writing still, so who wants its attributes asks for them alone.
            foreach (var name in names) _ = await b.Fs.LookupAsync(name);
            sent = b.Sent;
            await AssertListsAsync(b, withAttributes: true);
            Assert.Equal(sent, b.Sent);
            var changer = round % 3 == 0 ? b : a;
            switch (round % 4)
            {
                case 0:
                    await changer.Fs.PutAsync($"new{round}", []);
                    names.Add($"new{round}");
                    break;
                case 1:
                    Assert.Equal(Errno.OK, await changer.Fs.UnlinkAsync(changer.Fs.Root, World.Name($"file{round}")));
                    names.Remove($"file{round}");
                    break;
                case 2:
                    Assert.Equal(Errno.OK, await changer.Fs.RenameAsync(
                        changer.Fs.Root, World.Name($"file{round}"), changer.Fs.Root, World.Name($"moved{round}")));
                    names.Remove($"file{round}");
                    names.Add($"moved{round}");
                    break;
                default:
                    World.Ok(await changer.Fs.LinkAsync(
                        (await changer.Fs.LookupAsync("file200")).Inode, changer.Fs.Root, World.Name($"link{round}")));
                    names.Add($"link{round}");
                    break;
            }
        }

        async Task AssertListsAsync(LeaseHost host, bool withAttributes)
        {
            var listed = new HashSet<string>();
            var after = 0UL;
            while (true)
            {
                var page = World.Ok(await host.Fs.ReadDirectoryAsync(host.Fs.Root, after, 100, withAttributes));
                foreach (var entry in page.Entries)
                {
                    Assert.True(listed.Add(System.Text.Encoding.UTF8.GetString(entry.Name.Span)));
                    Assert.True(entry.Cookie > after);
                    after = entry.Cookie;
                    Assert.True(!withAttributes || entry.Attributes?.Inode == entry.Inode);
                }

                if (page.IsEnd) break;
            }

            Assert.Equal(names.Order(), listed.Order());
        }
    }

    [Fact]
    public async Task A_name_that_another_host_makes_is_there_at_once()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        Assert.Equal(Errno.ENOENT, (await b.Fs.LookupAsync(b.Fs.Root, World.Name("new"))).Errno);
        var inode = await a.Fs.PutAsync("new", World.Random(10, 1));
        Assert.Equal(inode, (await b.Fs.LookupAsync("new")).Inode);
        Assert.Contains(b.Dropped, drop => drop.Inode == b.Fs.Root && drop.Names.SequenceEqual(["new"]));
    }

    [Fact]
    public async Task Bytes_size_and_times_that_another_host_has_not_closed_are_read_at_once()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var file = await a.Fs.CreateAsync("file");
        var reading = World.Ok(await b.Fs.OpenAsync(file.Attributes.Inode, OpenFlags.ReadOnly));
        for (var i = 1; i <= 20; i++)
        {
            var data = World.Random(i * 1000, i);
            await a.Fs.WriteAllAsync(file.Handle, 0, data);
            Assert.Equal(data.Length, World.Ok(await b.Fs.GetAttributesAsync(file.Attributes.Inode)).SizeBytes);
            Assert.Equal(data, await b.Fs.ReadAllAsync(reading.Handle, 100_000));
        }
    }

    [Fact]
    public async Task Two_hosts_that_write_one_file_lose_nothing()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var atA = await a.Fs.CreateAsync("file");
        var atB = World.Ok(await b.Fs.OpenAsync(atA.Attributes.Inode, OpenFlags.ReadWrite));
        const int Rounds = 30;
        var expected = new byte[Rounds * 2 * 500];
        for (var i = 0; i < expected.Length; i++) expected[i] = (byte)((i / 500) + 1);
        await Task.WhenAll(WriteAsync(a.Fs, atA.Handle, 0), WriteAsync(b.Fs, atB.Handle, 1));
        Assert.Equal(expected, await a.Fs.ReadAllAsync(atA.Handle, expected.Length + 1));
        Assert.Equal(expected, await b.Fs.ReadAllAsync(atB.Handle, expected.Length + 1));

        async Task WriteAsync(FileSystem fs, ulong handle, int first)
        {
            for (var i = first; i < Rounds * 2; i += 2)
            {
                await fs.WriteAllAsync(handle, i * 500, [.. Enumerable.Repeat((byte)(i + 1), 500)]);
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task Attributes_names_and_xattrs_that_another_host_changes_are_seen_at_once()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var inode = await a.Fs.PutAsync("file", World.Random(10, 1));
        for (var i = 0; i < 10; i++)
        {
            var (changer, watcher) = i % 2 == 0 ? (a.Fs, b.Fs) : (b.Fs, a.Fs);
            _ = await watcher.LookupAsync(watcher.Root, World.Name($"name{i + 1}"));
            World.Ok(await changer.SetAttributesAsync(
                inode, new AttributeChange { Mask = AttributeMask.Mode, Mode = (uint)(0x100 + i) }));
            Assert.Equal((uint)(0x100 + i), World.Ok(await watcher.GetAttributesAsync(inode)).Mode & 0xFFF);
            World.Ok(await changer.LinkAsync(inode, changer.Root, World.Name($"name{i + 1}")));
            Assert.Equal((uint)(i + 2), (await watcher.LookupAsync($"name{i + 1}")).LinkCount);
            Assert.Equal(Errno.OK, await changer.SetXattrAsync(inode, World.Name("user.x"), new byte[i], XattrMode.Any));
            Assert.Equal(i, World.Ok(await watcher.GetXattrAsync(inode, World.Name("user.x"))).Length);
        }

        Assert.Equal(Errno.OK, await a.Fs.RenameAsync(a.Fs.Root, World.Name("name1"), a.Fs.Root, World.Name("name2")));
        Assert.Equal(Errno.OK, await b.Fs.UnlinkAsync(b.Fs.Root, World.Name("name3")));
        Assert.Equal(Errno.ENOENT, (await a.Fs.LookupAsync(a.Fs.Root, World.Name("name3"))).Errno);
        Assert.Equal(10U, World.Ok(await a.Fs.GetAttributesAsync(inode)).LinkCount);
    }

    [Fact]
    public async Task A_name_that_another_host_replaces_again_and_again_is_always_there()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        await a.Fs.PutAsync("file", []);
        var replacing = Task.Run(ReplaceAsync);
        while (!replacing.IsCompleted)
        {
            Assert.Equal(1U, World.Ok(await b.Fs.LookupAsync(b.Fs.Root, World.Name("file"))).LinkCount);
            _ = await b.Fs.ReadDirectoryAsync(b.Fs.Root, 0, 10, false);
        }

        await replacing;

        async Task ReplaceAsync()
        {
            for (var i = 0; i < 2000; i++)
            {
                await a.Fs.PutAsync("new", []);
                Assert.Equal(Errno.OK, await a.Fs.RenameAsync(a.Fs.Root, World.Name("new"), a.Fs.Root, World.Name("file"), default, 0, 0));
            }
        }
    }

    [Fact]
    public async Task Two_hosts_make_and_remove_names_in_one_folder_and_see_them_all()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        await Task.WhenAll(RunAsync(a.Fs, b.Fs, "a"), RunAsync(b.Fs, a.Fs, "b"));
        Assert.Equal(100, World.Ok(await a.Fs.ReadDirectoryAsync(a.Fs.Root, 0, 1000, true)).Entries.Length);

        static async Task RunAsync(FileSystem fs, FileSystem other, string prefix)
        {
            for (var i = 0; i < 100; i++)
            {
                var name = $"{prefix}{i}";
                _ = await other.LookupAsync(other.Root, World.Name(name));
                await fs.PutAsync(name, World.Random(5, i));
                await other.LookupAsync(name);
                if (i % 2 == 0) continue;
                Assert.Equal(Errno.OK, await fs.UnlinkAsync(fs.Root, World.Name(name)));
                Assert.Equal(Errno.ENOENT, (await other.LookupAsync(other.Root, World.Name(name))).Errno);
            }
        }
    }

    [Fact]
    public async Task A_truncation_by_another_host_is_seen_by_an_open_reader()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var inode = await a.Fs.PutAsync("file", World.Random(50_000, 1));
        var reading = World.Ok(await b.Fs.OpenAsync(inode, OpenFlags.ReadOnly));
        Assert.Equal(50_000, (await b.Fs.ReadAllAsync(reading.Handle, 100_000)).Length);
        World.Ok(await a.Fs.SetAttributesAsync(inode, new AttributeChange { Mask = AttributeMask.Size, SizeBytes = 7 }));
        Assert.Equal(7, (await b.Fs.ReadAllAsync(reading.Handle, 100_000)).Length);
        Assert.Contains(b.Dropped, drop => drop.Inode == inode && (drop.Parts & InodeParts.Data) != 0);
    }

    [Fact]
    public async Task A_host_that_lost_contact_waits_after_its_term_and_answers_nothing_old()
    {
        await using var world = new LeaseWorld(new MetadataService.ServiceOptions
        {
            Upkeep = TimeSpan.FromMilliseconds(20),
            LeaseTerm = TimeSpan.FromMilliseconds(500),
            LeaseMargin = TimeSpan.FromMilliseconds(100),
            Heartbeat = TimeSpan.FromMilliseconds(100),
        });
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        Assert.Equal(Errno.ENOENT, (await b.Fs.LookupAsync(b.Fs.Root, World.Name("new"))).Errno);
        b.Cut();
        var inode = await a.Fs.PutAsync("new", World.Random(10, 1));
        var late = b.Fs.LookupAsync(b.Fs.Root, World.Name("new")).AsTask();
        Assert.False(late.IsCompleted);
        b.IsCut = false;
        var found = await late.WaitAsync(TimeSpan.FromSeconds(30), World.Token);

        // Its session was ended because it did not answer: what it asked in it is EIO, never ENOENT.
        Assert.True(found.IsOk || found.Errno == Errno.EIO);
        Assert.Equal(inode, (await b.Fs.LookupAsync("new")).Inode);
    }

    [Fact]
    public async Task After_a_restart_of_the_server_leases_and_dirty_bytes_live_on()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var file = await a.Fs.CreateAsync("file");
        var data = World.Random(3000, 1);
        await a.Fs.WriteAllAsync(file.Handle, 0, data);
        Assert.Equal(Errno.ENOENT, (await b.Fs.LookupAsync(b.Fs.Root, World.Name("new"))).Errno);
        await world.RestartAsync();
        Assert.Equal(3000, World.Ok(await b.Fs.GetAttributesAsync(file.Attributes.Inode)).SizeBytes);
        var inode = await a.Fs.PutAsync("new", data);
        Assert.Equal(inode, (await b.Fs.LookupAsync("new")).Inode);
        Assert.Equal(data, await b.Fs.GetAsync(file.Attributes.Inode));
    }

    [Fact]
    public async Task A_chmod_that_waits_for_bytes_is_not_committed_behind_one_that_did_not()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var file = await a.Fs.CreateAsync("file");
        var inode = file.Attributes.Inode;
        var opened = World.Ok(await b.Fs.OpenAsync(inode, OpenFlags.ReadWrite));
        await a.Fs.WriteAllAsync(file.Handle, 0, World.Random(10_000, 1));
        Assert.Equal(0x180U, (await ChmodAsync(a, inode, 0x180)).Value.Mode & 0xFFF);

        // Another host wants to write, and what is written here cannot be stored: from then on nothing waits for its commit.
        world.Objects.Refuse = static _ => Errno.ENOSPC;
        var writing = b.Fs.WriteAllAsync(opened.Handle, 0, World.Random(10, 2));
        var until = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        Errno errno;
        do
        {
            await Task.Delay(1);
            errno = (await ChmodAsync(a, inode, 0x181)).Errno;
        }
        while (errno == Errno.OK && DateTime.UtcNow < until);
        Assert.Equal(Errno.ENOSPC, errno);
        world.Objects.Refuse = static _ => Errno.OK;
        await writing;
        World.Ok(await ChmodAsync(a, inode, 0x182));
        Assert.Equal(0x182U, World.Ok(await b.Fs.GetAttributesAsync(inode)).Mode & 0xFFF);
        Assert.Equal(Errno.OK, await a.Fs.SyncAsync());
        Assert.Equal(0x182U, World.Ok(await b.Fs.GetAttributesAsync(inode)).Mode & 0xFFF);
    }

    [Fact]
    public async Task An_append_beside_a_truncation_is_before_it_or_behind_it()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var file = await a.Fs.CreateAsync("file", OpenFlags.ReadWrite | OpenFlags.Append);
        var inode = file.Attributes.Inode;
        for (var i = 0; i < 20; i++)
        {
            var before = World.Ok(await a.Fs.AppendAsync(file.Handle, World.Random(30, i)));
            var truncating = a.Fs.SetAttributesAsync(inode, new AttributeChange { Mask = AttributeMask.Size, SizeBytes = 1 }).AsTask();
            var appended = World.Ok(await a.Fs.AppendAsync(file.Handle, World.Random(3, i)));
            World.Ok(await truncating);
            var size = World.Ok(await a.Fs.GetAttributesAsync(inode)).SizeBytes;
            var isBehind = appended.Offset == 1 && size == 4;
            var isBefore = appended.Offset == before.Offset + 30 && size == 1;
            Assert.True(isBehind || isBefore, $"appended at {appended.Offset}, the size is {size}");
        }
    }

    private static ValueTask<Result<Attributes>> ChmodAsync(LeaseHost host, InodeId inode, uint mode) =>
        host.Fs.SetAttributesAsync(inode, new AttributeChange { Mask = AttributeMask.Mode, Mode = mode });

    [Fact]
    public async Task Of_changes_at_once_under_a_write_lease_the_one_that_the_server_made_last_is_shown()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var file = await a.Fs.CreateAsync("file");
        var inode = file.Attributes.Inode;
        for (var round = 0; round < 300; round++)
        {
            // The write lease again, which the look of the other host took.
            await a.Fs.WriteAllAsync(file.Handle, 0, World.Random(1, round));
            Assert.Equal(Errno.OK, await a.Fs.FsyncAsync(file.Handle));
            var changes = Enumerable.Range(0, 8).Select(i => ChmodAsync(a, inode, (uint)i).AsTask()).ToArray();
            foreach (var change in changes) World.Ok(await change);
            var shown = World.Ok(await a.Fs.GetAttributesAsync(inode)).Mode;
            Assert.Equal(World.Ok(await b.Fs.GetAttributesAsync(inode)).Mode, shown);
        }
    }

    [Fact]
    public async Task What_is_forgotten_here_is_given_back()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync(World.Options with { IdleInodesMax = 4 });
        for (var i = 0; i < 30; i++) await a.Fs.PutAsync($"file{i}", World.Random(10, i));
        for (var i = 0; i < 30; i++) await b.Fs.LookupAsync($"file{i}");
        for (var i = 0; i < 30; i++)
        {
            var inode = (await b.Fs.LookupAsync($"file{i}")).Inode;
            World.Ok(await a.Fs.SetAttributesAsync(inode, new AttributeChange { Mask = AttributeMask.Mode, Mode = 0x101 }));
            Assert.Equal(0x101U, (await b.Fs.LookupAsync($"file{i}")).Mode & 0xFFF);
        }
    }

    [Fact]
    public async Task A_recall_that_finds_the_lease_on_its_way_back_drops_all_that_the_kernel_has_of_it()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync(World.Options with { IdleInodesMax = 1 });
        var directory = World.Ok(await a.Fs.MakeDirectoryAsync(a.Fs.Root, World.Name("d"), 0x1ED, 1, 1)).Inode;
        await a.Fs.PutAsync("file", World.Random(10, 1));
        Assert.Equal(Errno.ENOENT, (await b.Fs.LookupAsync(directory, World.Name("x"))).Errno);

        // The kernel takes its time to drop what is given back, and a recall comes.
        var slow = new TaskCompletionSource();
        b.WhileDropping = inode =>
        {
            if (inode != directory) return Task.CompletedTask;
            b.WhileDropping = null;
            return slow.Task;
        };
        await b.Fs.LookupAsync("file");
        await World.EventuallyAsync(() => b.Dropped.Any(drop => drop.Inode == directory), "it is given back");
        World.Ok(await a.Fs.MakeDirectoryAsync(directory, World.Name("y"), 0x1ED, 1, 1));
        Assert.Equal(2, b.Dropped.Count(drop =>
            drop.Inode == directory && (drop.Parts & InodeParts.Names) != 0 && drop.Names.Length == 0));
        slow.SetResult();
    }

    [Fact]
    public async Task A_restarted_server_is_told_of_leases_on_their_way_back_until_the_kernel_has_dropped_what_it_has()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync(World.Options with { IdleInodesMax = 1 });
        var directory = World.Ok(await a.Fs.MakeDirectoryAsync(a.Fs.Root, World.Name("d"), 0x1ED, 1, 1)).Inode;
        await a.Fs.PutAsync("file", World.Random(10, 1));
        Assert.Equal(Errno.ENOENT, (await b.Fs.LookupAsync(directory, World.Name("x"))).Errno);
        var slow = new TaskCompletionSource();
        b.WhileDropping = inode => inode == directory ? slow.Task : Task.CompletedTask;
        await b.Fs.LookupAsync("file");
        await World.EventuallyAsync(() => b.Dropped.Any(drop => drop.Inode == directory), "it is given back");
        await world.RestartAsync();
        var making = a.Fs.MakeDirectoryAsync(directory, World.Name("x"), 0x1ED, 1, 1).AsTask();
        await World.EventuallyAsync(() => b.Dropped.Count(drop => drop.Inode == directory) > 1, "it is recalled");
        Assert.False(making.IsCompleted);
        slow.SetResult();
        World.Ok(await making);
    }

    [Fact]
    public async Task A_restarted_server_is_not_told_of_what_was_given_up_though_an_older_recall_of_it_still_lasts()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var b = await world.JoinAsync();
        var c = await world.JoinAsync();
        var inode = await a.Fs.PutAsync("file", World.Random(10, 1));
        World.Ok(await b.Fs.GetAttributesAsync(inode));
        var file = World.Ok(await a.Fs.OpenAsync(inode, OpenFlags.ReadWrite));

        // The first recall waits for the kernel, and who asked for it goes away; the second one does not.
        var slow = new TaskCompletionSource();
        b.WhileDropping = _ =>
        {
            b.WhileDropping = null;
            return slow.Task;
        };
        var chmod = ChmodAsync(c, inode, 0x180).AsTask();
        await World.EventuallyAsync(() => b.Dropped.Any(drop => drop.Inode == inode), "it is recalled");
        c.Cut();
        await a.Fs.WriteAllAsync(file.Handle, 0, World.Random(100, 2));
        await world.RestartAsync();
        c.IsCut = false;
        Assert.Equal(100, World.Ok(await b.Fs.GetAttributesAsync(inode)).SizeBytes);
        slow.SetResult();
        World.Ok(await chmod);
    }

    [Fact]
    public async Task A_client_without_leases_and_one_with_them_see_each_other()
    {
        await using var world = new LeaseWorld();
        var a = await world.JoinAsync();
        var old = await world.JoinAsync(useLeases: false);
        Assert.False(old.Fs.UsesLeases);
        Assert.Equal(Errno.ENOENT, (await a.Fs.LookupAsync(a.Fs.Root, World.Name("x"))).Errno);
        var inode = await old.Fs.PutAsync("x", World.Random(100, 1));
        Assert.Equal(inode, (await a.Fs.LookupAsync("x")).Inode);
        var file = World.Ok(await a.Fs.OpenAsync(inode, OpenFlags.ReadWrite));
        await a.Fs.WriteAllAsync(file.Handle, 0, World.Random(200, 2));
        Assert.Equal(World.Random(200, 2), await old.Fs.GetAsync(inode));
    }
}
