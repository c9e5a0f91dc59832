using System.Buffers;
using System.Text;
using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.Storage;
using FlexFs.Metadata.Verify;
using FlexFs.Protocol.Metadata;
using FlexFs.Wire;

namespace FlexFs.Metadata.Tests;

/// <summary>An engine over a plain store, with the service's part (fetch, commit) done at once and by hand.</summary>
internal sealed class EngineHarness
{
    private readonly Dictionary<SessionId, ulong> _numbers = [];

    public EngineHarness(EngineOptions? options = null)
    {
        Options = options ?? new EngineOptions();
        Engine = new VolumeEngine(Store.Position, Options);
        Now = new Instant(1_000_000_000_000);
        Assert.Equal(Errno.OK, Internal(InternalOpcode.CreateVolume, new CreateVolumeRequest
        {
            Volume = Volume,
            BlockSizeLog2 = BlockSizeLog2,
            RootMode = 0x1ED,
        }).Errno);
        Session = BeginSession();
    }

    public const byte BlockSizeLog2 = 18;
    public const uint BlockBytes = 1 << BlockSizeLog2;
    public static readonly VolumeId Volume = new(new Guid("6f9619ff-8b86-d011-b42d-00cf4fc964ff"));

    public EngineOptions Options { get; }

    public PlainStore Store { get; } = new();

    public VolumeEngine Engine { get; private set; }

    public SessionId Session { get; }

    public Instant Now { get; set; }

    /// <summary>The last execution of a request that was done.</summary>
    public Execution Last { get; private set; }

    /// <summary>Every batch that was taken.</summary>
    public List<StoreBatch> Batches { get; } = [];

    public SessionId BeginSession(bool isReadOnly = false) => new(Internal(
        InternalOpcode.BeginSession,
        new BeginSessionRequest { Key = 77, ClientName = "test", IsReadOnly = isReadOnly }).Reply.Value);

    public (Errno Errno, MutationReply Reply) Internal<T>(Opcode opcode, in T request)
        where T : struct, IWireRecord<T> => Run<T, MutationReply>(default, opcode, request, 0);

    public (Errno Errno, TReply Reply) Query<TRequest, TReply>(Opcode opcode, in TRequest request)
        where TRequest : struct, IWireRecord<TRequest>
        where TReply : struct, IWireRecord<TReply> => Run<TRequest, TReply>(default, opcode, request, 0);

    public (Errno Errno, TReply Reply) Read<TRequest, TReply>(
        Opcode opcode, in TRequest request, SessionId session = default)
        where TRequest : struct, IWireRecord<TRequest>
        where TReply : struct, IWireRecord<TReply> =>
        Run<TRequest, TReply>(session == default ? Session : session, opcode, request, 0);

    public (Errno Errno, MutationReply Reply) Mutate<T>(Opcode opcode, in T request, SessionId session = default)
        where T : struct, IWireRecord<T>
    {
        if (session == default) session = Session;
        var number = _numbers[session] = _numbers.GetValueOrDefault(session) + 1;
        return Run<T, MutationReply>(session, opcode, request, number);
    }

    /// <summary>The same request with the same number once more.</summary>
    public (Errno Errno, MutationReply Reply) Repeat<T>(Opcode opcode, in T request, SessionId session = default)
        where T : struct, IWireRecord<T>
    {
        if (session == default) session = Session;
        return Run<T, MutationReply>(session, opcode, request, _numbers[session]);
    }

    public (Errno Errno, TReply Reply) Run<TRequest, TReply>(
        SessionId session, Opcode opcode, in TRequest request, ulong number, ulong incarnation = 1)
        where TRequest : struct, IWireRecord<TRequest>
        where TReply : struct, IWireRecord<TReply>
    {
        var reply = new ArrayBufferWriter<byte>();
        var payload = WireCodec.ToBytes(request);
        Last = Execute(new EngineRequest(opcode, session, incarnation, 0, number, payload), reply);

        // The service reuses its buffers: what the engine kept of the payload must be a copy.
        payload.AsSpan().Fill(0xEE);
        Assert.Equal(Last.ReplyBytes, reply.WrittenCount);
        if (Last.Errno != Errno.OK)
        {
            Assert.Equal(0, reply.WrittenCount);
            return (Last.Errno, default);
        }

        Assert.True(WireCodec.TryRead<TReply>(reply.WrittenMemory, out var decoded, out var error), error.ToString());
        return (Errno.OK, decoded);
    }

    /// <summary>Executes with as many rounds of fetching as it takes.</summary>
    public Execution Execute(in EngineRequest request, IBufferWriter<byte> reply)
    {
        for (var round = 0; ; round++)
        {
            Assert.True(round < 10_000, $"{request.Opcode} does not come to an end");
            var execution = Engine.Execute(request, Now, reply);
            if (execution.State == ExecutionState.Done) return execution;
            var ticket = Engine.BeginFetch();
            if (execution.State == ExecutionState.NeedsKeys)
            {
                StoreKey[] keys = [.. execution.MissingKeys];
                Assert.NotEmpty(keys);
                Engine.Supply(keys, Store.Get(keys), Store.Position.Sequence);
            }
            else
            {
                Engine.Supply(
                    execution.MissingRange, Store.Scan(execution.MissingRange, execution.MissingRangeLimit));
            }

            Engine.EndFetch(ticket);
        }
    }

    /// <summary>A walk over all that is durable finds nothing wrong.</summary>
    public void AssertSound()
    {
        Commit();
        Assert.Equal([], VolumeVerifier.Verify(Store.Pairs));
    }

    /// <summary>Takes a batch and makes it durable.</summary>
    public void Commit()
    {
        if (Engine.TakeBatch() is not { } batch) return;
        Batches.Add(batch);
        Store.Commit(batch);
        Engine.Committed(batch.Sequence);
    }

    /// <summary>After a rollback: what was not durable was not executed, so its numbers come again.</summary>
    public void ForgetNumbers()
    {
        _numbers.Clear();
        foreach (var pair in Store.Pairs.Where(pair => pair.Key[0] == (byte)KeyFamily.Reply))
        {
            _numbers[new SessionId(Keys.NumberAt(pair.Key, 1))] = WireCodec.Read<ReplyRecord>(pair.Value).Number;
        }
    }

    /// <summary>The server restarts: only what is durable is left.</summary>
    public void Restart() => Engine = new VolumeEngine(Store.Position, Options);

    /// <summary>Drops from memory what may be dropped.</summary>
    public void Evict()
    {
        Engine.Age();
        Engine.Age();
    }

    // Short forms.

    public static byte[] Name(string name) => Encoding.UTF8.GetBytes(name);

    public (Errno Errno, MutationReply Reply) Create(
        InodeId parent, string name, FileType type = FileType.Regular, uint permissions = 0x1A4,
        uint userId = 1000, uint groupId = 1000, string target = "", bool open = false, SessionId session = default) =>
        Mutate(Opcode.Create, new CreateRequest
        {
            Parent = parent,
            Name = Name(name),
            Mode = FileMode.Of(type, permissions),
            UserId = userId,
            GroupId = groupId,
            SymlinkTarget = Name(target),
            Open = open,
        }, session);

    public InodeId MakeFile(string name, InodeId parent = default, bool open = false) =>
        Made(Create(parent == default ? InodeId.Root : parent, name, open: open));

    public InodeId MakeDirectory(string name, InodeId parent = default) =>
        Made(Create(parent == default ? InodeId.Root : parent, name, FileType.Directory, 0x1ED));

    public (Errno Errno, Attributes Attributes) Lookup(InodeId parent, string name)
    {
        var (errno, reply) = Read<LookupRequest, EntryReply>(
            Opcode.Lookup, new LookupRequest { Parent = parent, Name = Name(name) });
        return (errno, reply.Attributes);
    }

    public (Errno Errno, Attributes Attributes) Stat(InodeId inode)
    {
        var (errno, reply) = Read<GetAttributesRequest, AttributesReply>(
            Opcode.GetAttributes, new GetAttributesRequest { Inode = inode });
        return (errno, reply.Attributes);
    }

    public Attributes AttributesOf(InodeId inode)
    {
        var (errno, attributes) = Stat(inode);
        Assert.Equal(Errno.OK, errno);
        return attributes;
    }

    public (Errno Errno, MutationReply Reply) Unlink(InodeId parent, string name) =>
        Mutate(Opcode.Unlink, new UnlinkRequest { Parent = parent, Name = Name(name) });

    public (Errno Errno, MutationReply Reply) RemoveDirectory(InodeId parent, string name) =>
        Mutate(Opcode.RemoveDirectory, new RemoveDirectoryRequest { Parent = parent, Name = Name(name) });

    public (Errno Errno, MutationReply Reply) Link(InodeId inode, InodeId parent, string name) =>
        Mutate(Opcode.Link, new LinkRequest { Inode = inode, NewParent = parent, NewName = Name(name) });

    public (Errno Errno, MutationReply Reply) Rename(
        InodeId oldParent, string oldName, InodeId newParent, string newName, RenameFlags flags = RenameFlags.None) =>
        Mutate(Opcode.Rename, new RenameRequest
        {
            OldParent = oldParent,
            OldName = Name(oldName),
            NewParent = newParent,
            NewName = Name(newName),
            Flags = flags,
        });

    public (Errno Errno, MutationReply Reply) Set(InodeId inode, AttributeChange change) =>
        Mutate(Opcode.SetAttributes, new SetAttributesRequest { Inode = inode, Change = change });

    public (Errno Errno, MutationReply Reply) Truncate(InodeId inode, long size) =>
        Set(inode, new AttributeChange { Mask = AttributeMask.Size, SizeBytes = size });

    public (Errno Errno, OpenReply Reply) Open(InodeId inode, SessionId session = default) =>
        Read<OpenRequest, OpenReply>(
            Opcode.Open, new OpenRequest { Inode = inode, WithInlineData = true }, session);

    public (Errno Errno, MutationReply Reply) Close(InodeId inode, SessionId session = default) =>
        Mutate(Opcode.Close, new CloseRequest { Inodes = [inode] }, session);

    public UsageRecord UsageOf(byte[] key)
    {
        Commit();
        return Store.Get(key) is { } bytes ? WireCodec.Read<UsageRecord>(bytes) : default;
    }

    public static InodeId Made((Errno Errno, MutationReply Reply) made)
    {
        Assert.Equal(Errno.OK, made.Errno);
        return made.Reply.Attributes!.Value.Inode;
    }
}
