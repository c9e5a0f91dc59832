using System.CommandLine;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Credentials;
using FlexFs.Hosting.Files;
using FlexFs.Protocol.Settings;

namespace FlexFs.Apps.Free;

/// <summary><c>init creds</c> and <c>deinit creds</c>.</summary>
internal static class CredsCommands
{
    public static Command Init()
    {
        Option<string?> credsFile = FreeCommandLine.CredsFile();
        Option<string?> token = Flags.Text(
            "--token", "uuid", "account token, which may look at the volume and its usage; the word new makes one; - reads stdin; asked for when left out");
        Option<bool> force = Flags.Switch("--force", "replace credentials that are there");
        Command command = new("creds", "write the credentials file") { credsFile, token, force };
        command.SetAction(parse =>
        {
            string path = FlexFsPaths.OfUser().Expand(parse.GetValue(credsFile)!);
            CredentialsFile.RequireAbsent(path, parse.GetValue(force));
            string text = SecretInput.Require(parse.GetValue(token), "account token (a UUID, or new)", "--token");
            string made = "";
            if (text == "new") text = made = TokenHash.NewToken();
            if (!TokenHash.TryParseToken(text, out string canonical))
                throw new CommandException("--token is not valid: a token is a UUID, or the word new", ExitCode.Usage);
            CredentialsFile.Save(path, new FreeCredentials { Token = canonical }, parse.GetValue(force));
            TextWriter output = parse.InvocationConfiguration.Output;
            output.WriteLine($"wrote {path}");
            if (made.Length > 0) output.WriteLine($"account token: {made}");
        });
        return command;
    }

    public static Command Deinit()
    {
        Option<string?> credsFile = FreeCommandLine.CredsFile();
        Command command = new("creds", "remove the credentials file") { credsFile };
        command.SetAction(parse =>
        {
            string path = FlexFsPaths.OfUser().Expand(parse.GetValue(credsFile)!);
            CredentialsFile.Delete(path);
            parse.InvocationConfiguration.Output.WriteLine($"removed {path}");
        });
        return command;
    }
}
