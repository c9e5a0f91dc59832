using System.Net.Sockets;
using System.Text;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Systemd;

namespace FlexFs.Hosting.Tests.Systemd;

public sealed class SystemdTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly List<string> _calls = [];
    private readonly StringWriter _output = new();

    private string UnitFile => _root.File("etc/systemd/system/flexfs-meta.service");

    public void Dispose() => _root.Dispose();

    private static SystemdUnit Unit(string startFlags = "") => new()
    {
        Component = "meta",
        Description = "flexFS metadata server",
        Executable = "/usr/sbin/meta.flexfs",
        Home = "/root",
        StartDelaySeconds = 1,
        StartFlags = startFlags,
    };

    private SystemdInstaller Installer((int, string)? answer) => new(_root.Path, arguments =>
    {
        _calls.Add(string.Join(' ', arguments));
        return answer;
    });

    [Fact]
    public void Unit_is_golden() => Golden.Check("Systemd/flexfs-meta.service", Unit("--bindAddr 0.0.0.0:7443 --verbose").ToText());

    [Fact]
    public void Install_writes_and_enables()
    {
        Installer((0, "")).Install(Unit(), now: true, force: false, _output);
        Assert.Equal(Unit().ToText(), File.ReadAllText(UnitFile));
        Assert.Equal(["daemon-reload", "enable --now flexfs-meta.service"], _calls);
    }

    [Fact]
    public void Existing_unit_is_replaced_only_by_force()
    {
        Installer((0, "")).Install(Unit(), false, force: false, _output);
        Assert.Contains("--force", Assert.Throws<CommandException>(
            () => Installer((0, "")).Install(Unit("-v"), false, force: false, _output)).Message, StringComparison.Ordinal);
        Assert.Equal(Unit().ToText(), File.ReadAllText(UnitFile));
        Installer((0, "")).Install(Unit("-v"), false, force: true, _output);
        Assert.Equal(Unit("-v").ToText(), File.ReadAllText(UnitFile));
    }

    [Fact]
    public void Without_systemd_the_file_is_written_and_the_rest_is_said()
    {
        CommandException e = Assert.Throws<CommandException>(() => Installer(null).Install(Unit(), true, false, _output));
        Assert.Equal($"systemd does not run on this host: {UnitFile} was written, but nothing was enabled or started", e.Message);
        Assert.True(File.Exists(UnitFile));
    }

    [Fact]
    public void Refusal_of_systemctl_is_quoted_in_one_line()
    {
        CommandException e = Assert.Throws<CommandException>(
            () => Installer((1, "Failed to\nreload\n")).Install(Unit(), true, false, _output));
        Assert.EndsWith("systemctl daemon-reload failed: Failed to; reload", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Flags_cannot_add_lines_to_the_unit()
    {
        Assert.Throws<CommandException>(() => Installer((0, "")).Install(Unit("-v\nExecStartPre=/bin/rm"), false, false, _output));
        Assert.False(File.Exists(UnitFile));
    }

    [Fact]
    public void Remove_disables_and_deletes()
    {
        Installer((0, "")).Install(Unit(), false, false, _output);
        _calls.Clear();
        Installer((0, "")).Remove("meta", _output);
        Assert.False(File.Exists(UnitFile));
        Assert.Equal(["disable --now flexfs-meta.service", "daemon-reload"], _calls);
        Assert.Throws<CommandException>(() => Installer((0, "")).Remove("meta", _output));
    }

    [Fact]
    public void Names_with_odd_characters_are_quoted()
    {
        string text = (Unit() with { Executable = "/opt/my \"tools\"/100%/meta.flexfs" }).ToText();
        Assert.Contains("ExecStart=\"/opt/my \\\"tools\\\"/100%%/meta.flexfs\" start", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Readiness_arrives_at_the_socket()
    {
        string path = _root.File("notify");
        using Socket systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        systemd.ReceiveTimeout = 10_000;
        SystemdNotifier notifier = new(path);
        notifier.Ready("serving");
        notifier.Stopping();
        byte[] buffer = new byte[256];
        Assert.Equal("READY=1\nSTATUS=serving", Encoding.UTF8.GetString(buffer, 0, systemd.Receive(buffer)));
        Assert.Equal("STOPPING=1\nSTATUS=stopping", Encoding.UTF8.GetString(buffer, 0, systemd.Receive(buffer)));
    }

    [Fact]
    public void Nobody_listening_is_no_error()
    {
        new SystemdNotifier(null).Ready("x");
        new SystemdNotifier(_root.File("nobody")).Ready("x");
        new SystemdNotifier("@flexfs-nobody-listens").Ready("x");
    }
}
