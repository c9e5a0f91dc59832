using FlexFs.Rpc.Transports;

namespace FlexFs.Rpc.Tests;

[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class Alone;

/// <summary>Bytes of the whole process, so nothing else may run beside.</summary>
[Collection("Alone")]
public class AllocationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public async Task A_round_trip_allocates_next_to_nothing_in_steady_state(int depth)
    {
        await using var server = new SocketServer(tls: true, [RpcProtocol.Alpn]);
        var session = new TestSession();
        await using var client = new RpcClient(
            new SocketRpcConnector(server.Address, server.Pinned(), TimeSpan.FromSeconds(10), TimeProvider.System),
            session, session, Pair.Quick, TimeProvider.System, new Random(1));
        await client.ConnectAsync();
        await RunAsync(client, depth, 20_000);
        var least = double.MaxValue;
        for (var round = 0; round < 5 && least > 8; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await RunAsync(client, depth, 20_000);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / 20_000.0);
        }

        Assert.InRange(least, 0, 8);
    }

    private static Task RunAsync(RpcClient client, int depth, int count) =>
        Task.WhenAll(Enumerable.Range(0, depth).Select(async caller =>
        {
            for (var i = 0; i < count / depth; i++)
            {
                var reply = await client.CallAsync<Sum, Total>(
                    Opcodes.Sum, new Sum { A = (ulong)caller, B = (ulong)i });
                if (reply.Value.Value != (ulong)(caller + i)) Assert.Fail("a wrong answer");
            }
        }));
}
