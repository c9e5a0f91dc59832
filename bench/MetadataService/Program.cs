using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Text;
using FlexFs.Bench.MetadataService;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Protocol.Sessions;
using FlexFs.Rpc;
using FlexFs.Rpc.Transports;
using FlexFs.Wire;
using FileMode = FlexFs.Core.FileMode;

// stat/s and durable create/s over loopback TLS, clients and server in this process, RocksDB below:
// bench/MetadataService [seconds] [rounds] [clients] [depth of each]
// Prints the median of the rounds with their spread, CPU and allocated bytes of both ends per operation, requests per commit.
var seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 2;
var rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 3;
var clientCount = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 2;
var depth = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 256;
var folder = Directory.CreateTempSubdirectory("flexfs-bench-");
Console.WriteLine($"{Environment.ProcessorCount} cores, {seconds} s a round, {rounds} rounds, {clientCount} clients of depth {depth}");
await using (var service = new Service(Path.Combine(folder.FullName, "db")))
{
    var serving = service.ServeAsync(clientCount);
    var clients = new List<(RpcClient Rpc, InodeId Folder, List<InodeId> Files)>();
    for (var i = 0; i < clientCount; i++)
    {
        var session = new Session();
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = (_, certificate, _, _) => service.IsMine(certificate),
        };
        var connector = new SocketRpcConnector(service.Address, tls, TimeSpan.FromSeconds(5), TimeProvider.System);
        var rpc = new RpcClient(
            connector, session, session, new RpcClientOptions { Slots = depth }, TimeProvider.System, new Random(1));
        await rpc.ConnectAsync();
        var made = await CreateAsync(rpc, InodeId.Root, $"folder {i}", FileType.Directory);
        clients.Add((rpc, made, []));
    }

    long number = 0;
    var commits = service.Server.Metrics.Commits;
    var mutations = service.Server.Metrics.Mutations;
    await MeasureAsync("create", async c =>
    {
        var client = clients[c];
        var file = await CreateAsync(client.Rpc, client.Folder, $"file {Interlocked.Increment(ref number)}", FileType.Regular);
        lock (client.Files) client.Files.Add(file);
    });
    mutations = service.Server.Metrics.Mutations - mutations;
    commits = service.Server.Metrics.Commits - commits;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"        {(double)mutations / commits:0.0} creates a commit, {commits} commits"));
    await MeasureAsync("stat", async c =>
    {
        var client = clients[c];
        var file = client.Files[(int)((ulong)Interlocked.Increment(ref number) % (ulong)client.Files.Count)];
        var reply = await client.Rpc.CallAsync<GetAttributesRequest, AttributesReply>(
            (ushort)Opcode.GetAttributes, new GetAttributesRequest { Inode = file });
        if (!reply.IsOk || reply.Value.Attributes.Inode != file) throw new InvalidOperationException("a wrong answer");
    });
    foreach (var client in clients) await client.Rpc.DisposeAsync();
    await serving;
}

folder.Delete(recursive: true);

async Task MeasureAsync(string what, Func<int, Task> operation)
{
    await RoundAsync(operation, seconds / 2);
    var results = new List<(double Rate, double Cpu, double Bytes)>();
    for (var round = 0; round < rounds; round++) results.Add(await RoundAsync(operation, seconds));
    results.Sort();
    var median = results[rounds / 2];
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{what,-6}: {median.Rate,8:0}/s ({results[0].Rate:0} to {results[^1].Rate:0}), {median.Cpu:0.0} us CPU, {median.Bytes:0} bytes allocated each"));
}

async Task<(double Rate, double Cpu, double Bytes)> RoundAsync(Func<int, Task> operation, double time)
{
    var bytes = GC.GetTotalAllocatedBytes(precise: true);
    var cpu = Process.GetCurrentProcess().TotalProcessorTime;
    var clock = Stopwatch.StartNew();
    var callers = new List<Task<long>>();
    for (var i = 0; i < clientCount * depth; i++) callers.Add(CallAsync(i % clientCount, operation, clock, time));
    var count = (await Task.WhenAll(callers)).Sum();
    var elapsed = clock.Elapsed.TotalSeconds;
    cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
    bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
    return (count / elapsed, cpu.TotalMicroseconds / count, (double)bytes / count);
}

static async Task<long> CallAsync(int client, Func<int, Task> operation, Stopwatch clock, double time)
{
    long count = 0;
    for (; clock.Elapsed.TotalSeconds < time; count++) await operation(client);
    return count;
}

static async Task<InodeId> CreateAsync(RpcClient rpc, InodeId parent, string name, FileType type)
{
    var reply = await rpc.CallAsync<CreateRequest, MutationReply>((ushort)Opcode.Create, new CreateRequest
    {
        Parent = parent,
        Name = Encoding.UTF8.GetBytes(name),
        Mode = FileMode.Of(type, 0x1ED),
    });
    return reply.Value.Attributes!.Value.Inode;
}

internal sealed class Session : IRpcClientSession, IRpcPushHandler
{
    public ReadOnlyMemory<byte> MakeHello() => WireCodec.ToBytes(new SessionHello
    {
        Volume = "bench",
        Token = "",
        ClientName = "bench",
        ClientVersion = "",
    });

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
