using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using FlexFs.Bench.Rpc;
using FlexFs.Rpc;
using FlexFs.Rpc.Transports;

// Round trips per second over loopback, client and server in this process: bench/Rpc [seconds] [rounds]
// Prints, for each depth, the median of the rounds with their spread, CPU per round trip and bytes allocated per round trip.
var seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 2;
var rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 3;
Console.WriteLine($"{Environment.ProcessorCount} cores, {seconds} s a round, {rounds} rounds");
foreach (var tls in (bool[])[true, false])
{
    using var server = new EchoServer(tls);
    var serving = server.ServeOneAsync();
    var session = new Session();
    var options = tls
        ? new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = (_, certificate, _, _) => server.IsMine(certificate) }
        : null;
    var connector = new SocketRpcConnector(server.Address, options, TimeSpan.FromSeconds(5), TimeProvider.System);
    await using (var client = new RpcClient(
        connector, session, session, new RpcClientOptions(), TimeProvider.System, new Random(1)))
    {
        await client.ConnectAsync();
        foreach (var depth in (int[])[1, 16, 256])
        {
            await RoundAsync(client, depth, seconds / 2);
            var results = new List<(double Rate, double CpuMicroseconds, double Bytes)>();
            for (var round = 0; round < rounds; round++) results.Add(await RoundAsync(client, depth, seconds));
            results.Sort();
            var median = results[rounds / 2];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{(tls ? "TLS  " : "plain")} depth {depth,3}: {median.Rate,8:0} round trips/s ({results[0].Rate:0} to {results[^1].Rate:0}), {median.CpuMicroseconds:0.0} us CPU, {median.Bytes:0.00} bytes allocated each"));
        }
    }

    await serving;
}

static async Task<(double Rate, double CpuMicroseconds, double Bytes)> RoundAsync(RpcClient client, int depth, double seconds)
{
    var bytes = GC.GetTotalAllocatedBytes(precise: true);
    var cpu = Process.GetCurrentProcess().TotalProcessorTime;
    var clock = Stopwatch.StartNew();
    var callers = new Task<long>[depth];
    for (var i = 0; i < depth; i++) callers[i] = CallAsync(client, clock, seconds);
    long count = 0;
    foreach (var caller in callers) count += await caller;
    var elapsed = clock.Elapsed.TotalSeconds;
    cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
    bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
    return (count / elapsed, cpu.TotalMicroseconds / count, (double)bytes / count);
}

static async Task<long> CallAsync(RpcClient client, Stopwatch clock, double seconds)
{
    long count = 0;
    while (clock.Elapsed.TotalSeconds < seconds)
    {
        var reply = await client.CallAsync<Question, Answer>(1, new Question { Inode = (ulong)count });
        if (!reply.IsOk || reply.Value.Inode != (ulong)count) throw new InvalidOperationException("a wrong answer");
        count++;
    }

    return count;
}

internal sealed class Session : IRpcClientSession, IRpcPushHandler
{
    public ReadOnlyMemory<byte> MakeHello() => default;

    public void OnWelcome(in RpcWelcome welcome)
    {
    }

    public RpcSessionLoss OnSessionLost() => RpcSessionLoss.End;

    public bool OnFailure(in RpcFailure failure) => throw new RpcException(failure.Errno, failure.End.ToString());

    public void OnDisconnected(RpcEnd end)
    {
    }

    public void OnPush(in FrameHeader header, ReadOnlyMemory<byte> payload)
    {
    }
}
