using System.Text;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Protocol.Sessions;
using FlexFs.Rpc;
using FlexFs.Wire;

namespace FlexFs.MetadataService.Tests.Peers;

/// <summary>A mount's side of a session, without a mount: resumes, and reclaims what it has open.</summary>
public sealed class TestClient : IRpcClientSession, IRpcPushHandler, IAsyncDisposable
{
    private readonly RpcClient _rpc;
    private SessionHello _hello;
    private volatile int _losses;

    private TestClient(IRpcConnector connector, SessionHello hello, RpcClientOptions? options)
    {
        _hello = hello;
        _rpc = new RpcClient(
            connector, this, this, options ?? Quick, TimeProvider.System, new Random(1));
    }

    public static RpcClientOptions Quick { get; } = new()
    {
        HeartbeatInterval = TimeSpan.FromHours(20),
        BackoffMin = TimeSpan.FromMilliseconds(1),
        BackoffMax = TimeSpan.FromMilliseconds(20),
    };

    public RpcClient Rpc => _rpc;

    public SessionWelcome Welcome { get; private set; }

    public int Losses => _losses;

    public List<RpcFailure> Failures { get; } = [];

    /// <summary>What a restarted server is told.</summary>
    public List<InodeId> Open { get; } = [];

    /// <summary>What a restarted server is told to be locked.</summary>
    public List<FileLock> Locked { get; } = [];

    /// <summary>What it said that it could not give back.</summary>
    public List<FileLock> Lost { get; } = [];

    /// <summary>Whether it tells it by itself.</summary>
    public bool Reclaims { get; set; } = true;

    /// <summary>Whether a refusal is tried again.</summary>
    public bool Insists { get; set; } = true;

    public static TestClient Make(
        IRpcConnector connector, string token = TestService.Token, string volume = TestService.VolumeName,
        bool isReadOnly = false, RpcClientOptions? options = null, bool usesLeases = false, string name = "test client") =>
        new(connector, new SessionHello
        {
            Volume = volume,
            Token = token,
            ClientName = name,
            ClientVersion = "1",
            IsReadOnly = isReadOnly,
            Features = usesLeases ? SessionFeatures.Leases : SessionFeatures.None,
        }, options);

    public static async Task<TestClient> ConnectAsync(
        IRpcConnector connector, RpcClientOptions? options = null, bool usesLeases = false)
    {
        var client = Make(connector, options: options, usesLeases: usesLeases);
        await client.Rpc.ConnectAsync().SoonAsync();
        return client;
    }

    public ReadOnlyMemory<byte> MakeHello()
    {
        if (_hello.Session != SessionId.None) _hello = _hello with { Incarnation = _hello.Incarnation + 1 };
        return WireCodec.ToBytes(_hello);
    }

    public void OnWelcome(in RpcWelcome welcome)
    {
        var body = WireCodec.Read<SessionWelcome>(welcome.Body.ToArray());
        if (body.Session != _hello.Session) _hello = _hello with { Incarnation = 1 };
        _hello = _hello with { Session = body.Session, SessionKey = body.SessionKey };
        Welcome = body;
        if (body.MustReclaim && Reclaims) _ = ReclaimAsync();
    }

    public RpcSessionLoss OnSessionLost()
    {
        _losses++;
        return RpcSessionLoss.Continue;
    }

    public bool OnFailure(in RpcFailure failure)
    {
        lock (Failures) Failures.Add(failure);
        return Insists;
    }

    public void OnDisconnected(RpcEnd end)
    {
    }

    /// <summary>Is told what the server says unasked.</summary>
    public Action<FrameHeader, ReadOnlyMemory<byte>>? Pushed { get; set; }

    /// <summary>Leases that it tells after a restart of the server.</summary>
    public List<HeldLease> Held { get; } = [];

    public void OnPush(in FrameHeader header, ReadOnlyMemory<byte> payload) => Pushed?.Invoke(header, payload);

    public async Task<Result<EmptyReply>> ReclaimAsync()
    {
        if (Locked.Count > 0)
        {
            var claimed = await ReclaimLocksAsync([.. Locked]);
            if (claimed.IsOk) Lost.AddRange(claimed.Value.Lost.Select(i => Locked[(int)i]));
        }

        return await CallAsync<ReclaimRequest, EmptyReply>(
            Opcode.Reclaim, new ReclaimRequest { OpenInodes = [.. Open], Leases = [.. Held], IsLast = true }, RpcLane.First);
    }

    public Task<Result<ReclaimLocksReply>> ReclaimLocksAsync(params FileLock[] locks) =>
        CallAsync<ReclaimLocksRequest, ReclaimLocksReply>(
            Opcode.ReclaimLocks, new ReclaimLocksRequest { Locks = [.. locks] }, RpcLane.First);

    public Task<Result<EmptyReply>> LockAsync(FileLock wish, ulong ticket = 0) => CallAsync<LockRequest, EmptyReply>(
        Opcode.Lock, new LockRequest { Lock = wish, Waits = ticket != 0, Ticket = ticket });

    public Task<Result<EmptyReply>> UnlockAsync(FileLock what) =>
        CallAsync<UnlockRequest, EmptyReply>(Opcode.Unlock, new UnlockRequest { Lock = what }, RpcLane.Release);

    public Task<Result<TestLockReply>> TestLockAsync(FileLock wish) =>
        CallAsync<TestLockRequest, TestLockReply>(Opcode.TestLock, new TestLockRequest { Lock = wish });

    public Task<Result<EmptyReply>> CancelLockAsync(ulong ticket) => CallAsync<CancelLockRequest, EmptyReply>(
        Opcode.CancelLock, new CancelLockRequest { Ticket = ticket }, RpcLane.Release);

    public Task<Result<MutationReply>> CreateAsync(
        string name, bool open = false, bool directory = false, InodeId? parent = null) =>
        CallAsync<CreateRequest, MutationReply>(Opcode.Create, new CreateRequest
        {
            Parent = parent ?? InodeId.Root,
            Name = Encoding.UTF8.GetBytes(name),
            Mode = Core.FileMode.Of(directory ? FileType.Directory : FileType.Regular, 0x1A4),
            Open = open,
        });

    public Task<Result<MutationReply>> UnlinkAsync(string name) => CallAsync<UnlinkRequest, MutationReply>(
        Opcode.Unlink, new UnlinkRequest { Parent = InodeId.Root, Name = Encoding.UTF8.GetBytes(name) });

    public Task<Result<MutationReply>> CloseAsync(params InodeId[] inodes) => CallAsync<CloseRequest, MutationReply>(
        Opcode.Close, new CloseRequest { Inodes = [.. inodes] }, RpcLane.Release);

    public Task<Result<OpenReply>> OpenAsync(InodeId inode) =>
        CallAsync<OpenRequest, OpenReply>(Opcode.Open, new OpenRequest { Inode = inode });

    public Task<Result<EntryReply>> LookupAsync(string name, InodeId? parent = null) => CallAsync<LookupRequest, EntryReply>(
        Opcode.Lookup, new LookupRequest { Parent = parent ?? InodeId.Root, Name = Encoding.UTF8.GetBytes(name) });

    public Task<Result<AttributesReply>> StatAsync(InodeId inode) => CallAsync<GetAttributesRequest, AttributesReply>(
        Opcode.GetAttributes, new GetAttributesRequest { Inode = inode });

    public Task<Result<ReadDirectoryReply>> ListAsync() => CallAsync<ReadDirectoryRequest, ReadDirectoryReply>(
        Opcode.ReadDirectory, new ReadDirectoryRequest
        {
            Inode = InodeId.Root,
            EntriesMax = Limits.ReadDirectoryEntriesMax,
            WithAttributes = true,
        });

    public Task<Result<EmptyReply>> EndAsync() =>
        CallAsync<EndSessionRequest, EmptyReply>(Opcode.EndSession, default, RpcLane.Release);

    public Task<Result<TReply>> CallAsync<TRequest, TReply>(
        Opcode opcode, in TRequest request, RpcLane lane = RpcLane.Normal)
        where TRequest : IWireRecord<TRequest>
        where TReply : IWireRecord<TReply> =>
        _rpc.CallAsync<TRequest, TReply>((ushort)opcode, request, lane).AsTask();

    public ValueTask DisposeAsync() => _rpc.DisposeAsync();
}
