using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.Verify;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests.Operations;

public sealed class SessionTests
{
    private readonly EngineHarness _h = new();

    [Fact]
    public void A_repeated_request_gets_its_first_answer_also_after_a_restart_and_also_an_errno()
    {
        var request = new CreateRequest { Parent = InodeId.Root, Name = "f"u8.ToArray(), Mode = FileMode.Of(FileType.Regular, 0) };
        var first = _h.Mutate(Opcode.Create, request);
        Assert.Equal(first.Reply with { IsContested = true }, _h.Repeat(Opcode.Create, request).Reply);
        Assert.Equal(Errno.EEXIST, _h.Mutate(Opcode.Create, request).Errno);
        _h.Unlink(InodeId.Root, "g");
        Assert.Equal(Errno.ENOENT, _h.Repeat(Opcode.Unlink, new UnlinkRequest { Parent = InodeId.Root, Name = "g"u8.ToArray() }).Errno);
        _h.Commit();
        _h.Restart();
        Assert.Equal(Errno.ENOENT, _h.Repeat(Opcode.Create, request).Errno);
    }

    [Fact]
    public void An_older_number_and_a_slot_outside_the_window_are_EPROTO()
    {
        _h.MakeFile("f");
        _h.MakeFile("g");
        Assert.Equal(Errno.EPROTO, _h.Run<CloseRequest, MutationReply>(_h.Session, Opcode.Close, default, 1).Errno);
        Assert.Equal(Errno.EPROTO, _h.Run<CloseRequest, MutationReply>(_h.Session, Opcode.Close, default, 0).Errno);
        var outside = new EngineRequest(Opcode.Close, _h.Session, 1, Limits.RpcSlotsMax, 9, Wire.WireCodec.ToBytes(default(CloseRequest)));
        Assert.Equal(Errno.EPROTO, _h.Execute(outside, new System.Buffers.ArrayBufferWriter<byte>()).Errno);
    }

    [Fact]
    public void A_payload_that_is_no_record_is_EPROTO_and_an_unknown_opcode_ENOSYS()
    {
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        Assert.Equal(Errno.EPROTO, _h.Execute(new EngineRequest(Opcode.Create, _h.Session, 1, 0, 50, new byte[] { 1, 2 }), writer).Errno);
        Assert.Equal(Errno.ENOSYS, _h.Execute(new EngineRequest((Opcode)999, _h.Session, 1, 0, 51, new byte[] { 1, 2 }), writer).Errno);
    }

    [Fact]
    public void A_read_only_session_gets_EROFS_but_may_open_close_and_end()
    {
        var file = _h.MakeFile("f");
        var session = _h.BeginSession(isReadOnly: true);
        Assert.Equal(Errno.EROFS, _h.Create(InodeId.Root, "g", session: session).Errno);
        Assert.Equal(Errno.OK, _h.Open(file, session).Errno);
        Assert.Equal(Errno.OK, _h.Close(file, session).Errno);
        Assert.Equal(Errno.OK, _h.Read<EndSessionRequest, EmptyReply>(Opcode.EndSession, default, session).Errno);
        Assert.Equal(Errno.ESTALE, _h.Open(file, session).Errno);
        Assert.Equal(Errno.OK, _h.Read<EndSessionRequest, EmptyReply>(Opcode.EndSession, default, session).Errno);
    }

    [Fact]
    public void A_resumed_session_has_a_newer_incarnation_and_frames_of_the_old_are_ESTALE()
    {
        var resume = new ResumeSessionRequest { Session = _h.Session, Key = 77, Incarnation = 2 };
        Assert.Equal(Errno.EACCES, _h.Internal(InternalOpcode.ResumeSession, resume with { Key = 78 }).Errno);
        Assert.Equal(Errno.EACCES, _h.Internal(InternalOpcode.ResumeSession, resume with { Incarnation = 1 }).Errno);
        Assert.Equal(Errno.ESTALE, _h.Internal(InternalOpcode.ResumeSession, resume with { Session = new SessionId(99) }).Errno);
        Assert.Equal(Errno.OK, _h.Internal(InternalOpcode.ResumeSession, resume).Errno);
        Assert.Equal(Errno.ESTALE, _h.Stat(InodeId.Root).Errno);
        Assert.Equal(Errno.OK, _h.Run<GetAttributesRequest, AttributesReply>(
            _h.Session, Opcode.GetAttributes, new GetAttributesRequest { Inode = InodeId.Root }, 0, incarnation: 2).Errno);
    }

    [Fact]
    public void A_session_whose_end_has_begun_cannot_be_resumed()
    {
        var session = _h.BeginSession();
        _h.Open(InodeId.Root, session);
        var expire = new ExpireSessionRequest { Session = session };
        Assert.Equal(1ul, _h.Internal(InternalOpcode.ExpireSession, expire).Reply.Value);
        _h.Commit();
        _h.Restart();
        var listed = _h.Query<ListRequest, SessionListReply>(InternalOpcode.ListSessions, new ListRequest { Limit = 10 }).Reply;
        Assert.Equal([false, true], listed.Sessions.Select(s => s.IsEnding));
        var resume = new ResumeSessionRequest { Session = session, Key = 77, Incarnation = 5 };
        Assert.Equal(Errno.ESTALE, _h.Internal(InternalOpcode.ResumeSession, resume).Errno);
        Assert.Equal(0ul, _h.Internal(InternalOpcode.ExpireSession, expire).Reply.Value);
        Assert.Equal(0ul, _h.Internal(InternalOpcode.ExpireSession, expire).Reply.Value);
    }

    [Fact]
    public void The_id_ranges_of_a_session_go_with_it_step_by_step_and_nobody_can_commit_their_ids()
    {
        var h = new EngineHarness(new EngineOptions { RemovalStep = 2 });
        var session = h.BeginSession();
        var file = h.MakeFile("f");
        ulong[] ranges = [.. Enumerable.Range(0, 5).Select(_ => h.Mutate(Opcode.AllocateIds, default(AllocateIdsRequest), session).Reply.Value)];
        h.Commit();
        Assert.Equal(5, h.Store.Pairs.Count(pair => pair.Key[0] == (byte)KeyFamily.IdRange));
        var steps = 1;
        while (h.Internal(InternalOpcode.ExpireSession, new ExpireSessionRequest { Session = session }).Reply.Value == 1)
        {
            steps++;
            if (steps == 2)
            {
                h.Commit();
                h.Restart();
            }
        }

        Assert.Equal(3, steps);
        h.Commit();
        Assert.DoesNotContain(h.Store.Pairs, pair => pair.Key[0] is (byte)KeyFamily.IdRange or (byte)KeyFamily.SessionRange);
        Assert.Empty(VolumeVerifier.Verify(h.Store.Pairs));
        var own = h.Mutate(Opcode.AllocateIds, default(AllocateIdsRequest)).Reply.Value;
        Assert.DoesNotContain(own, ranges);
        var states = h.Query<IdsRequest, ObjectStatesReply>(
            InternalOpcode.ObjectIsKnown, new IdsRequest { Objects = [.. ranges.Select(id => new ObjectId(id))] }).Reply.States;
        Assert.All(states, state => Assert.Equal(ObjectState.Unknown, state));
        foreach (var id in ranges)
        {
            var write = new CommitWriteRequest
            {
                Inode = file,
                Blocks = [new BlockExtents { Extents = [new Extent { Object = new ObjectId(id), LengthBytes = 10 }] }],
                Objects = [new ObjectDescriptor { Object = new ObjectId(id), PlainBytes = 10, StoredBytes = 10, FrameIndex = new byte[] { 1 } }],
                SizeAtLeastBytes = 10,
            };
            Assert.Equal(Errno.EBADF, h.Mutate(Opcode.CommitWrite, write).Errno);
            Assert.Equal(Errno.ESTALE, h.Mutate(Opcode.CommitWrite, write, session).Errno);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_made_and_removed_by_another_before_the_request_is_repeated_has_its_first_answer(bool withRestart)
    {
        var file = _h.MakeFile("f");
        var other = _h.BeginSession();
        CreateRequest[] made =
        [
            new() { Parent = InodeId.Root, Name = "d"u8.ToArray(), Mode = FileMode.Of(FileType.Directory, 0x1ED), UserId = 7, GroupId = 8 },
            new() { Parent = InodeId.Root, Name = "s"u8.ToArray(), Mode = FileMode.Of(FileType.Symlink, 0x1FF), SymlinkTarget = "to"u8.ToArray() },
            new() { Parent = InodeId.Root, Name = "n"u8.ToArray(), Mode = FileMode.Of(FileType.Regular, 0x180), UserId = 9 },
        ];
        foreach (var request in made)
        {
            var first = _h.Mutate(Opcode.Create, request);
            Assert.Equal(Errno.OK, first.Errno);
            Remove(request.Name, FileMode.TypeOf(request.Mode) == FileType.Directory);
            Again();
            Assert.Equal((first.Errno, first.Reply with { IsContested = true }), _h.Repeat(Opcode.Create, request));
            Assert.Equal(Errno.ESTALE, _h.Stat(first.Reply.Attributes!.Value.Inode).Errno);
        }

        var link = new LinkRequest { Inode = file, NewParent = InodeId.Root, NewName = "g"u8.ToArray() };
        var linked = _h.Mutate(Opcode.Link, link);
        Remove("f"u8.ToArray(), false);
        Remove("g"u8.ToArray(), false);
        Again();
        Assert.Equal((linked.Errno, linked.Reply with { IsContested = true }), _h.Repeat(Opcode.Link, link));

        void Remove(ReadOnlyMemory<byte> name, bool isDirectory) => Assert.Equal(Errno.OK, isDirectory
            ? _h.Mutate(Opcode.RemoveDirectory, new RemoveDirectoryRequest { Parent = InodeId.Root, Name = name }, other).Errno
            : _h.Mutate(Opcode.Unlink, new UnlinkRequest { Parent = InodeId.Root, Name = name }, other).Errno);

        void Again()
        {
            if (!withRestart) return;
            _h.Commit();
            _h.Restart();
        }
    }

    [Fact]
    public void A_repeated_create_and_a_repeated_close_are_right_about_opens_after_a_restart()
    {
        var request = new CreateRequest { Parent = InodeId.Root, Name = "f"u8.ToArray(), Mode = FileMode.Of(FileType.Regular, 0), Open = true };
        var file = EngineHarness.Made(_h.Mutate(Opcode.Create, request));
        _h.Commit();
        _h.Restart();
        _h.Read<ReclaimRequest, EmptyReply>(Opcode.Reclaim, new ReclaimRequest { IsLast = true });
        Assert.Equal(0, _h.Engine.Totals.Opens);
        Assert.Equal(file, EngineHarness.Made(_h.Repeat(Opcode.Create, request)));
        Assert.Equal(1, _h.Engine.Totals.Opens);

        // A close that was executed and not answered is told as open by the client, and closed by being repeated.
        var close = new CloseRequest { Inodes = [file] };
        Assert.Equal(Errno.OK, _h.Unlink(InodeId.Root, "f").Errno);
        Assert.Equal(Errno.OK, _h.Mutate(Opcode.Close, close).Errno);
        _h.Commit();
        _h.Restart();
        _h.Read<ReclaimRequest, EmptyReply>(Opcode.Reclaim, new ReclaimRequest { OpenInodes = [file], IsLast = true });
        Assert.Equal(Errno.OK, _h.Repeat(Opcode.Close, close).Errno);
        Assert.Equal(0, _h.Engine.Totals.Opens);
        Assert.Equal(Errno.ESTALE, _h.Stat(file).Errno);
    }

    [Fact]
    public void Another_volume_in_the_store_is_EINVAL_and_the_same_is_left_as_it_is()
    {
        var request = new CreateVolumeRequest { Volume = EngineHarness.Volume, BlockSizeLog2 = 20 };
        Assert.Equal(Errno.OK, _h.Internal(InternalOpcode.CreateVolume, request).Errno);
        Assert.Equal(EngineHarness.BlockSizeLog2, _h.Query<GetVolumeRequest, VolumeRecord>(InternalOpcode.GetVolume, default).Reply.BlockSizeLog2);
        var other = request with { Volume = new VolumeId(Guid.Empty) };
        Assert.Equal(Errno.EINVAL, _h.Internal(InternalOpcode.CreateVolume, other).Errno);
    }

    [Fact]
    public void Reads_of_what_is_durable_wait_for_nothing_and_others_for_their_batch()
    {
        _h.Commit();
        var durable = _h.Store.Position.Sequence;
        _h.Stat(InodeId.Root);
        Assert.Equal(0ul, _h.Last.ObservedSequence);
        var file = _h.MakeFile("f");
        Assert.Equal(durable + 1, _h.Last.ObservedSequence);
        _h.Stat(file);
        Assert.Equal(durable + 1, _h.Last.ObservedSequence);
        _h.Lookup(InodeId.Root, "g");
        _h.Commit();
        _h.Stat(file);
        Assert.Equal(0ul, _h.Last.ObservedSequence);
    }

    [Fact]
    public void Volume_time_grows_though_the_clock_steps_back()
    {
        var first = _h.AttributesOf(_h.MakeFile("a")).BornAt;
        _h.Commit();
        _h.Now = new Instant(5);
        var second = _h.AttributesOf(_h.MakeFile("b")).BornAt;
        _h.Commit();
        _h.Restart();
        var third = _h.AttributesOf(_h.MakeFile("c")).BornAt;
        Assert.True(first.Nanoseconds < second.Nanoseconds && second.Nanoseconds < third.Nanoseconds);
    }
}
