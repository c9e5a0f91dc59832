using System.Text;
using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.Metadata;
using FlexFs.MetadataService.Operators;
using FlexFs.MetadataService.Tests.Peers;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc;
using FlexFs.Wire;

namespace FlexFs.MetadataService.Tests;

/// <summary>Clients with a valid token that ask for what is absurd, or do not keep to the rules: each is refused or ended alone.</summary>
/// <remarks>In each test somebody else works beside it, on one connection and one session from beginning to end.</remarks>
public sealed class HostileClientTests
{
    [Fact]
    public async Task Attributes_of_absurd_sizes_are_E2BIG_ERANGE_and_ENOSPC()
    {
        await using var service = new TestService();
        await using var hostile = await TestClient.ConnectAsync(service);
        await using var other = await Bystander.ConnectAsync(service);
        var inode = (await hostile.CreateAsync("file").SoonAsync()).Value.Attributes!.Value.Inode;
        Assert.Equal(Errno.E2BIG, await SetAsync(hostile, inode, "user.x", new byte[Limits.XattrValueBytesMax + 1]));
        Assert.Equal(Errno.E2BIG, await SetAsync(hostile, inode, "user.x", new byte[1 << 19]));
        Assert.Equal(Errno.ERANGE, await SetAsync(hostile, inode, "user." + new string('n', 251), [1]));
        Assert.Equal(Errno.ERANGE, await SetAsync(hostile, inode, "user." + new string('n', 1 << 19), [1]));
        Assert.Equal(Errno.ERANGE, await SetAsync(hostile, inode, "", [1]));
        var wrong = new GetXattrRequest { Inode = inode, Name = new byte[300] };
        Assert.Equal(Errno.ERANGE, (await hostile.CallAsync<GetXattrRequest, BytesReply>(Opcode.GetXattr, wrong).SoonAsync()).Errno);
        Assert.Equal(Errno.ERANGE, (await hostile.CallAsync<RemoveXattrRequest, MutationReply>(
            Opcode.RemoveXattr, new RemoveXattrRequest { Inode = inode, Name = new byte[300] }).SoonAsync()).Errno);
        var taken = 0;
        for (; await SetAsync(hostile, inode, $"user.{taken}", new byte[Limits.XattrValueBytesMax]) is Errno.OK; taken++)
        {
            Assert.True(taken < 100, "it takes values without end");
        }

        Assert.Equal(Errno.ENOSPC, await SetAsync(hostile, inode, "user.one more", new byte[Limits.XattrValueBytesMax]));
        Assert.Equal(Limits.XattrBytesMax / Limits.XattrValueBytesMax, taken);
        Assert.Equal(0, hostile.Losses);
        await other.WorksAsync();
    }

    public static TheoryData<string, byte[]> WrongAcls => new()
    {
        { "nothing", [] },
        { "half a header", [2, 0] },
        { "no entries", [2, 0, 0, 0] },
        { "another version", [3, 0, 0, 0, .. Entry(1, 7), .. Entry(4, 7), .. Entry(0x20, 7)] },
        { "a torn entry", [2, 0, 0, 0, .. Entry(1, 7), .. Entry(4, 7), .. Entry(0x20, 7)[..7]] },
        { "two owners", [2, 0, 0, 0, .. Entry(1, 7), .. Entry(1, 7), .. Entry(4, 7), .. Entry(0x20, 7)] },
        { "no others", [2, 0, 0, 0, .. Entry(1, 7), .. Entry(4, 7)] },
        { "another order", [2, 0, 0, 0, .. Entry(0x20, 7), .. Entry(4, 7), .. Entry(1, 7)] },
        { "a user without a mask", [2, 0, 0, 0, .. Entry(1, 7), .. Entry(2, 7, 5), .. Entry(4, 7), .. Entry(0x20, 7)] },
        { "a user without an id", [2, 0, 0, 0, .. Entry(1, 7), .. Entry(2, 7), .. Entry(4, 7), .. Entry(0x10, 7), .. Entry(0x20, 7)] },
        { "an unknown tag", [2, 0, 0, 0, .. Entry(1, 7), .. Entry(4, 7), .. Entry(0x20, 7), .. Entry(0x40, 7)] },
        { "permissions that do not exist", [2, 0, 0, 0, .. Entry(1, 8), .. Entry(4, 7), .. Entry(0x20, 7)] },
        { "64 KiB of nonsense", [.. Enumerable.Range(0, 65536).Select(i => (byte)(i * 7))] },
    };

    [Theory]
    [MemberData(nameof(WrongAcls))]
    public async Task An_ACL_that_does_not_parse_is_EINVAL(string what, byte[] value)
    {
        await using var service = new TestService();
        await using var hostile = await TestClient.ConnectAsync(service);
        await using var other = await Bystander.ConnectAsync(service);
        var folder = (await hostile.CreateAsync("folder", directory: true).SoonAsync()).Value.Attributes!.Value;
        foreach (var name in (string[])[PosixAcl.AccessName, PosixAcl.DefaultName])
        {
            Assert.True(Errno.EINVAL == await SetAsync(hostile, folder.Inode, name, value), what);
        }

        Assert.Equal(folder.Mode, (await hostile.StatAsync(folder.Inode).SoonAsync()).Value.Attributes.Mode);
        await other.WorksAsync();
    }

    [Fact]
    public async Task Locks_of_one_session_end_with_ENOLCK_and_leave_others_theirs()
    {
        const int PerFile = 8192;
        await using var service = new TestService();
        await using var hostile = await TestClient.ConnectAsync(service);
        await using var other = await Bystander.ConnectAsync(service);
        var answers = new Dictionary<Errno, int>();
        for (ulong file = 0; file < 9; file++)
        {
            for (var first = 0; first < PerFile; first += 256)
            {
                var asked = Enumerable.Range(first, 256).Select(i => hostile.LockAsync(Byte(1000 + file, 2 * (ulong)i)));
                foreach (var answer in await Task.WhenAll(asked).SoonAsync())
                {
                    answers[answer.Errno] = answers.GetValueOrDefault(answer.Errno) + 1;
                }
            }

            await other.WorksAsync();
            Assert.True((await other.Client.LockAsync(Byte(7, file)).SoonAsync()).IsOk);
        }

        Assert.Equal([Errno.OK, Errno.ENOLCK], answers.Keys);
        Assert.InRange(answers[Errno.OK], 65_000, 65_536);
        var sessions = (await service.Server.ListSessionsAsync(new OperatorFilter()).SoonAsync()).Rows;
        Assert.Equal(answers[Errno.OK], sessions.Single(s => s.Session == hostile.Welcome.Session).Locks);
        Assert.Equal(0, hostile.Losses);
    }

    [Fact]
    public async Task Open_files_of_one_session_end_with_ENFILE_and_what_is_closed_makes_room()
    {
        const int OpensMax = 50;
        await using var service = new TestService(engine: new EngineOptions { OpensPerSessionMax = OpensMax });
        await using var hostile = await TestClient.ConnectAsync(service);
        await using var other = await Bystander.ConnectAsync(service);
        var made = new List<InodeId>();
        for (var i = 0; i <= OpensMax; i++)
        {
            made.Add((await hostile.CreateAsync($"file {i}").SoonAsync()).Value.Attributes!.Value.Inode);
        }

        for (var i = 0; i < OpensMax; i++) Assert.True((await hostile.OpenAsync(made[i]).SoonAsync()).IsOk);
        Assert.Equal(Errno.ENFILE, (await hostile.OpenAsync(made[OpensMax]).SoonAsync()).Errno);
        Assert.Equal(Errno.ENFILE, (await hostile.CreateAsync("one more", open: true).SoonAsync()).Errno);
        Assert.Equal(Errno.ENOENT, (await hostile.LookupAsync("one more").SoonAsync()).Errno);
        Assert.Equal(Errno.ENFILE, (await hostile.CallAsync<CreateUnnamedRequest, MutationReply>(
            Opcode.CreateUnnamed, new CreateUnnamedRequest { Directory = InodeId.Root }).SoonAsync()).Errno);
        Assert.True((await hostile.OpenAsync(made[0]).SoonAsync()).IsOk);
        Assert.True((await other.Client.OpenAsync(made[OpensMax]).SoonAsync()).IsOk);
        await hostile.CloseAsync(made[0]).SoonAsync();
        Assert.True((await hostile.OpenAsync(made[OpensMax]).SoonAsync()).IsOk);
        await other.WorksAsync();
    }

    [Fact]
    public async Task Leases_of_one_session_end_and_answers_come_without()
    {
        const int LeasesMax = 20;
        await using var service = new TestService(new ServiceOptions { LeasesPerSessionMax = LeasesMax, LeasesNeededMax = 2 * LeasesMax });
        await using var hostile = await LeaseClient.ConnectAsync(service);
        await using var other = await LeaseClient.ConnectAsync(service);
        other.Obeys = true;
        var made = new List<InodeId>();
        for (var i = 0; i < 3 * LeasesMax; i++) made.Add(await other.MakeFileAsync($"file {i}"));
        await other.ReleaseAsync(InodeId.Root).SoonAsync();
        var granted = 0;
        foreach (var inode in made)
        {
            if ((await hostile.Client.StatAsync(inode).SoonAsync()).Value.Attributes.Lease != LeaseKind.None) granted++;
        }

        Assert.Equal(LeasesMax, granted);
        var answers = new List<Errno>();
        foreach (var inode in made) answers.Add((await hostile.AcquireAsync(inode).SoonAsync()).Errno);
        Assert.Equal(2 * LeasesMax, answers.Count(errno => errno == Errno.OK));
        Assert.Equal(LeasesMax, answers.Count(errno => errno == Errno.ENFILE));
        Assert.Equal(LeaseKind.Write, (await other.AcquireAsync(made[^1]).SoonAsync()).Value.Attributes.Lease);
    }

    [Fact]
    public async Task One_who_sends_more_than_it_may_have_unanswered_loses_its_connection()
    {
        await using var service = new TestService(new ServiceOptions { RequestBytesMax = 1 << 20 });
        var hostile = await RawSession.ConnectAsync(service);
        var ended = service.LastEndAsync();
        await using var other = await Bystander.ConnectAsync(service);

        // What it asks waits, so that it could have 4,096 requests of a MiB each.
        service.Disk.HoldCommits();
        for (uint i = 0; i < 40 && !ended.IsCompleted; i++)
        {
            await hostile.SendAsync(RawSession.Request(
                Opcode.SetXattr,
                new SetXattrRequest { Inode = InodeId.Root, Name = Encoding.UTF8.GetBytes($"user.{i}"), Value = new byte[60_000] },
                1, RawSession.Slot + i));
        }

        Assert.Contains("more bytes of requests", (await ended.SoonAsync()).Message, StringComparison.Ordinal);
        service.Disk.LetCommitsGo();
        await other.WorksAsync();
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData((1u << 20) + FrameHeader.Bytes + 1)]
    public async Task A_frame_above_a_MiB_ends_its_connection_before_it_is_read(uint length)
    {
        await using var service = new TestService();
        var hostile = await RawSession.ConnectAsync(service);
        var ended = service.LastEndAsync();
        await using var other = await Bystander.ConnectAsync(service);
        await hostile.SendAsync(WireCodec.ToBytes(new FrameHeader
        {
            Length = length,
            Kind = FrameKind.Request,
            Slot = RawSession.Slot,
            Number = 1,
            Opcode = (ushort)Opcode.SetXattr,
        }));
        Assert.Equal(RpcEndKind.Malformed, (await ended.SoonAsync()).Kind);
        await other.WorksAsync();
    }

    [Fact]
    public async Task Old_frames_that_are_sent_again_have_no_second_effect()
    {
        await using var service = new TestService();
        await using var other = await Bystander.ConnectAsync(service);
        var hostile = await RawSession.ConnectAsync(service);
        var (first, second) = (RawSession.Create("first", 1), RawSession.Create("second", 2));
        var answer = await hostile.AskAsync(first);
        Assert.Equal(Errno.OK, answer.Errno);
        await other.Client.UnlinkAsync("first").SoonAsync();

        // The same number is the same request: its first answer, although the file is gone.
        answer = await hostile.AskAsync(first);
        Assert.Equal(Errno.OK, answer.Errno);
        Assert.Equal(Errno.ENOENT, (await other.Client.LookupAsync("first").SoonAsync()).Errno);
        Assert.Equal(Errno.OK, (await hostile.AskAsync(second)).Errno);
        Assert.Equal(Errno.EPROTO, (await hostile.AskAsync(first)).Errno);

        // Another connection with what was said before, and one with what it would say next: the old one is heard no more.
        var replayed = await RawSession.ConnectAsync(service, hostile.Hello);
        Assert.Equal((FrameKind.Refuse, Errno.EACCES), (replayed.Answer.Kind, replayed.Answer.Errno));
        var next = await RawSession.ConnectAsync(service, hostile.Hello with { Incarnation = 2 });
        Assert.Equal(FrameKind.Welcome, next.Answer.Kind);
        await hostile.SendAsync(RawSession.Create("late", 3));
        Assert.Equal(Errno.EPROTO, (await next.AskAsync(first)).Errno);
        Assert.Equal(Errno.OK, (await next.AskAsync(RawSession.Create("new", 3))).Errno);
        var names = (await other.Client.ListAsync().SoonAsync()).Value.Entries.Select(e => Encoding.UTF8.GetString(e.Name.Span));
        Assert.Equal(["new", "second"], names.Where(name => name is not ("." or ".." or Bystander.Folder)).Order());
        await other.WorksAsync();
    }

    [Fact]
    public async Task Acknowledgements_of_anothers_recalls_let_nobody_go_on()
    {
        await using var service = new TestService();
        await using var hostile = await LeaseClient.ConnectAsync(service);
        await using var holder = await LeaseClient.ConnectAsync(service);
        await using var other = await Bystander.ConnectAsync(service);
        await holder.Client.LookupAsync("x").SoonAsync();
        var create = other.Client.CreateAsync("x");
        var recall = await holder.NextRecallAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.True((await hostile.AcknowledgeAsync(recall).SoonAsync()).IsOk);
            Assert.True((await hostile.AcknowledgeAsync(recall with { Id = recall.Id + (ulong)i }).SoonAsync()).IsOk);
        }

        Assert.False(create.IsCompleted);
        await holder.AcknowledgeAsync(recall).SoonAsync();
        Assert.True((await create.SoonAsync()).IsOk);
        await other.WorksAsync();
    }

    [Fact]
    public async Task Requests_that_are_to_come_again_and_do_not_take_bounded_memory_and_so_do_their_recalls()
    {
        const int Most = 50;
        var options = new ServiceOptions { ParkedRequestsMax = Most, RecallsPerInodeMax = 16 };
        await using var service = new TestService(options);
        await using var holder = await LeaseClient.ConnectAsync(service);
        await using var other = await Bystander.ConnectAsync(service);
        var hostile = await RawSession.ConnectAsync(service);
        await holder.Client.LookupAsync("x").SoonAsync();
        var cost = 0;
        for (ulong number = 1; number <= 10 * Most; number++)
        {
            await hostile.SendAsync(RawSession.Create($"file {number}", number));
            Assert.Equal(FrameKind.Queued, (await hostile.ReceiveAsync()).Header.Kind);
            if (number % Most != 0) continue;
            var rows = (await service.Server.ListLeasesAsync(new OperatorFilter { OnlyWaiting = true }).SoonAsync()).Rows;
            cost = Math.Max(cost, rows.Count);
            await other.WorksAsync();
        }

        // Of each request that is kept a row, and the recalls.
        Assert.InRange(cost, Most, Most + options.RecallsPerInodeMax + 1);
        Assert.True(holder.Recalls.Count <= options.RecallsPerInodeMax + 1, $"{holder.Recalls.Count} recalls were sent");
        Assert.Empty(holder.Recalls[^1].Names);
        holder.Obeys = true;
        foreach (var recall in holder.Recalls) await holder.AcknowledgeAsync(recall).SoonAsync();
        Assert.Equal(Errno.OK, (await other.Client.CreateAsync("free").SoonAsync()).Errno);
    }

    [Fact]
    public async Task One_who_only_says_that_it_is_at_it_is_ended_after_eleven_minutes_alone()
    {
        var clock = new ManualClock();
        await using var service = new TestService(clock: clock);
        using var stop = new CancellationTokenSource();
        _ = service.Server.RunAsync(stop.Token);
        await using var hostile = await LeaseClient.ConnectAsync(service);
        await using var waits = await TestClient.ConnectAsync(service);
        await using var other = await Bystander.ConnectAsync(service);
        await hostile.Client.LookupAsync("x").SoonAsync();
        var create = waits.CreateAsync("x");
        var recall = await hostile.NextRecallAsync();
        var minutes = 0;
        for (; !create.IsCompleted; minutes++)
        {
            Assert.True(minutes < 20, "it is waited for without end");
            for (var step = 0; step < 12; step++)
            {
                clock.Advance(TimeSpan.FromSeconds(5));
                if (hostile.Client.Losses == 0) await hostile.AcknowledgeAsync(recall, isUnderWay: true).SoonAsync();
                await other.WorksAsync();
            }
        }

        Assert.InRange(minutes, 11, 12);
        Assert.True((await create.SoonAsync()).IsOk);
        await Eventually.HoldsAsync(() => hostile.Client.Losses == 1, "it lost its session");
        await stop.CancelAsync();
    }

    private static byte[] Entry(byte tag, byte permissions, uint id = uint.MaxValue) =>
        [tag, 0, permissions, 0, .. BitConverter.GetBytes(id)];

    private static FileLock Byte(ulong inode, ulong at) => new()
    {
        Inode = new InodeId(inode),
        Kind = LockKind.Record,
        Type = LockType.Exclusive,
        Owner = 1,
        Start = at,
        End = at,
    };

    private static async Task<Errno> SetAsync(TestClient client, InodeId inode, string name, byte[] value) =>
        (await client.CallAsync<SetXattrRequest, MutationReply>(
            Opcode.SetXattr, new SetXattrRequest { Inode = inode, Name = Encoding.UTF8.GetBytes(name), Value = value }).SoonAsync()).Errno;

    /// <summary>Somebody who works all the while, in a folder that nobody else has cached.</summary>
    private sealed class Bystander(TestClient client, InodeId folder) : IAsyncDisposable
    {
        public const string Folder = "of somebody else";
        private int _files;

        public TestClient Client { get; } = client;

        public static async Task<Bystander> ConnectAsync(TestService service)
        {
            var client = await TestClient.ConnectAsync(service);
            var made = await client.CreateAsync(Folder, directory: true).SoonAsync();
            return new Bystander(client, made.Value.Attributes!.Value.Inode);
        }

        /// <summary>Makes a file, locks and opens it; nothing of that is refused, or was ever interrupted.</summary>
        public async Task WorksAsync()
        {
            var made = await Client.CallAsync<CreateRequest, MutationReply>(Opcode.Create, new CreateRequest
            {
                Parent = folder,
                Name = Encoding.UTF8.GetBytes($"{++_files}"),
                Mode = Core.FileMode.Of(FileType.Regular, 0x1A4),
            }).SoonAsync();
            Assert.Equal(Errno.OK, made.Errno);
            var inode = made.Value.Attributes!.Value.Inode;
            Assert.Equal(Errno.OK, (await Client.OpenAsync(inode).SoonAsync()).Errno);
            Assert.Equal(Errno.OK, (await Client.LockAsync(Byte(inode.Value, 0)).SoonAsync()).Errno);
            Assert.Equal(Errno.OK, (await Client.UnlockAsync(Byte(inode.Value, 0)).SoonAsync()).Errno);
            Assert.Equal(Errno.OK, (await Client.CloseAsync(inode).SoonAsync()).Errno);
            Assert.Equal((1L, 0), (Client.Rpc.Connections, Client.Losses));
        }

        public ValueTask DisposeAsync() => Client.DisposeAsync();
    }
}
