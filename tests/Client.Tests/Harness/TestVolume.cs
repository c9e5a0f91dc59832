using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using FlexFs.Core;
using FlexFs.Metadata;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.Storage;
using FlexFs.Metadata.Storage.Memory;
using FlexFs.Protocol.Metadata;
using FlexFs.Protocol.Sessions;
using FlexFs.Rpc;
using FlexFs.Rpc.Transports;
using FlexFs.Wire;

namespace FlexFs.Client.Tests;

/// <summary>A metadata server in this process: the real engine on a store in memory, behind the real Rpc. Its lock is its only thread.</summary>
public sealed class TestVolume : IRpcConnector, IRpcSessionAcceptor, IRpcRequestHandler
{
    public const byte BlockSizeLog2 = 18;
    public const int BlockBytes = 1 << BlockSizeLog2;
    public static readonly VolumeId Volume = new(new Guid("6f9619ff-8b86-d011-b42d-00cf4fc964ff"));

    private readonly Lock _gate = new();
    private readonly MemoryStore _store = new();
    private readonly ConcurrentDictionary<RpcServerConnection, (SessionId Session, ulong Incarnation)> _sessions = new();
    private readonly ConcurrentDictionary<MemoryDuplex, bool> _wires = new();
    private VolumeEngine _engine;

    public TestVolume()
    {
        _engine = new VolumeEngine(Done(_store.TakeOwnershipAsync(default)), new EngineOptions());
        var (errno, _) = Internal(InternalOpcode.CreateVolume, new CreateVolumeRequest
        {
            Volume = Volume,
            BlockSizeLog2 = BlockSizeLog2,
            RootMode = 0x1FF,
        });
        Assert.Equal(Errno.OK, errno);
    }

    /// <summary>The token that lets clients in.</summary>
    public string Token { get; set; } = "token";

    /// <summary>Requests so far, by operation.</summary>
    public ConcurrentDictionary<Opcode, int> Counts { get; } = new();

    /// <summary>Asked before each request is executed; an errno answers it.</summary>
    public Func<Opcode, Errno> Refuse { get; set; } = static _ => Errno.OK;

    /// <summary>Asked after each request was executed; true cuts the connection instead of answering.</summary>
    public Func<Opcode, bool> LoseReply { get; set; } = static _ => false;

    /// <summary>Asked before each request is executed; true cuts the connection instead.</summary>
    public Func<Opcode, bool> LoseRequest { get; set; } = static _ => false;

    /// <summary>Done before a connection is cut because a request or a reply is lost.</summary>
    public Action BeforeCut { get; set; } = static () => { };

    /// <summary>The last commits of bytes.</summary>
    public ConcurrentQueue<CommitWriteRequest> Commits { get; } = new();

    public int Count(Opcode opcode) => Counts.GetValueOrDefault(opcode);

    public int Mutations => Counts.Where(pair => (int)pair.Key is >= 64 and < 128 && pair.Key != Opcode.AllocateIds)
        .Sum(pair => pair.Value);

    /// <summary>Pairs of session and inode that are open.</summary>
    public int Opens
    {
        get
        {
            lock (_gate) return _engine.Totals.Opens;
        }
    }

    /// <summary>The server is killed and starts again: what it had in memory is gone, and every connection.</summary>
    public void Restart()
    {
        lock (_gate) _engine = new VolumeEngine(Done(_store.TakeOwnershipAsync(default)), new EngineOptions());
        Cut();
    }

    /// <summary>Every session ends without its client knowing.</summary>
    public void ExpireSessions()
    {
        foreach (var session in _sessions.Values.Select(s => s.Session).Distinct())
        {
            while (Internal(InternalOpcode.ExpireSession, new ExpireSessionRequest { Session = session }).Value == 1)
            {
            }
        }

        Cut();
    }

    public void Cut()
    {
        foreach (var wire in _wires.Keys)
        {
            wire.Cut();
            _wires.TryRemove(wire, out _);
        }
    }

    public ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellationToken)
    {
        var wire = new MemoryDuplex();
        _wires[wire] = true;
        var connection = new RpcServerConnection(wire.Server, this, new RpcServerOptions(), TimeProvider.System);
        _ = connection.RunAsync(CancellationToken.None);
        return new ValueTask<IDuplexPipe>(wire.Client);
    }

    public ValueTask<RpcAcceptance> AcceptAsync(
        RpcServerConnection connection, RpcHello hello, CancellationToken cancellationToken)
    {
        var body = WireCodec.Read<SessionHello>(hello.Body);
        if (body.Token != Token) return new(RpcAcceptance.No(Errno.EACCES, "the token is not of this volume"));
        var (session, key, incarnation, resumed) = (body.Session, body.SessionKey, body.Incarnation, false);
        if (session != SessionId.None)
        {
            resumed = Internal(InternalOpcode.ResumeSession, new ResumeSessionRequest
            {
                Session = session,
                Key = key,
                Incarnation = incarnation,
            }).Errno == Errno.OK;
        }

        if (!resumed)
        {
            key = 77;
            incarnation = 1;
            session = new SessionId(Internal(InternalOpcode.BeginSession, new BeginSessionRequest
            {
                Key = key,
                ClientName = body.ClientName,
                IsReadOnly = body.IsReadOnly,
            }).Value);
        }

        _sessions[connection] = (session, incarnation);
        return new(RpcAcceptance.Yes(this, new RpcWelcome
        {
            Epoch = 1,
            Resumed = resumed,
            Body = WireCodec.ToBytes(new SessionWelcome
            {
                Session = session,
                SessionKey = key,
                Volume = Volume,
                Root = InodeId.Root,
                BlockSizeLog2 = BlockSizeLog2,
                ServerTime = Instant.Now(TimeProvider.System),
                MustReclaim = resumed,
            }),
        }));
    }

    public void OnOpened(RpcServerConnection connection)
    {
    }

    public void OnClosed(RpcServerConnection connection, RpcEnd end) => _sessions.TryRemove(connection, out _);

    public void OnRequest(RpcServerConnection connection, in FrameHeader header, ReadOnlyMemory<byte> payload)
    {
        var opcode = (Opcode)header.Opcode;
        Counts.AddOrUpdate(opcode, 1, static (_, n) => n + 1);
        if (opcode == Opcode.CommitWrite) Commits.Enqueue(WireCodec.Read<CommitWriteRequest>(payload.ToArray()));
        if (LoseRequest(opcode))
        {
            BeforeCut();
            Cut();
            return;
        }

        var refusal = Refuse(opcode);
        if (refusal != Errno.OK)
        {
            connection.Reply(header, refusal);
            return;
        }

        var (session, incarnation) = _sessions[connection];
        var reply = new ArrayBufferWriter<byte>();
        var request = new EngineRequest(opcode, session, incarnation, header.Slot, header.Number, payload.ToArray());
        Execution execution;
        lock (_gate) execution = Execute(request, reply);
        if (LoseReply(opcode))
        {
            Cut();
            return;
        }

        connection.Reply(header, execution.Errno, reply.WrittenSpan);
    }

    private (Errno Errno, ulong Value) Internal<T>(Opcode opcode, in T request)
        where T : IWireRecord<T>
    {
        var reply = new ArrayBufferWriter<byte>();
        lock (_gate)
        {
            var execution = Execute(new EngineRequest(opcode, default, 0, 0, 0, WireCodec.ToBytes(request)), reply);
            return execution.Errno != Errno.OK
                ? (execution.Errno, 0)
                : (Errno.OK, WireCodec.Read<MutationReply>(reply.WrittenMemory).Value);
        }
    }

    private Execution Execute(in EngineRequest request, IBufferWriter<byte> reply)
    {
        while (true)
        {
            var execution = _engine.Execute(request, Instant.Now(TimeProvider.System), reply);
            if (execution.State == ExecutionState.Done)
            {
                if (_engine.TakeBatch() is { } batch)
                {
                    Assert.Equal(CommitResult.Committed, Done(_store.CommitAsync(batch)));
                    _engine.Committed(batch.Sequence);
                }

                return execution;
            }

            var ticket = _engine.BeginFetch();
            if (execution.State == ExecutionState.NeedsKeys)
            {
                StoreKey[] keys = [.. execution.MissingKeys];
                var values = new byte[]?[keys.Length];
                var sequence = Done(_store.GetManyAsync(keys, values, default));
                _engine.Supply(keys, values, sequence);
            }
            else
            {
                var range = execution.MissingRange;
                _engine.Supply(range, Done(_store.ScanAsync(range, execution.MissingRangeLimit, default)));
            }

            _engine.EndFetch(ticket);
        }
    }

    // The store in memory completes at once.
    private static T Done<T>(ValueTask<T> task)
    {
        Assert.True(task.IsCompleted);
#pragma warning disable VSTHRD002
        return task.AsTask().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }
}
