using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Text;
using FlexFs.Bench.MetadataService;
using FlexFs.Bench.Sessions;
using FlexFs.Client;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc;
using FlexFs.Rpc.Transports;
using Microsoft.Extensions.Logging.Abstractions;

// Many sessions on one metadata server: the mount's own client code with leases, over loopback TLS, RocksDB below, all in this process.
// bench/Sessions [sessions] [seconds]
// Beside a few sessions that do as much at once: creates and look-ups in folders of their own, and one change that all have to be told of.
var many = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1000;
var seconds = args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 4;
const int Few = 4;
Console.WriteLine($"{Environment.ProcessorCount} cores, {seconds} s each; both ends of every session are in this process");
var few = await MeasureAsync(Few, many / Few);
var all = await MeasureAsync(many, 1);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"{many} sessions / {Few} sessions: create {all.Creates / few.Creates:F2}, look-up from the cache {all.Looks / few.Looks:F2}"));

async Task<(double Creates, double Looks)> MeasureAsync(int sessions, int depth)
{
    var folder = Directory.CreateTempSubdirectory("flexfs-bench-");
    var before = Resident();
    await using var service = new Service(Path.Combine(folder.FullName, "db"));
    var serving = service.ServeAsync(sessions);
    var clients = new List<(FileSystem Fs, InodeId Own)>();
    var watch = Stopwatch.StartNew();
    for (var i = 0; i < sessions; i++)
    {
        var fs = await JoinAsync(service, i);
        var made = await fs.MakeDirectoryAsync(fs.Root, Encoding.UTF8.GetBytes($"folder {i}"), 0x1ED, 0, 0);
        clients.Add((fs, made.Value.Inode));
    }

    var joined = watch.Elapsed;
    var number = 0L;
    var creates = await RateAsync(async c =>
    {
        var name = Encoding.UTF8.GetBytes($"file {Interlocked.Increment(ref number)}");
        var made = await clients[c].Fs.MakeNodeAsync(clients[c].Own, name, 0x81A4, 0, 0, 0);
        if (!made.IsOk) throw new InvalidOperationException($"a create: {made.Errno}");
    });

    // What each knows of its own folder: no message.
    var known = Encoding.UTF8.GetBytes("known");
    foreach (var (fs, own) in clients) _ = await fs.MakeNodeAsync(own, known, 0x81A4, 0, 0, 0);
    var looks = await RateAsync(async c =>
    {
        for (var i = 0; i < 100; i++)
        {
            var found = await clients[c].Fs.LookupAsync(clients[c].Own, known);
            if (!found.IsOk) throw new InvalidOperationException($"a look-up: {found.Errno}");
        }
    }) * 100;

    // A file that all have looked at, and one changes: each has to drop it before the change is answered.
    var shared = Encoding.UTF8.GetBytes("shared");
    var root = clients[0].Fs.Root;
    var file = (await clients[0].Fs.MakeNodeAsync(root, shared, 0x81A4, 0, 0, 0)).Value.Inode;
    var recalls = new List<double>();
    for (var round = 0U; round < 5; round++)
    {
        await Task.WhenAll(clients.Select(async client => await client.Fs.LookupAsync(root, shared)));
        watch.Restart();
        var changed = await clients[0].Fs.SetAttributesAsync(file, new AttributeChange { Mask = AttributeMask.Mode, Mode = 0x100 + round });
        recalls.Add(watch.Elapsed.TotalMilliseconds);
        if (!changed.IsOk) throw new InvalidOperationException($"a change: {changed.Errno}");
        foreach (var (fs, _) in clients)
        {
            var seen = await fs.LookupAsync(root, shared);
            if ((seen.Value.Mode & 0xFFF) != 0x100 + round) throw new InvalidOperationException("an old mode was seen");
        }
    }

    GC.Collect();
    var memory = (Resident() - before) / 1e6;
    recalls.Sort();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{sessions,5} sessions of depth {depth}: joined in {joined.TotalSeconds:F1} s; {creates:N0} durable creates/s; {looks:N0} look-ups/s from caches; "
        + $"a change that {sessions} sessions are told of {recalls[recalls.Count / 2]:F1} ms ({recalls[0]:F1} to {recalls[^1]:F1}); "
        + $"{memory:F0} MB for both ends, {memory * 1000 / sessions:F0} KB a session"));
    foreach (var (fs, _) in clients) await fs.DisposeAsync();
    await serving;
    await service.DisposeAsync();
    folder.Delete(recursive: true);
    return (creates, looks);

    async Task<double> RateAsync(Func<int, Task> operation)
    {
        var clock = Stopwatch.StartNew();
        var callers = Enumerable.Range(0, sessions * depth).Select(i => Task.Run(async () =>
        {
            var count = 0L;
            for (; clock.Elapsed.TotalSeconds < seconds; count++) await operation(i % sessions);
            return count;
        }));
        var count = (await Task.WhenAll(callers)).Sum();
        return count / clock.Elapsed.TotalSeconds;
    }
}

static async Task<FileSystem> JoinAsync(Service service, int number)
{
    var tls = new SslClientAuthenticationOptions
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = (_, certificate, _, _) => service.IsMine(certificate),
    };
    return await FileSystem.ConnectAsync(
        new FileSystemOptions { Volume = "bench", Token = "", ClientName = $"bench {number}", UseLeases = true },
        new FileSystemParts
        {
            Connector = new SocketRpcConnector(service.Address, tls, TimeSpan.FromSeconds(30), TimeProvider.System),
            Rpc = new RpcClientOptions { HeartbeatInterval = TimeSpan.FromSeconds(2) },
            Objects = static _ => new NoObjects(),
            DirtyMemory = new HeapDirtyMemory(1 << 16, 16),
            Log = NullLogger.Instance,
        },
        CancellationToken.None);
}

static long Resident()
{
    using var process = Process.GetCurrentProcess();
    return process.WorkingSet64;
}
