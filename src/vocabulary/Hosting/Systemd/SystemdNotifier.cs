using System.Net.Sockets;
using System.Text;

namespace FlexFs.Hosting.Systemd;

/// <summary>Tells systemd how the service is doing (sd_notify(3)); does nothing when nobody listens.</summary>
/// <param name="socketPath">The value of <c>NOTIFY_SOCKET</c>: a path, or an abstract name after an <c>@</c>.</param>
public sealed class SystemdNotifier(string? socketPath)
{
    /// <summary>The one that <c>NOTIFY_SOCKET</c> names.</summary>
    public static SystemdNotifier OfProcess() => new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));

    /// <summary>Whether the process was started by systemd as a service that reports.</summary>
    public bool IsListening => !string.IsNullOrEmpty(socketPath);

    /// <summary>The service can be used.</summary>
    /// <param name="status">One line for <c>systemctl status</c>.</param>
    public void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    /// <summary>The service is going down.</summary>
    public void Stopping() => Send("STOPPING=1\nSTATUS=stopping");

    /// <summary>What it is doing, for <c>systemctl status</c>.</summary>
    public void Status(string status) => Send($"STATUS={status}");

    private void Send(string state)
    {
        if (!IsListening) return;
        // The address of an abstract socket begins with a zero byte (unix(7)).
        string address = socketPath![0] == '@' ? "\0" + socketPath[1..] : socketPath;
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(address));
        }
        catch (SocketException)
        {
            // Nobody to tell, and nothing that would go better for knowing it: systemd's own timeout reports it.
        }
    }
}
