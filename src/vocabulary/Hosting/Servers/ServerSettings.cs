using System.Net;
using FlexFs.Hosting.Tls;

namespace FlexFs.Hosting.Servers;

/// <summary>How a server listens.</summary>
public sealed record ServerSettings
{
    /// <summary>Address and port; port 0 takes a free one.</summary>
    public required IPEndPoint BindAddress { get; init; }

    /// <summary>What it presents; null serves without TLS. The caller disposes it after the server.</summary>
    public required ServerCertificate? Certificate { get; init; }

    /// <summary>How long requests under way may take when the server stops; connections are cut after it.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections at a time; more are closed at once.</summary>
    public int ConnectionsMax { get; init; } = 16_384;

    /// <summary>Bytes of a REST request's body.</summary>
    public int RequestBytesMax { get; init; } = 1 << 20;
}
