using System.CommandLine;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Credentials;
using FlexFs.Hosting.Files;
using FlexFs.Hosting.Net;
using FlexFs.Hosting.Tls;

namespace FlexFs.Apps.Meta;

/// <summary><c>init creds</c> and <c>deinit creds</c>.</summary>
internal static class CredsCommands
{
    public static Command Init()
    {
        var credsFile = MetaCommandLine.CredsFile();
        var adminAddr = Flags.Parsed<HostPort>(
            "--adminAddr", "host:port", "administration server", HostPort.TryParse, HostPort.Rule);
        adminAddr.Required = true;
        var token = Flags.Text("--token", "uuid", "metadata-store token; - reads stdin; asked for when left out");
        var fingerprint = Flags.Parsed<CertificateFingerprint>(
            "--fingerprint", "sha256:...", "certificate of the administration server to pin (default: the one that it presents now)",
            CertificateFingerprint.TryParse, CertificateFingerprint.Rule);
        var noAdminSsl = Flags.Switch("--noAdminSSL", "the administration server is without TLS").Internal();
        var force = Flags.Switch("--force", "replace credentials that are there");
        Command command = new("creds", "write the credentials file") { credsFile, adminAddr, token, fingerprint, noAdminSsl, force };
        command.SetAction(async (parse, cancel) =>
        {
            var path = FlexFsPaths.OfUser().Expand(parse.GetValue(credsFile)!);
            CredentialsFile.RequireAbsent(path, parse.GetValue(force));
            var address = parse.GetValue(adminAddr)!;
            var text = SecretInput.Require(parse.GetValue(token), "metadata-store token", "--token");
            var pin = parse.GetResult(fingerprint) is not null ? parse.GetValue(fingerprint).ToString()
                : parse.GetValue(noAdminSsl) ? ""
                : (await FingerprintProbe.LookAsync(address, cancel)).Setting;
            CredentialsFile.Save(
                path,
                new MetaCredentials { AdminAddr = address.ToString(), Token = text.Trim(), Fingerprint = pin },
                parse.GetValue(force));
            var output = parse.InvocationConfiguration.Output;
            await output.WriteLineAsync($"wrote {path}");
            if (pin.Length > 0) await output.WriteLineAsync($"pinned the certificate {pin} of {address}");
        });
        return command;
    }

    public static Command Deinit()
    {
        var credsFile = MetaCommandLine.CredsFile();
        Command command = new("creds", "remove the credentials file") { credsFile };
        command.SetAction(parse =>
        {
            var path = FlexFsPaths.OfUser().Expand(parse.GetValue(credsFile)!);
            CredentialsFile.Delete(path);
            parse.InvocationConfiguration.Output.WriteLine($"removed {path}");
        });
        return command;
    }
}
