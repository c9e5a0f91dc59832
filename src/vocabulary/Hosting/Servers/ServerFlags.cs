using System.CommandLine;
using System.Net;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;
using FlexFs.Hosting.Logging;
using FlexFs.Hosting.Net;
using FlexFs.Hosting.Tls;

namespace FlexFs.Hosting.Servers;

/// <summary>The flags that <c>start</c> of every server has.</summary>
public sealed class ServerFlags
{
    private readonly Option<IPEndPoint?> _bindAddress = Flags.Parsed<IPEndPoint>(
        "--bindAddr", "addr:port", "address to listen on", TryParseBind,
        "ADDRESS:PORT with an address of this host, :PORT or localhost:PORT", "0.0.0.0:443");
    private readonly Option<bool> _noSsl = Flags.Switch("--noSSL", "serve without TLS");
    private readonly Option<string?> _sslCert = Flags.Text(
        "--sslCert", Flags.File, "TLS certificate, made when it is missing", "~/.flexfs/ssl/cert");
    private readonly Option<string?> _sslKey = Flags.Text("--sslKey", Flags.File, "its key", "~/.flexfs/ssl/key");
    private readonly Option<bool> _verbose = Flags.Switch("--verbose", "log more", "-v");

    /// <summary>Adds them to a <c>start</c> command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_bindAddress);
        command.Options.Add(_noSsl);
        command.Options.Add(_sslCert);
        command.Options.Add(_sslKey);
        command.Options.Add(_verbose);
    }

    /// <summary>The log that was asked for.</summary>
    public LogSettings ReadLog(ParseResult parse) => new() { Verbose = parse.GetValue(_verbose) };

    /// <summary>How to listen; makes the certificate when it is missing.</summary>
    /// <exception cref="CommandException">The certificate cannot be used.</exception>
    public ServerSettings ReadServer(ParseResult parse, FlexFsPaths paths) => new()
    {
        BindAddress = parse.GetValue(_bindAddress)!,
        Certificate = parse.GetValue(_noSsl) ? null : ServerCertificate.LoadOrCreate(
            paths.Expand(parse.GetValue(_sslCert)!), paths.Expand(parse.GetValue(_sslKey)!), TimeProvider.System),
    };

    private static bool TryParseBind(string text, out IPEndPoint value)
    {
        value = null!;
        if (!HostPort.TryParse(text, out HostPort address) || !address.TryToEndPoint(out IPEndPoint? endPoint)) return false;
        value = endPoint;
        return true;
    }
}
