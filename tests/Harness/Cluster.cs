using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace FlexFs.Harness;

/// <summary>free.flexfs, meta.flexfs and mounts of one volume: the real executables, on loopback or on hosts of their own, with a home of their own.</summary>
/// <remarks>Whatever happens to a test, disposing this ends the processes it started and removes their mounts and folders.</remarks>
public sealed class Cluster : IAsyncDisposable
{
    /// <summary>The name of the volume.</summary>
    public const string Volume = "shared";

    private readonly TempFolder _folder = new();
    private readonly ClusterOptions _options;
    private readonly List<MountedVolume> _mounts = [];
    private ChildProcess? _free;
    private ChildProcess? _meta;

    private Cluster(ClusterOptions options)
    {
        _options = options;
        StoreFolder = options.StoreFolder ?? Join("store");
        DatabaseFolder = options.DatabaseFolder ?? Join("home/.flexfs/meta/data");
        Environment = new Dictionary<string, string> { ["HOME"] = Join("home") };
        AdminAddress = MetaAddress = "";
    }

    /// <summary>The environment of every command of this cluster.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>host:port of free.flexfs.</summary>
    public string AdminAddress { get; private set; }

    /// <summary>host:port of meta.flexfs.</summary>
    public string MetaAddress { get; private set; }

    /// <summary>The right to mount the volume.</summary>
    public string VolumeToken { get; } = NewToken();

    /// <summary>The right to serve its metadata.</summary>
    public string MetaToken { get; } = NewToken();

    /// <summary>Where the objects are.</summary>
    public string StoreFolder { get; }

    /// <summary>Where the database is.</summary>
    public string DatabaseFolder { get; }

    /// <summary>The network of the hosts of the mounts; absent when all is on one host.</summary>
    public VirtualNetwork? Network { get; private set; }

    /// <summary>The mounts, in the order in which they were made.</summary>
    public IReadOnlyList<MountedVolume> Mounts => _mounts;

    /// <summary>The metadata server.</summary>
    public ChildProcess Meta => _meta ?? throw new InvalidOperationException("not started");

    /// <summary>The administration server.</summary>
    public ChildProcess Free => _free ?? throw new InvalidOperationException("not started");

    /// <summary>Starts everything; when it returns, all mounts can be used.</summary>
    public static async Task<Cluster> StartAsync(ClusterOptions? options = null)
    {
        Cluster cluster = new(options ?? new ClusterOptions());
        try
        {
            await cluster.BeginAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>A path in the cluster's folder, outside of the volume.</summary>
    public string Join(params string[] parts) => _folder.Join(parts);

    /// <summary>Runs an executable of flexFS to its end, with the cluster's home.</summary>
    public Task<Outcome> RunAsync(string executable, params string[] arguments) =>
        Shell.RunAsync(Executables.Find(executable), arguments, Environment, seconds: 60);

    /// <summary>Runs a bash script with <c>$a</c> and <c>$b</c>, the first two mounts, and <c>$tmp</c>; it must succeed.</summary>
    public async Task<string> BashAsync(string script, int seconds = 120)
    {
        Dictionary<string, string> environment = new(Environment) { ["tmp"] = Join(), ["LC_ALL"] = "C.UTF-8" };
        if (_mounts.Count > 0) environment["a"] = _mounts[0].Path;
        if (_mounts.Count > 1) environment["b"] = _mounts[1].Path;
        var outcome = await Shell.BashAsync(script, environment, seconds);
        return outcome.MustSucceed(script);
    }

    /// <summary>One more mount; it can be used when this returns.</summary>
    public async Task<MountedVolume> MountAsync(params string[] flags)
    {
        var enter = Network is null ? [] : await Network.AddHostAsync();
        MountedVolume mount = new(this, Join($"mnt{_mounts.Count + 1}"), enter, [.. _options.MountFlags, .. flags]);
        _mounts.Add(mount);
        await mount.StartAsync();
        return mount;
    }

    /// <summary>Starts meta.flexfs, which must not run; returns when its port answers.</summary>
    /// <remarks>
    /// This process may have no file of a mount open: the child's copy is closed between fork and exec, and close(2) of a file with dirty
    /// bytes waits for the metadata server, which is what the child is to become. A program that works meanwhile is a process of its own.
    /// </remarks>
    public async Task StartMetaAsync()
    {
        foreach (var mount in _mounts)
        {
            var open = OpenFiles.Below(mount.Path);
            Assert.True(open.Count == 0, $"open in the process that starts meta.flexfs: {string.Join(", ", open)}");
        }

        _meta?.Dispose();
        _meta = ChildProcess.Start(
            Executables.Find("meta.flexfs"), ["start", "--bindAddr", MetaAddress, "--dbFolder", DatabaseFolder],
            Environment, Join("meta.log"));
        await _meta.ReadyAsync($"listens on {MetaAddress}", () => Answers(MetaAddress));
    }

    /// <summary>Checks the database of the metadata server, which must not run.</summary>
    public Task<Outcome> VerifyAsync() => RunAsync("meta.flexfs", "verify", "--dbFolder", DatabaseFolder);

    /// <summary>Whether a port takes connections.</summary>
    public static bool Answers(string address)
    {
        try
        {
            using TcpClient client = new();
            client.Connect(IPEndPoint.Parse(address));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A port that nothing listens on, of an address of this host.</summary>
    public static string FreeAddress(string host = "127.0.0.1")
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(host), 0));
        return string.Create(CultureInfo.InvariantCulture, $"{host}:{((IPEndPoint)socket.LocalEndPoint!).Port}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var mount in _mounts) await mount.EndAsync();
        foreach (var process in (ChildProcess?[])[_meta, _free])
        {
            if (process is null) continue;
            _ = await process.TryKillAsync();
            process.Dispose();
        }

        if (Network is not null) await Network.DisposeAsync();
        _folder.Dispose();
    }

    private static string NewToken() => Guid.NewGuid().ToString("D");

    private async Task BeginAsync()
    {
        if (_options.OnHostsOfTheirOwn) await (Network = new VirtualNetwork(Join("network.log"))).StartAsync();
        AdminAddress = FreeAddress(Network?.Address ?? "127.0.0.1");
        MetaAddress = FreeAddress(Network?.Address ?? "127.0.0.1");
        Directory.CreateDirectory(Environment["HOME"]);
        Directory.CreateDirectory(StoreFolder);
        (await RunAsync("free.flexfs", "init", "creds", "--token", NewToken())).MustSucceed("free.flexfs init creds");
        (await RunAsync(
            "free.flexfs", "init", "volume", "--name", Volume, "--metaAddr", MetaAddress, "--api", "file",
            "--bucket", StoreFolder, "--volumeToken", VolumeToken, "--metaToken", MetaToken)).MustSucceed("free.flexfs init volume");
        _free = ChildProcess.Start(
            Executables.Find("free.flexfs"), ["start", "--bindAddr", AdminAddress], Environment, Join("free.log"));
        await _free.ReadyAsync($"listens on {AdminAddress}", () => Answers(AdminAddress));
        (await RunAsync("meta.flexfs", "init", "creds", "--adminAddr", AdminAddress, "--token", MetaToken))
            .MustSucceed("meta.flexfs init creds");
        await StartMetaAsync();
        (await RunAsync("mount.flexfs", "init", "creds", Volume, "--adminAddr", AdminAddress, "--token", VolumeToken))
            .MustSucceed("mount.flexfs init creds");
        for (var i = 0; i < _options.Mounts; i++) await MountAsync();
    }
}
