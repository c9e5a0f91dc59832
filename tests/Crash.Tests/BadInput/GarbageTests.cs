using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using FlexFs.Harness;

namespace FlexFs.Crash.Tests.BadInput;

/// <summary>Peers that speak something else on the port of the metadata server.</summary>
public sealed class GarbageTests
{
    // The protocol's name in TLS (ALPN).
    private static readonly SslApplicationProtocol Rpc = new("flexfs/1");

    [Fact]
    public async Task Garbage_and_oversized_frames_end_their_connection_and_nothing_else()
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 1 });
        LoadProgram program = new(cluster.Mounts[0].Join("load"), 1);
        byte[] oversized = [.. Enumerable.Repeat((byte)0xFF, 64)];
        for (var i = 0; i < 30; i++)
        {
            var bytes = (i % 3) switch
            {
                0 => RandomNumberGenerator.GetBytes(1 + (i * 1000)),
                1 => oversized,
                _ => "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(),
            };
            await SendAsync(cluster.MetaAddress, bytes, tls: i % 2 == 0);
        }

        var done = program.Done;
        await Until.TrueAsync("the program goes on", () => program.Done > done + 20 || program.Error is not null);
        Assert.True(program.Stop(TimeSpan.FromSeconds(30)));
        Assert.Null(program.Error);
        program.Verify(cluster.Mounts[0].Join("load"));
        Assert.False(cluster.Meta.HasExited);
    }

    // Sends, and waits until the server has closed the connection.
    private static async Task SendAsync(string address, byte[] bytes, bool tls)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        using TcpClient client = new();
        await client.ConnectAsync(IPEndPoint.Parse(address), limit.Token);
        Stream stream = client.GetStream();
        try
        {
            if (tls)
            {
                var secured = new SslStream(stream);
                stream = secured;
                await secured.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = "localhost",
                        ApplicationProtocols = [Rpc],
                        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
                    },
                    limit.Token);
            }

            await stream.WriteAsync(bytes, limit.Token);
            client.Client.Shutdown(SocketShutdown.Send);
            var answer = new byte[4096];
            while (await stream.ReadAsync(answer, limit.Token) > 0)
            {
                // What the server says before it closes is of no interest here.
            }
        }
        catch (IOException)
        {
            // It closed before everything was sent.
        }
    }
}
