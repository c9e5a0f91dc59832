using System.Globalization;
using System.Net.NetworkInformation;

namespace FlexFs.Harness;

/// <summary>Hosts behind one switch, as far as the network goes: namespaces, joined to that of the tests (network_namespaces(7)).</summary>
/// <remarks>
/// The namespaces have no names: processes hold them, so with these everything is gone, links and addresses too. The switch is a bridge in
/// a namespace of its own; cutting a host there is pulling its cable, and neither side is told more than that.
/// </remarks>
public sealed class VirtualNetwork : IAsyncDisposable
{
    private const int SubnetsMax = 512;
    private readonly ChildProcess _switch;
    private readonly List<ChildProcess> _hosts = [];
    private readonly string _log;
    private readonly string _prefix;

    /// <summary>A switch without a cable; <see cref="StartAsync"/> joins it to the tests' namespace.</summary>
    /// <param name="log">A file for what goes wrong.</param>
    public VirtualNetwork(string log)
    {
        Requirements.Programs("ip", "nsenter", "unshare");
        _log = log;
        _prefix = FreePrefix();
        Address = _prefix + "1";
        _switch = Namespace();
    }

    /// <summary>The address of the tests' own namespace, where the servers are.</summary>
    public string Address { get; }

    /// <summary>What a command begins with to see its switch: <c>ip link set port1 down</c> cuts the first host.</summary>
    public IReadOnlyList<string> EnterSwitch => Enter(_switch);

    /// <summary>Gives the tests' namespace its address; there are no hosts yet.</summary>
    public async Task StartAsync()
    {
        var name = "flexfs" + Guid.NewGuid().ToString("N")[..8];
        await SwitchAsync("link add switch type bridge forward_delay 0");
        await SwitchAsync("link set switch up");
        await IpAsync([], $"link add {name} type veth peer name server netns {_switch.Id}");
        await IpAsync([], $"address add {Address}/24 dev {name}");
        await IpAsync([], $"link set {name} up");
        await PlugAsync("server");
    }

    /// <summary>Adds a host.</summary>
    /// <returns>What a command begins with to run there.</returns>
    public async Task<IReadOnlyList<string>> AddHostAsync()
    {
        var host = Namespace();
        _hosts.Add(host);
        var number = _hosts.Count;
        await SwitchAsync($"link add port{number} type veth peer name eth0 netns {host.Id}");
        await PlugAsync($"port{number}");
        await IpAsync(Enter(host), "link set lo up");
        await IpAsync(Enter(host), string.Create(CultureInfo.InvariantCulture, $"address add {_prefix}{number + 1}/24 dev eth0"));
        await IpAsync(Enter(host), "link set eth0 up");
        return Enter(host);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in (ChildProcess[])[.. _hosts, _switch])
        {
            _ = await process.TryKillAsync();
            process.Dispose();
        }
    }

    // 198.18.0.0/15 is set aside for tests of networks (RFC 2544, RFC 6890): no route of a real host goes there.
    private static string FreePrefix()
    {
        var used = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(address => address.Address.ToString()).ToList();
        var first = Random.Shared.Next(SubnetsMax);
        return Enumerable.Range(0, SubnetsMax)
            .Select(i => (first + i) % SubnetsMax)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"198.{18 + (i / 256)}.{i % 256}."))
            .First(prefix => !used.Any(address => address.StartsWith(prefix, StringComparison.Ordinal)));
    }

    private static string[] Enter(ChildProcess holder) => ["nsenter", $"--net=/proc/{holder.Id}/ns/net"];

    private static async Task IpAsync(IReadOnlyList<string> prefix, string arguments)
    {
        string[] command = [.. prefix, "ip", .. arguments.Split(' ')];
        (await Shell.RunAsync(command[0], command[1..], seconds: 10)).MustSucceed($"ip {arguments}");
    }

    private ChildProcess Namespace()
    {
        var before = new FileInfo("/proc/self/ns/net").LinkTarget;
        var holder = ChildProcess.Start("unshare", ["--net", "sleep", "infinity"], new Dictionary<string, string>(), _log);
        Assert.True(
            SpinWait.SpinUntil(() => new FileInfo($"/proc/{holder.Id}/ns/net").LinkTarget != before, TimeSpan.FromSeconds(30)),
            $"no network namespace could be made: {holder.Tail()}");
        return holder;
    }

    private Task SwitchAsync(string arguments) => IpAsync(EnterSwitch, arguments);

    private async Task PlugAsync(string port)
    {
        await SwitchAsync($"link set {port} master switch");
        await SwitchAsync($"link set {port} up");
    }
}
