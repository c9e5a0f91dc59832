using System.Net;
using System.Net.Sockets;

namespace FlexFs.Workloads.Targets;

/// <summary>A port of loopback that nobody listens on at this moment.</summary>
public static class FreePort
{
    /// <summary>Asks the kernel for one.</summary>
    public static int Find()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
