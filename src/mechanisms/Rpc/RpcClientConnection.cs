using System.IO.Pipelines;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc;

/// <summary>One connection of a client: handshake, heartbeat, and what arrives.</summary>
internal sealed class RpcClientConnection : IFrameHandler
{
    private readonly RpcClient _client;
    private readonly RpcClientOptions _options;
    private readonly TimeProvider _time;
    // Below this a client would be busy with nothing but being heard.
    private static readonly TimeSpan HeartbeatMin = TimeSpan.FromMilliseconds(100);
    private Task _watching = Task.CompletedTask;
    private TimeSpan _heartbeat;
    private long _helloAt;
    private long _pingAt;
    private bool _isPinging;

    public RpcClientConnection(IDuplexPipe transport, RpcClient client, RpcClientOptions options, TimeProvider time)
    {
        _client = client;
        _options = options;
        _heartbeat = options.HeartbeatInterval;
        _time = time;

        // The window bounds what a client may have waiting, so the queue needs no bound of its own.
        Frames = new RpcConnection(transport, options.FrameBytesMax, long.MaxValue, long.MaxValue, time);
    }

    /// <summary>Its frames.</summary>
    public RpcConnection Frames { get; }

    /// <summary>Whether the server said yes.</summary>
    public bool IsWelcome { get; private set; }

    /// <summary>What the server said when it said no.</summary>
    public Errno Refusal { get; private set; }

    /// <summary>Says hello and runs until the connection ends. Never throws.</summary>
    public async Task<RpcEnd> RunAsync(ReadOnlyMemory<byte> helloBody)
    {
        _helloAt = _time.GetTimestamp();
        Frames.Cork();
        Frames.Append(RpcProtocol.Preface, RpcLane.Normal);
        Frames.Send(new FrameHeader { Kind = FrameKind.Hello }, new RpcHello
        {
            VersionMin = _options.VersionMin,
            VersionMax = _options.VersionMax,
            Features = _options.Features,
            HeartbeatMilliseconds = (uint)_options.HeartbeatInterval.TotalMilliseconds,
            Body = helloBody,
        });
        Frames.Uncork();
        var watching = Frames.WatchOnceAsync(_options.HandshakeTimeout, LookForHandshake);
        var end = await Frames.RunAsync(this, expectsPreface: false);
        await watching;
        await _watching;
        return end;
    }

    RpcEnd? IFrameHandler.OnFrame(in FrameHeader header, ReadOnlyMemory<byte> payload)
    {
        if (!IsWelcome) return OnHandshake(header, payload);
        if (!_client.IsOfNewestEpoch(header.Epoch))
        {
            return new RpcEnd(RpcEndKind.Outdated,
                $"a {header.Kind} of epoch {header.Epoch}, whose owner was followed by another");
        }

        switch (header.Kind)
        {
            case FrameKind.Reply:
                _client.OnReply(this, header, payload);
                return null;
            case FrameKind.Queued:
                _client.OnQueued(this, header, payload);
                return null;
            case FrameKind.Push:
                _client.OnPush(header, payload);
                return null;
            case FrameKind.Pong:
                if (Volatile.Read(ref _isPinging)) _client.HeardAt = _pingAt;
                Volatile.Write(ref _isPinging, false);
                return null;
            default:
                return new RpcEnd(RpcEndKind.Malformed, $"a {header.Kind} frame, which a server does not send");
        }
    }

    private RpcEnd? OnHandshake(in FrameHeader header, ReadOnlyMemory<byte> payload)
    {
        switch (header.Kind)
        {
            case FrameKind.Welcome:
                if (!WireCodec.TryRead<RpcWelcome>(payload, out var welcome, out var error))
                {
                    return new RpcEnd(RpcEndKind.Malformed, $"not a welcome: {error}");
                }

                if (welcome.Version < _options.VersionMin || welcome.Version > _options.VersionMax)
                {
                    return new RpcEnd(RpcEndKind.Malformed,
                        $"the server chose protocol version {welcome.Version}, which was not offered");
                }

                if (!_client.IsOfNewestEpoch(welcome.Epoch))
                {
                    return new RpcEnd(RpcEndKind.Outdated,
                        $"a server of epoch {welcome.Epoch}, which was followed by another");
                }

                IsWelcome = true;
                _client.HeardAt = _helloAt;
                var end = _client.OnWelcome(this, welcome);
                if (_client.HeartbeatWanted is { } wanted && wanted < _heartbeat)
                {
                    _heartbeat = wanted > HeartbeatMin ? wanted : HeartbeatMin;
                }

                _watching = Frames.WatchAsync(_heartbeat / 2, Look);
                return end;
            case FrameKind.Refuse:
                if (!WireCodec.TryRead<RpcRefuse>(payload, out var refuse, out error))
                {
                    return new RpcEnd(RpcEndKind.Malformed, $"not a refusal: {error}");
                }

                Refusal = refuse.Errno == Errno.OK ? Errno.EIO : refuse.Errno;
                return new RpcEnd(RpcEndKind.Refused, refuse.Message);
            default:
                return new RpcEnd(RpcEndKind.Malformed, $"a {header.Kind} frame where a welcome belongs");
        }
    }

    private RpcEnd? Look()
    {
        if (Frames.SilentFor(_heartbeat * 3) is { } end) return end;

        // A busy connection pings too: that the server has heard this client is what it may count on.
        if (IsIdleSince(Frames.LastReceived) || IsIdleSince(Frames.LastSent) || IsIdleSince(_client.HeardAt))
        {
            if (!Volatile.Read(ref _isPinging))
            {
                _pingAt = _time.GetTimestamp();
                Volatile.Write(ref _isPinging, true);
            }

            Frames.Send(new FrameHeader { Kind = FrameKind.Ping }, default, RpcLane.Release);
        }

        return null;
    }

    private bool IsIdleSince(long timestamp) => _time.GetElapsedTime(timestamp) >= _heartbeat;

    private RpcEnd? LookForHandshake() => IsWelcome ? null :
        new RpcEnd(RpcEndKind.Silent, $"no welcome within {_options.HandshakeTimeout.TotalSeconds:0.0} s");
}
