using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace FlexFs.Hosting.Net;

/// <summary>Where a server is: a host name or address and a port, as users write it.</summary>
/// <param name="Host">Name, IPv4 address, or IPv6 address without brackets.</param>
/// <param name="Port">1 to 65535; 0 only to listen on a free one.</param>
public readonly record struct HostPort(string Host, int Port)
{
    /// <summary>Port of every server unless one is named.</summary>
    public const int DefaultPort = 443;

    /// <summary>What to say of an address that is not valid.</summary>
    public const string Rule = "an address is HOST, HOST:PORT or [IPv6]:PORT";

    /// <summary>Reads <c>host</c>, <c>host:port</c>, <c>1.2.3.4:443</c>, <c>[::1]:443</c>; <c>:443</c> is every
    /// address of this host. A port of 0 is not refused here.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out HostPort address)
    {
        address = default;
        if (string.IsNullOrEmpty(text)) return false;
        string host;
        ReadOnlySpan<char> port;
        if (text[0] == '[')
        {
            int end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0) return false;
            host = text[1..end];
            if (!IPAddress.TryParse(host, out IPAddress? ip) || ip.ToString().IndexOf(':', StringComparison.Ordinal) < 0)
                return false;
            port = text.AsSpan(end + 1);
            if (port.Length > 0)
            {
                if (port[0] != ':') return false;
                port = port[1..];
                if (port.Length == 0) return false;
            }
        }
        else
        {
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon != text.LastIndexOf(':')) return false;
            host = colon < 0 ? text : text[..colon];
            port = colon < 0 ? [] : text.AsSpan(colon + 1);
            if (colon >= 0 && port.Length == 0) return false;
            if (host.Length == 0) host = "0.0.0.0";
            if (Uri.CheckHostName(host) is UriHostNameType.Unknown or UriHostNameType.Basic) return false;
        }
        int number = DefaultPort;
        if (port.Length > 0 &&
            (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number > 65535))
            return false;
        address = new HostPort(host, number);
        return true;
    }

    /// <summary>Where to listen: only for addresses of this host and <c>localhost</c>.</summary>
    public bool TryToEndPoint([NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        endPoint = null;
        if (Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) endPoint = new(IPAddress.Loopback, Port);
        else if (IPAddress.TryParse(Host, out IPAddress? ip)) endPoint = new(ip, Port);
        return endPoint is not null;
    }

    /// <summary>The text that <see cref="TryParse"/> reads, always with the port.</summary>
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
