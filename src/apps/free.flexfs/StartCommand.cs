using System.CommandLine;
using FlexFs.Admin.Database;
using FlexFs.Admin.Rest;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Credentials;
using FlexFs.Hosting.Files;
using FlexFs.Hosting.Logging;
using FlexFs.Hosting.Servers;
using FlexFs.Hosting.Systemd;
using FlexFs.Protocol.Settings;
using Microsoft.Extensions.Logging;

namespace FlexFs.Apps.Free;

/// <summary><c>start</c>: serves until a signal comes.</summary>
internal static partial class StartCommand
{
    public static Command Create()
    {
        Option<string?> credsFile = FreeCommandLine.CredsFile();
        Option<string?> dbFolder = FreeCommandLine.DbFolder();
        ServerFlags server = new();
        Command command = new("start", "serve until SIGTERM or SIGINT");
        server.AddTo(command);
        command.Options.Add(dbFolder);
        command.Options.Add(credsFile);
        command.SetAction(async (parse, cancel) =>
        {
            FlexFsPaths paths = FlexFsPaths.OfUser();
            using TerminationSignals signals = new();
            FreeCredentials credentials = CredentialsFile.Load<FreeCredentials>(
                paths.Expand(parse.GetValue(credsFile)!), FreeCommandLine.InitCreds);
            using FreeDatabaseFile database = FreeDatabaseFile.Open(paths.Expand(parse.GetValue(dbFolder)!));
            if (database.Current is not { } current)
                throw new CommandException($"no volume is described in {database.Path}: run free.flexfs init volume");
            ServerSettings settings = server.ReadServer(parse, paths);
            using var certificate = settings.Certificate;
            using ILoggerFactory logs = Log.Create(server.ReadLog(parse));
            ILogger log = logs.CreateLogger("free");
            FreeRoutes routes = new(database, TokenHash.Of(credentials.Token), logs.CreateLogger<FreeRoutes>());
            await using ServerHost host = await ServerHost.StartAsync(settings, logs, routes.Map, rpc: null, signals.Requested);
            string identity = certificate is null ? "without TLS" : $"with the certificate {certificate.Fingerprint}";
            LogStarted(log, current.Volume.Name, host.LocalEndPoint.ToString(), identity);
            await host.RunAsync($"serves the volume {current.Volume.Name} on {host.LocalEndPoint}",
                SystemdNotifier.OfProcess(), signals.Requested);
            LogStopped(log);
        });
        return command;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "free.flexfs describes the volume {Volume} on {Address} {Identity}")]
    private static partial void LogStarted(ILogger log, string volume, string address, string identity);

    [LoggerMessage(Level = LogLevel.Information, Message = "stopped")]
    private static partial void LogStopped(ILogger log);
}
