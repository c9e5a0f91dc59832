using FlexFs.Core;

namespace FlexFs.Rpc.Tests;

/// <summary>A client and a server, connected over memory.</summary>
public sealed class Pair : IAsyncDisposable
{
    private Pair(TestServer server, TestSession session, RpcClient client)
    {
        Server = server;
        Session = session;
        Client = client;
    }

    public TestServer Server { get; }

    public TestSession Session { get; }

    public RpcClient Client { get; }

    public static RpcClientOptions Quick { get; } = new()
    {
        BackoffMin = TimeSpan.FromMilliseconds(1),
        BackoffMax = TimeSpan.FromMilliseconds(20),
    };

    public static async Task<Pair> ConnectAsync(
        TestServer? server = null, RpcClientOptions? options = null, TimeProvider? time = null)
    {
        var pair = Make(server, options, time);
        await pair.Client.ConnectAsync().SoonAsync();
        return pair;
    }

    public static Pair Make(TestServer? server = null, RpcClientOptions? options = null, TimeProvider? time = null)
    {
        server ??= new TestServer();
        var session = new TestSession();
        var client = new RpcClient(
            server, session, session, options ?? Quick, time ?? TimeProvider.System, new Random(1));
        return new Pair(server, session, client);
    }

    public ValueTask<Result<Total>> SumAsync(ulong a, ulong b, RpcLane lane = RpcLane.Normal, CancellationToken token = default) =>
        Client.CallAsync<Sum, Total>(Opcodes.Sum, new Sum { A = a, B = b }, lane, token);

    /// <summary>A call that the server leaves unanswered.</summary>
    public ValueTask<RpcReply> HoldAsync(ulong mark, RpcLane lane = RpcLane.Normal, CancellationToken token = default) =>
        Client.CallAsync(Opcodes.Hold, new Sum { A = mark }, lane, token);

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
    }
}
