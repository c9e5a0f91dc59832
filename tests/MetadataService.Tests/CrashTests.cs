using System.Net;
using System.Net.Sockets;
using FlexFs.Core;
using FlexFs.Metadata.RocksDb;
using FlexFs.Metadata.Storage;
using FlexFs.Metadata.Verify;
using FlexFs.MetadataService.Tests.Peers;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc.Transports;

namespace FlexFs.MetadataService.Tests;

public sealed class CrashTests
{
    private const int Kills = 3;
    private const int InFlight = 64;

    [Fact]
    public async Task Killed_under_load_and_started_again_the_service_has_every_acknowledged_create_and_each_once()
    {
        var folder = Directory.CreateTempSubdirectory("flexfs-kill-");
        var port = FreePort();
        var connector = new SocketRpcConnector(
            new IPEndPoint(IPAddress.Loopback, port), null, TimeSpan.FromSeconds(5), TimeProvider.System);
        await using var client = TestClient.Make(connector);
        var connecting = client.Rpc.ConnectAsync();
        var acknowledged = 0;
        var isDone = false;
        var writers = Enumerable.Range(0, InFlight).Select(WriteAsync).ToArray();
        for (var kill = 0; kill <= Kills; kill++)
        {
            using var child = ChildService.Start(Path.Combine(folder.FullName, "db"), port);
            var target = Volatile.Read(ref acknowledged) + 300;
            await Eventually.HoldsAsync(() => Volatile.Read(ref acknowledged) >= target, "creates are acknowledged");
            if (kill == Kills)
            {
                Volatile.Write(ref isDone, true);
                await Task.WhenAll(writers).SoonAsync();
                Assert.Equal(0, client.Losses);
            }

            child.Kill();
            await child.WaitForExitAsync().SoonAsync();
        }

        await connecting.SoonAsync();
        using var environment = new RocksDbEnvironment(new RocksDbOptions());
        await using (var store = RocksDbStore.Open(environment, Path.Combine(folder.FullName, "db"), mustExist: true))
        {
            var all = await store.ScanAsync(
                new StoreRange(StoreColumn.Current, default, default), int.MaxValue, CancellationToken.None);
            Assert.Empty(VolumeVerifier.Verify(all.Pairs));
            Assert.Equal(acknowledged, all.Pairs.Count(pair => pair.Key[0] == (byte)Metadata.Records.KeyFamily.Entry));
        }

        folder.Delete(recursive: true);

        async Task WriteAsync(int writer)
        {
            for (var i = 0; !Volatile.Read(ref isDone); i++)
            {
                // Told EEXIST, it would have been made twice.
                Result<MutationReply> reply = await client.CreateAsync($"{writer}-{i}");
                Assert.Equal(Errno.OK, reply.Errno);
                Interlocked.Increment(ref acknowledged);
            }
        }
    }

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
