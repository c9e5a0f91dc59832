using System.CommandLine;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Credentials;
using FlexFs.Hosting.Files;
using FlexFs.Hosting.Http;
using FlexFs.Hosting.Net;
using FlexFs.Hosting.Tls;
using FlexFs.Protocol.Settings;

namespace FlexFs.Apps.Mount;

/// <summary><c>init creds</c> and <c>deinit creds</c>: the right to mount one volume.</summary>
internal static class CredentialCommands
{
    internal static Command Init()
    {
        var name = Volume();
        var adminAddr = Flags.Parsed<HostPort>(
            "--adminAddr", "host:port", "administration server", HostPort.TryParse, HostPort.Rule);
        adminAddr.Required = true;
        var token = Flags.Text("--token", "uuid", "volume token; - reads stdin; asked for when left out");
        var fingerprint = Flags.Text(
            "--fingerprint", "sha256", "the server's certificate; looked up and shown when it is not given");
        var credsFile = CredsFile();
        var noAdminSsl = Flags.Switch("--noAdminSSL", "the administration server speaks no TLS").Internal();
        var force = Flags.Switch("--force", "overwrite a file that is there");
        Command command = new("creds", "check a volume token and write the credentials file")
        {
            name, adminAddr, token, fingerprint, credsFile, noAdminSsl, force,
        };
        command.SetAction(async (parse, cancel) =>
        {
            var volume = parse.GetValue(name)!;
            var path = PathOf(parse.GetValue(credsFile), volume);
            CredentialsFile.RequireAbsent(path, parse.GetValue(force));
            var address = parse.GetValue(adminAddr);
            var pin = parse.GetValue(fingerprint) ?? "";
            var plain = parse.GetValue(noAdminSsl);
            if (!plain && pin.Length == 0)
            {
                var probed = await FingerprintProbe.LookAsync(address, cancel);
                pin = probed.Setting;
                await parse.InvocationConfiguration.Output.WriteLineAsync(
                    pin.Length == 0
                        ? $"{address} has a publicly valid certificate"
                        : $"{address} has the certificate {pin}; it is pinned from now on: compare it with what the server printed");
            }

            MountCredentials credentials = new()
            {
                AdminAddr = address.ToString(),
                Token = SecretInput.Require(parse.GetValue(token), "volume token", "--token"),
                Fingerprint = pin,
            };
            if (credentials.Fault() is { } fault) throw new CommandException(fault);
            using AdminClient admin = new(new AdminClientSettings
            {
                Address = address,
                Token = credentials.Token,
                Trust = plain ? null : ServerTrust.FromSetting(pin),
            });
            var settings = await admin.GetVolumeAsync(volume, cancel);
            CredentialsFile.Save(path, credentials, parse.GetValue(force));
            await parse.InvocationConfiguration.Output.WriteLineAsync(
                $"{path}: the token is valid for the volume {settings.Name}");
        });
        return command;
    }

    internal static Command Deinit()
    {
        var name = Volume();
        var credsFile = CredsFile();
        Command command = new("creds", "remove the credentials file") { name, credsFile };
        command.SetAction(parse => CredentialsFile.Delete(PathOf(parse.GetValue(credsFile), parse.GetValue(name)!)));
        return command;
    }

    /// <summary>Which volume. Its name becomes that of a file, so nothing but a name or an id is taken.</summary>
    internal static Argument<string> Volume()
    {
        Argument<string> name = new("name") { Description = "the volume" };
        name.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: { Length: > 0 } given }] && !VolumeName.IsValid(given))
            {
                result.AddError($"'{given}' is no volume: {VolumeName.Rule}");
            }
        });
        return name;
    }

    internal static Option<string?> CredsFile() =>
        Flags.Text("--credsFile", Flags.File, "credentials file (default ~/.flexfs/mount/creds/<name>)");

    internal static string PathOf(string? given, string volume)
    {
        var paths = FlexFsPaths.OfUser();
        return given is null ? paths.MountCredentials(volume) : Path.GetFullPath(paths.Expand(given));
    }
}
