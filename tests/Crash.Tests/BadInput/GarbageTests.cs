using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using FlexFs.Harness;
using FlexFs.Protocol.Sessions;
using FlexFs.Rpc;
using FlexFs.Wire;

namespace FlexFs.Crash.Tests.BadInput;

/// <summary>Peers that speak something else on the port of the metadata server.</summary>
public sealed class GarbageTests
{
    [Fact]
    public async Task Garbage_and_oversized_frames_end_their_connection_and_nothing_else()
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 1 });
        using var program = LoadProcess.Random(cluster.Mounts[0].Join("load"), 1);
        for (var i = 0; i < 30; i++)
        {
            var bytes = (i % 3) switch
            {
                0 => RandomNumberGenerator.GetBytes(1 + (i * 1000)),
                1 => [.. Enumerable.Repeat((byte)0xFF, 64)],
                _ => "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(),
            };
            await using var peer = await Peer.ConnectAsync(cluster.MetaAddress, tls: i % 2 == 0);
            await peer.SendAsync(bytes, isLast: true);
            await peer.EndAsync();
        }

        // The same of peers that the server knows: with a session, and the connection left open behind what is wrong.
        foreach (var bytes in WrongFrames())
        {
            await using var peer = await Peer.ConnectAsync(cluster.MetaAddress, tls: true);
            await peer.SendAsync(Hello(cluster), isLast: false);
            Assert.Equal(FrameKind.Welcome, (await peer.ReadHeaderAsync()).Kind);
            await peer.SendAsync(bytes, isLast: false);
            await peer.EndAsync();
        }

        var done = program.Done;
        await Until.TrueAsync("the program goes on", () => program.Done > done + 20 || program.Error is not null);
        Assert.True(await program.StopAsync(), $"the program hangs; {program.Error}");
        Assert.Null(program.Error);
        await program.VerifyAsync(cluster.Mounts[0].Join("load"));
        Assert.False(cluster.Meta.HasExited);
    }

    private static IEnumerable<byte[]> WrongFrames()
    {
        FrameHeader request = new() { Kind = FrameKind.Request, Slot = RpcProtocol.ReleaseSlots, Number = 1, Opcode = 1 };
        foreach (var length in (uint[])[uint.MaxValue, int.MaxValue, 64 << 20, FrameHeader.Bytes - 1, 0])
        {
            yield return WireCodec.ToBytes(request with { Length = length });
        }

        yield return WireCodec.ToBytes(request with { Length = FrameHeader.Bytes, Slot = uint.MaxValue });
        yield return WireCodec.ToBytes(request with { Length = FrameHeader.Bytes, Kind = FrameKind.Push });
        yield return [.. Enumerable.Repeat((byte)0xAA, 4096)];
        yield return Hello("", "");
    }

    private static byte[] Hello(Cluster cluster) => [.. RpcProtocol.Preface, .. Hello(Cluster.Volume, cluster.VolumeToken)];

    private static byte[] Hello(string volume, string token)
    {
        var hello = WireCodec.ToBytes(new RpcHello
        {
            VersionMin = RpcProtocol.VersionMin,
            VersionMax = RpcProtocol.VersionMax,
            HeartbeatMilliseconds = 2000,
            Body = WireCodec.ToBytes(new SessionHello { Volume = volume, Token = token, ClientName = "a bad peer", ClientVersion = "0" }),
        });
        FrameHeader header = new() { Length = (uint)(FrameHeader.Bytes + hello.Length), Kind = FrameKind.Hello };
        return [.. WireCodec.ToBytes(header), .. hello];
    }

    /// <summary>A connection whose bytes are the test's.</summary>
    private sealed class Peer(TcpClient client, Stream stream, CancellationTokenSource limit) : IAsyncDisposable
    {
        public static async Task<Peer> ConnectAsync(string address, bool tls)
        {
            CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
            TcpClient client = new();
            await client.ConnectAsync(IPEndPoint.Parse(address), limit.Token);
            Stream stream = client.GetStream();
            if (tls)
            {
                SslStream secured = new(stream);
                stream = secured;
                SslClientAuthenticationOptions options = new()
                {
                    TargetHost = "localhost",
                    ApplicationProtocols = [RpcProtocol.Alpn],
                    RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
                };
                await secured.AuthenticateAsClientAsync(options, limit.Token);
            }

            return new Peer(client, stream, limit);
        }

        public async Task SendAsync(byte[] bytes, bool isLast)
        {
            try
            {
                await stream.WriteAsync(bytes, limit.Token);
                if (isLast) client.Client.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // It closed before everything was sent.
            }
        }

        // The frame's payload is read, too.
        public async Task<FrameHeader> ReadHeaderAsync()
        {
            var bytes = new byte[FrameHeader.Bytes];
            await stream.ReadExactlyAsync(bytes, limit.Token);
            var header = WireCodec.Read<FrameHeader>(bytes);
            await stream.ReadExactlyAsync(new byte[header.PayloadBytes], limit.Token);
            return header;
        }

        // Returns when the server has closed the connection.
        public async Task EndAsync()
        {
            try
            {
                var answer = new byte[4096];
                while (await stream.ReadAsync(answer, limit.Token) > 0)
                {
                    // What the server says before it closes is of no interest here.
                }
            }
            catch (IOException)
            {
                // It closed with a reset.
            }
        }

        public async ValueTask DisposeAsync()
        {
            await stream.DisposeAsync();
            client.Dispose();
            limit.Dispose();
        }
    }
}
