using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.Verify;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests.Random;

/// <summary>One run of chosen operations on the engine and on the model, compared after each.</summary>
internal sealed class RandomRun
{
    private const int UnitsPerBlock = (int)EngineHarness.BlockBytes / ModelVolume.UnitBytes;
    private const int UnitsMax = 12;
    private static readonly string[] NamePool = ["a", "b", "c", "dd", "e.txt"];

    private readonly EngineHarness _h = new(new EngineOptions { RemovalStep = 2 });
    private readonly SessionId[] _sessions;
    private readonly Dictionary<SessionId, ulong> _ids = [];
    private readonly HashSet<ulong> _packs = [];
    private ModelVolume _model = new();
    private ModelVolume _durable;
    private int _choice;

    public RandomRun()
    {
        _model.Inodes.Add(InodeId.Root, new ModelInode
        {
            Id = InodeId.Root,
            Type = FileType.Directory,
            Permissions = 0x1ED,
        });
        _sessions = [_h.Session, _h.BeginSession()];
        foreach (var session in _sessions) AllocateIds(session);
        _h.Commit();
        _durable = _model.Clone();
    }

    public EngineHarness Harness => _h;

    /// <summary>One operation; both numbers choose what.</summary>
    public void Step(int kind, int choice)
    {
        _choice = choice;
        _h.Now = new Instant(_h.Now.Nanoseconds + Pick(3_000_000) - 1_000_000);
        switch (kind)
        {
            case < 12: Create(); break;
            case < 14: CreateUnnamed(); break;
            case < 20: Compare(Mutate(Opcode.Link, LinkRequest(out var link)), link()); break;
            case < 30: Unlink(); break;
            case < 36: RemoveDirectory(); break;
            case < 50: Rename(); break;
            case < 64: Write(); break;
            case < 67: WriteInline(); break;
            case < 70: Truncate(); break;
            case < 72: Fallocate(); break;
            case < 74: CloneRange(); break;
            case < 76: ChangeOwner(); break;
            case < 80: ChangeXattr(); break;
            case < 86: Open(); break;
            case < 90: Close(); break;
            case < 91: ExpireSecondSession(); break;
            case < 95: Commit(); break;
            case < 97: _h.Evict(); break;
            case < 98: RollBack(); break;
            default: CompareAll(); break;
        }
    }

    /// <summary>Everything is as the model has it, before and after a restart, and the walk finds nothing wrong.</summary>
    public void End()
    {
        CompareAll();
        Commit();
        Assert.Equal([], VolumeVerifier.Verify(_h.Store.Pairs));
        _h.Restart();
        foreach (var (session, inode) in _model.Opens.Order(Comparer<(SessionId, InodeId)>.Default))
        {
            _h.Read<ReclaimRequest, EmptyReply>(
                Opcode.Reclaim, new ReclaimRequest { OpenInodes = [inode], IsLast = true }, session);
        }

        CompareAll();
        _h.Evict();
        foreach (var session in _sessions)
        {
            while (_h.Internal(InternalOpcode.ExpireSession, new ExpireSessionRequest { Session = session }).Reply.Value == 1)
            {
            }

            _model.EndSession(session);
        }

        SweepOrphans();
        Commit();
        Assert.Equal([], VolumeVerifier.Verify(_h.Store.Pairs));
        Assert.Equal(_model.Inodes.Count, _h.Store.Pairs.Count(pair => pair.Key[0] == (byte)Records.KeyFamily.Inode));
    }

    private void Create()
    {
        var parent = AnyInode();
        var name = AnyName();
        var type = (FileType[])[FileType.Regular, FileType.Regular, FileType.Directory, FileType.Symlink];
        var chosen = type[Pick(4)];
        var session = AnySession();
        var open = Pick(3) == 0;
        var request = new CreateRequest
        {
            Parent = parent,
            Name = EngineHarness.Name(name),
            Mode = FileMode.Of(chosen, (uint)Pick(0x1000)),
            UserId = (uint)Pick(3),
            GroupId = (uint)Pick(3),
            SymlinkTarget = chosen == FileType.Symlink ? EngineHarness.Name("to-" + name) : default,
            Open = open,
            OpenExisting = Pick(2) == 0,
        };
        var (errno, reply) = Mutate(Opcode.Create, request, session);
        var expected = _model.Directory(parent);
        if (expected == Errno.OK && _model[parent].Entries.TryGetValue(name, out var existing))
        {
            var opens = request.OpenExisting && _model[existing].Type == FileType.Regular;
            expected = opens ? Errno.OK : Errno.EEXIST;
            Compare((errno, reply), expected);
            if (!opens) return;
            Assert.Equal((existing, 0ul), (reply.Attributes!.Value.Inode, reply.Value));
            if (open) _model.Opens.Add((session, existing));
            return;
        }

        Compare((errno, reply), expected);
        if (errno != Errno.OK) return;
        var setGid = (_model[parent].Permissions & FileMode.SetGid) != 0;
        var inode = new ModelInode
        {
            Id = reply.Attributes!.Value.Inode,
            Type = chosen,
            Permissions = (request.Mode & FileMode.PermissionMask)
                | (setGid && chosen == FileType.Directory ? FileMode.SetGid : 0),
            UserId = request.UserId,
            GroupId = setGid ? _model[parent].GroupId : request.GroupId,
            Target = Encoding.UTF8.GetString(request.SymlinkTarget.Span),
            Size = request.SymlinkTarget.Length,
        };
        Assert.False(_model.Inodes.ContainsKey(inode.Id));
        _model.Inodes.Add(inode.Id, inode);
        _model.AddName(parent, name, inode);
        if (open) _model.Opens.Add((session, inode.Id));
        CompareInode(inode.Id);
    }

    private void CreateUnnamed()
    {
        var (directory, session) = (AnyInode(), AnySession());
        var request = new CreateUnnamedRequest
        {
            Directory = directory,
            Mode = (uint)Pick(0x1000),
            UserId = (uint)Pick(3),
            GroupId = (uint)Pick(3),
        };
        var (errno, reply) = Mutate(Opcode.CreateUnnamed, request, session);
        Compare((errno, reply), _model.Directory(directory));
        if (errno != Errno.OK) return;
        var setGid = (_model[directory].Permissions & FileMode.SetGid) != 0;
        var inode = new ModelInode
        {
            Id = reply.Attributes!.Value.Inode,
            Type = FileType.Regular,
            Permissions = request.Mode,
            UserId = request.UserId,
            GroupId = setGid ? _model[directory].GroupId : request.GroupId,
            IsLinkable = true,
        };
        _model.Inodes.Add(inode.Id, inode);
        _model.Opens.Add((session, inode.Id));
        CompareInode(inode.Id);
    }

    private void LearnWhiteout(InodeId parent, string name)
    {
        var found = _h.Lookup(parent, name).Attributes;
        Assert.False(_model.Inodes.ContainsKey(found.Inode));
        var setGid = (_model[parent].Permissions & FileMode.SetGid) != 0;
        var inode = new ModelInode
        {
            Id = found.Inode,
            Type = FileType.CharacterDevice,
            UserId = 2,
            GroupId = setGid ? _model[parent].GroupId : 1,
        };
        _model.Inodes.Add(inode.Id, inode);
        _model.AddName(parent, name, inode);
        CompareInode(inode.Id);
    }

    private LinkRequest LinkRequest(out Func<Errno> model)
    {
        var (inode, parent, name) = (AnyInode(), AnyInode(), AnyName());
        model = () => _model.Link(inode, parent, name);
        return new LinkRequest { Inode = inode, NewParent = parent, NewName = EngineHarness.Name(name) };
    }

    private void Unlink()
    {
        var (parent, name) = (AnyInode(), AnyName());
        var request = new UnlinkRequest { Parent = parent, Name = EngineHarness.Name(name) };
        Compare(Mutate(Opcode.Unlink, request), _model.Unlink(parent, name));
        SweepOrphans();
    }

    private void RemoveDirectory()
    {
        var (parent, name) = (AnyInode(), AnyName());
        var request = new RemoveDirectoryRequest { Parent = parent, Name = EngineHarness.Name(name) };
        Compare(Mutate(Opcode.RemoveDirectory, request), _model.RemoveDirectory(parent, name));
    }

    private void Rename()
    {
        var (oldParent, oldName, newParent, newName) = (AnyInode(), AnyName(), AnyInode(), AnyName());
        RenameFlags[] kinds =
        [
            RenameFlags.None, RenameFlags.NoReplace, RenameFlags.Exchange, RenameFlags.Whiteout, RenameFlags.Whiteout | RenameFlags.NoReplace,
        ];
        var flags = kinds[Pick(kinds.Length)];
        var request = new RenameRequest
        {
            OldParent = oldParent,
            OldName = EngineHarness.Name(oldName),
            NewParent = newParent,
            NewName = EngineHarness.Name(newName),
            Flags = flags,
            UserId = 2,
            GroupId = 1,
        };
        var expected = _model.Rename(oldParent, oldName, newParent, newName, flags);
        Compare(Mutate(Opcode.Rename, request), expected);
        var isMoved = expected == Errno.OK && !_model[oldParent].Entries.ContainsKey(oldName);
        if (isMoved && (flags & RenameFlags.Whiteout) != 0) LearnWhiteout(oldParent, oldName);
        SweepOrphans();
    }

    private void Write()
    {
        var inode = AnyInode();
        var session = AnySession();
        var first = Pick(UnitsMax);
        var count = 1 + Pick(UnitsMax - first);
        var isHole = Pick(5) == 0;
        var id = isHole ? ObjectId.None : NextId(session);
        var pieces = Pieces(first, count, id);
        if (!isHole && pieces.Length > 1) _packs.Add(id.Value);
        var version = Version(inode);
        var request = new CommitWriteRequest
        {
            Inode = inode,
            Blocks = pieces,
            Objects = isHole ? [] : [new ObjectDescriptor
            {
                Object = id,
                PlainBytes = (uint)(count * ModelVolume.UnitBytes),
                StoredBytes = 7,
                FrameIndex = new byte[] { 1, 2, 3 },
            }],
            ExpectedDataVersion = version,
            SizeAtLeastBytes = isHole ? 0 : (first + count) * (long)ModelVolume.UnitBytes,
            ModifiedAt = _h.Now,
        };
        var expected = TypeCheck(inode);
        Compare(Mutate(Opcode.CommitWrite, request, session), expected);
        if (expected != Errno.OK) return;
        var file = _model[inode];
        file.Inline = null;
        while (file.Units.Count < first + count) file.Units.Add(0);
        for (var i = 0; i < count; i++) file.Units[first + i] = isHole ? 0 : Tag(id, i);
        file.Size = Math.Max(file.Size, request.SizeAtLeastBytes);
        CompareInode(inode);
    }

    private void WriteInline()
    {
        var inode = AnyInode();
        var version = Version(inode) + (Pick(6) == 0 ? 1u : 0);
        var data = new byte[Pick(5)];
        Array.Fill(data, (byte)(1 + Pick(255)));
        var request = new CommitWriteRequest
        {
            Inode = inode,
            IsInline = true,
            InlineData = data,
            ExpectedDataVersion = version,
            SizeAtLeastBytes = Pick(3),
        };
        var expected = TypeCheck(inode);
        if (expected == Errno.OK && version != Version(inode)) expected = Errno.EAGAIN;
        if (expected == Errno.OK && _model[inode].Units.Any(unit => unit != 0)) expected = Errno.EINVAL;
        Compare(Mutate(Opcode.CommitWrite, request), expected);
        if (expected != Errno.OK) return;
        var file = _model[inode];
        file.Units.Clear();
        file.Inline = data.Length == 0 ? null : data;
        file.Size = Math.Max(data.Length, request.SizeAtLeastBytes);
        CompareInode(inode);
    }

    private void Truncate()
    {
        var inode = AnyInode();
        var isSmall = Pick(3) == 0;
        var size = isSmall ? Pick(5) : Pick(UnitsMax + 1) * (long)ModelVolume.UnitBytes;
        if (isSmall && _model[inode].Inline is null) size = 0;
        var request = new SetAttributesRequest
        {
            Inode = inode,
            Change = new AttributeChange { Mask = AttributeMask.Size, SizeBytes = size },
        };
        var expected = TypeCheck(inode);
        Compare(Mutate(Opcode.SetAttributes, request), expected);
        if (expected != Errno.OK) return;
        var file = _model[inode];
        var units = (int)(size / ModelVolume.UnitBytes);
        if (file.Units.Count > units) file.Units.RemoveRange(units, file.Units.Count - units);
        if (file.Inline is { } data && data.Length > size) file.Inline = size == 0 ? null : data[..(int)size];
        file.Size = size;
        CompareInode(inode);
    }

    private void Fallocate()
    {
        var inode = AnyInode();
        var first = Pick(UnitsMax);
        var count = 1 + Pick(UnitsMax - first);
        var request = new FallocateRequest
        {
            Inode = inode,
            OffsetBytes = first * (long)ModelVolume.UnitBytes,
            LengthBytes = count * (long)ModelVolume.UnitBytes,
            IsZeroed = Pick(3) != 0,
            KeepsSize = Pick(2) == 0,
        };
        var expected = TypeCheck(inode);
        Compare(Mutate(Opcode.Fallocate, request), expected);
        if (expected != Errno.OK) return;
        var file = _model[inode];
        if (request.IsZeroed)
        {
            for (var i = first; i < Math.Min(first + count, file.Units.Count); i++) file.Units[i] = 0;
            if (first == 0) file.Inline = null;
        }

        if (!request.KeepsSize) file.Size = Math.Max(file.Size, request.OffsetBytes + request.LengthBytes);
        CompareInode(inode);
    }

    private void CloneRange()
    {
        var (source, target) = (AnyInode(), AnyInode());
        var from = Pick(UnitsMax);
        var count = 1 + Pick(UnitsMax - from);
        var to = Pick(UnitsMax - count + 1);
        var length = Math.Min(count * (long)ModelVolume.UnitBytes, _model[source].Size - (from * (long)ModelVolume.UnitBytes));
        if (length % ModelVolume.UnitBytes != 0) return;
        var request = new CloneRangeRequest
        {
            Source = source,
            SourceOffsetBytes = from * (long)ModelVolume.UnitBytes,
            Target = target,
            TargetOffsetBytes = to * (long)ModelVolume.UnitBytes,
            LengthBytes = count * (long)ModelVolume.UnitBytes,
        };
        var expected = TypeCheck(source) is not Errno.OK and var wrong ? wrong : TypeCheck(target);
        if (expected == Errno.OK && source == target && Math.Abs(from - to) < count) expected = Errno.EINVAL;
        var (errno, reply) = Mutate(Opcode.CloneRange, request);
        Compare((errno, reply), expected);
        if (expected != Errno.OK) return;
        var done = _model[source].Inline is null && _model[target].Inline is null
            ? CloneUnits(_model[source], from, _model[target], to, (int)(length / ModelVolume.UnitBytes))
            : 0;
        Assert.Equal((ulong)(done * ModelVolume.UnitBytes), reply.Value);
        if (done > 0) _model[target].Size = Math.Max(_model[target].Size, (to + done) * (long)ModelVolume.UnitBytes);
        CompareInode(target);
    }

    // Block by block of the target, up to the first with something of a pack.
    private int CloneUnits(ModelInode source, int from, ModelInode target, int to, int count)
    {
        var done = 0;
        while (done < count)
        {
            var part = Math.Min(count - done, UnitsPerBlock - ((to + done) % UnitsPerBlock));
            var units = Enumerable.Range(from + done, part).Select(i => i < source.Units.Count ? source.Units[i] : 0).ToList();
            if (units.Any(unit => _packs.Contains(unit >> 8))) break;
            while (target.Units.Count < to + done + part) target.Units.Add(0);
            for (var i = 0; i < part; i++) target.Units[to + done + i] = units[i];
            done += part;
        }

        return done;
    }

    private void ChangeOwner()
    {
        var inode = AnyInode();
        var change = new AttributeChange
        {
            Mask = (AttributeMask)Pick(8),
            UserId = (uint)Pick(3),
            GroupId = (uint)Pick(3),
            Mode = (uint)Pick(0x1000),
        };
        Compare(
            Mutate(Opcode.SetAttributes, new SetAttributesRequest { Inode = inode, Change = change }), Errno.OK);
        var node = _model[inode];
        if ((change.Mask & AttributeMask.UserId) != 0) node.UserId = change.UserId;
        if ((change.Mask & AttributeMask.GroupId) != 0) node.GroupId = change.GroupId;
        if ((change.Mask & AttributeMask.Mode) != 0) node.Permissions = change.Mode;
        CompareInode(inode);
    }

    private void ChangeXattr()
    {
        var inode = AnyInode();
        var name = "user." + AnyName();
        var node = _model[inode];
        if (Pick(3) == 0)
        {
            var removal = new RemoveXattrRequest { Inode = inode, Name = EngineHarness.Name(name) };
            Compare(Mutate(Opcode.RemoveXattr, removal), node.Xattrs.Remove(name) ? Errno.OK : Errno.ENODATA);
            return;
        }

        var how = (XattrMode)Pick(3);
        var value = _choice.ToString(CultureInfo.InvariantCulture);
        var request = new SetXattrRequest
        {
            Inode = inode,
            Name = EngineHarness.Name(name),
            Value = EngineHarness.Name(value),
            How = how,
        };
        var exists = node.Xattrs.ContainsKey(name);
        var expected = exists && how == XattrMode.Create ? Errno.EEXIST
            : !exists && how == XattrMode.Replace ? Errno.ENODATA : Errno.OK;
        Compare(Mutate(Opcode.SetXattr, request), expected);
        if (expected == Errno.OK) node.Xattrs[name] = value;
    }

    private void Open()
    {
        var (inode, session) = (AnyInode(), AnySession());

        // Without a name only for who has it open.
        var may = inode == InodeId.Root || _model[inode].Names > 0 || _model.Opens.Contains((session, inode));
        Assert.Equal(may ? Errno.OK : Errno.ESTALE, _h.Open(inode, session).Errno);
        if (!may) return;
        _model.Opens.Add((session, inode));

        // An answer that observed only what is durable has left: no rollback takes it back.
        if (_h.Last.ObservedSequence == 0) _durable.Opens.Add((session, inode));
    }

    private void Close()
    {
        var (inode, session) = (AnyInode(), AnySession());
        Compare(Mutate(Opcode.Close, new CloseRequest { Inodes = [inode, inode] }, session), Errno.OK);
        _model.Close(session, inode);
        SweepOrphans();
    }

    private void ExpireSecondSession()
    {
        ulong more;
        do
        {
            var request = new ExpireSessionRequest { Session = _sessions[1] };
            var (errno, reply) = _h.Internal(InternalOpcode.ExpireSession, request);
            Assert.Equal(Errno.OK, errno);
            more = reply.Value;
        }
        while (more == 1);
        _model.EndSession(_sessions[1]);
        Assert.Equal(Errno.ESTALE, _h.Open(InodeId.Root, _sessions[1]).Errno);
        SweepOrphans();
        _sessions[1] = _h.BeginSession();
        AllocateIds(_sessions[1]);
        Commit();
    }

    private void Commit()
    {
        _h.Commit();
        _durable = _model.Clone();
    }

    private void RollBack()
    {
        // The batch may have been taken already when its commit fails.
        if (Pick(2) == 0) _h.Engine.TakeBatch();
        _h.Engine.RollBack(_h.Store.Position);
        _h.ForgetNumbers();
        _model = _durable.Clone();
        SweepOrphans();
        CompareAll();
    }

    private void SweepOrphans()
    {
        ulong after = 0;
        var rounds = 0;
        while (_h.Engine.Totals.OrphansLeft > 0 || rounds == 0)
        {
            Assert.True(rounds++ < 100);
            var (errno, reply) = _h.Query<ListRequest, RemoveOrphansReply>(
                InternalOpcode.RemoveOrphans, new ListRequest { After = after, Limit = 5 });
            Assert.Equal(Errno.OK, errno);
            after = reply.IsEnd ? 0 : reply.Next;
        }
    }

    private void CompareAll()
    {
        foreach (var (id, inode) in _model.Inodes)
        {
            CompareInode(id);
            if (inode.Type == FileType.Directory) CompareListing(inode);
            var names = _h.Read<ListXattrRequest, BytesReply>(Opcode.ListXattr, new ListXattrRequest { Inode = id });
            Assert.Equal(string.Concat(inode.Xattrs.Keys.Select(name => name + "\0")), Text(names.Reply.Bytes));
            foreach (var (name, value) in inode.Xattrs)
            {
                var got = _h.Read<GetXattrRequest, BytesReply>(
                    Opcode.GetXattr, new GetXattrRequest { Inode = id, Name = EngineHarness.Name(name) });
                Assert.Equal(value, Text(got.Reply.Bytes));
            }
        }
    }

    private void CompareListing(ModelInode directory)
    {
        var listed = new SortedDictionary<string, InodeId>(StringComparer.Ordinal);
        ulong cookie = 0;
        while (true)
        {
            var (errno, reply) = _h.Read<ReadDirectoryRequest, ReadDirectoryReply>(
                Opcode.ReadDirectory,
                new ReadDirectoryRequest { Inode = directory.Id, AfterCookie = cookie, EntriesMax = 2, WithAttributes = true });
            Assert.Equal(Errno.OK, errno);
            foreach (var entry in reply.Entries)
            {
                Assert.True(entry.Cookie > cookie);
                cookie = entry.Cookie;
                listed.Add(Text(entry.Name), entry.Inode);
                Assert.Equal(entry.Inode, entry.Attributes!.Value.Inode);
                Assert.Equal(entry.Type, entry.Attributes.Value.Type);
            }

            if (reply.IsEnd) break;
            Assert.NotEmpty(reply.Entries);
        }

        Assert.Equal(directory.Entries, listed);
        foreach (var (name, child) in directory.Entries)
        {
            Assert.Equal(child, _h.Lookup(directory.Id, name).Attributes.Inode);
        }
    }

    private void CompareInode(InodeId id)
    {
        var expected = _model[id];
        var found = _h.AttributesOf(id);
        Assert.Equal(FileMode.Of(expected.Type, expected.Permissions), found.Mode);
        Assert.Equal((expected.UserId, expected.GroupId), (found.UserId, found.GroupId));
        var isNamed = expected.Names > 0 || id == InodeId.Root;
        var names = expected.Type != FileType.Directory ? expected.Names
            : isNamed ? 2 + expected.Entries.Values.Count(child => _model[child].Type == FileType.Directory) : 0;
        Assert.Equal((uint)names, found.LinkCount);
        if (expected.Type == FileType.Directory) return;
        Assert.Equal(expected.Size, found.SizeBytes);
        if (expected.Type == FileType.CharacterDevice) return;
        if (expected.Type == FileType.Symlink)
        {
            var target = _h.Read<ReadSymlinkRequest, BytesReply>(Opcode.ReadSymlink, new ReadSymlinkRequest { Inode = id });
            Assert.Equal(expected.Target, Text(target.Reply.Bytes));
            return;
        }

        var (errno, reply) = _h.Read<GetExtentsRequest, ExtentsReply>(
            Opcode.GetExtents, new GetExtentsRequest { Inode = id, BlockCount = (uint)(Pick(2) == 0 ? 4 : 1024) });
        Assert.Equal(Errno.OK, errno);
        Assert.Equal(expected.Inline ?? [], reply.InlineData.ToArray());
        var units = new ulong[UnitsMax];
        foreach (var block in reply.Blocks)
        {
            foreach (var extent in block.Extents)
            {
                Assert.Contains(reply.Objects, o => o.Object == extent.Object && o.FrameIndex.Span.SequenceEqual(new byte[] { 1, 2, 3 }));
                for (var i = 0; i < extent.LengthBytes / ModelVolume.UnitBytes; i++)
                {
                    var unit = ((int)block.Index * UnitsPerBlock) + (int)(extent.BlockOffset / ModelVolume.UnitBytes) + i;
                    units[unit] = Tag(extent.Object, (int)(extent.ObjectOffset / ModelVolume.UnitBytes) + i);
                }
            }
        }

        var model = new ulong[UnitsMax];
        expected.Units.CopyTo(model);
        Assert.Equal(model, units);
    }

    // Executes, repeats every third request, and expects the same answer.
    private (Errno Errno, MutationReply Reply) Mutate<T>(Opcode opcode, in T request, SessionId session = default)
        where T : struct, Wire.IWireRecord<T>
    {
        var first = _h.Mutate(opcode, request, session);
        if (Pick(3) != 0) return first;
        if (Pick(2) == 0) _h.Evict();
        var second = _h.Repeat(opcode, request, session);
        Assert.Equal(first.Errno, second.Errno);
        Assert.Equal(first.Reply.Value, second.Reply.Value);
        Assert.Equal(first.Reply.Attributes, second.Reply.Attributes);
        return first;
    }

    private static void Compare((Errno Errno, MutationReply Reply) engine, Errno model) => Assert.Equal(model, engine.Errno);

    private static ImmutableArray<BlockExtents> Pieces(int first, int count, ObjectId id)
    {
        var blocks = ImmutableArray.CreateBuilder<BlockExtents>();
        for (var unit = first; unit < first + count;)
        {
            var index = unit / UnitsPerBlock;
            var end = Math.Min((index + 1) * UnitsPerBlock, first + count);
            blocks.Add(new BlockExtents
            {
                Index = (ulong)index,
                Extents = [new Extent
                {
                    Object = id,
                    ObjectOffset = (uint)((unit - first) * ModelVolume.UnitBytes),
                    BlockOffset = (uint)(unit % UnitsPerBlock * ModelVolume.UnitBytes),
                    LengthBytes = (uint)((end - unit) * ModelVolume.UnitBytes),
                }],
            });
            unit = end;
        }

        return blocks.DrainToImmutable();
    }

    private Errno TypeCheck(InodeId inode) => _model[inode].Type switch
    {
        FileType.Regular => Errno.OK,
        FileType.Directory => Errno.EISDIR,
        _ => Errno.EINVAL,
    };

    private ulong Version(InodeId inode) => _h.AttributesOf(inode).DataVersion;

    private void AllocateIds(SessionId session) =>
        _ids[session] = _h.Mutate(Opcode.AllocateIds, default(AllocateIdsRequest), session).Reply.Value;

    private ObjectId NextId(SessionId session) => new(_ids[session]++);

    private InodeId AnyInode() => _model.Inodes.Keys.ElementAt(Pick(_model.Inodes.Count));

    private string AnyName() => NamePool[Pick(NamePool.Length)];

    private SessionId AnySession() => _sessions[Pick(2)];

    // A number below the bound; the choice is a small generator, so that one number decides a whole operation.
    private int Pick(int bound)
    {
        _choice = (int)(((_choice * 1103515245L) + 12345) & 0x7FFF_FFFF);
        return (int)((_choice >> 8) % bound);
    }

    private static ulong Tag(ObjectId id, int unit) => (id.Value << 8) | (uint)unit;

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
