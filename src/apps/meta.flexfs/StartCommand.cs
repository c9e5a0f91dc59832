using System.CommandLine;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Credentials;
using FlexFs.Hosting.Files;
using FlexFs.Hosting.Http;
using FlexFs.Hosting.Net;
using FlexFs.Hosting.Servers;
using FlexFs.Hosting.Systemd;
using FlexFs.Hosting.Tls;
using FlexFs.Metadata.RocksDb;
using FlexFs.Metadata.Storage;
using FlexFs.MetadataService;
using FlexFs.Objects;
using FlexFs.Protocol.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace FlexFs.Apps.Meta;

/// <summary><c>start</c>: serves until a signal comes.</summary>
internal static partial class StartCommand
{
    // Beyond that, databases are opened when they are needed, and what is wrong with one shows then.
    private const int OpenedAtStartMax = 16;
    private const int BlockingThreadsMax = 8;

    public static Command Create()
    {
        var credsFile = MetaCommandLine.CredsFile();
        var dbFolder = MetaCommandLine.DbFolder();
        var sync = Flags.Switch("--sync", "accepted and always on: what was answered is durable");
        var adminAddr = Flags.Parsed<HostPort>(
            "--adminAddr", "host:port", "administration server instead of the one of the credentials",
            HostPort.TryParse, HostPort.Rule).Internal();
        var token = Flags.Text("--token", "uuid", "metadata-store token instead of the one of the credentials").Internal();
        var noAdminSsl = Flags.Switch("--noAdminSSL", "the administration server is without TLS").Internal();
        var memory = Flags.Parsed<long>(
            "--dbMemCapacity", "share", "memory of the database cache", MemoryShare.TryParse, MemoryShare.Rule, "50%").Internal();
        var slowLog = Flags.SlowLog();
        ServerFlags server = new();
        Command command = new("start", "serve until SIGTERM or SIGINT");
        server.AddTo(command);
        foreach (Option option in (Option[])[dbFolder, credsFile, sync, slowLog, adminAddr, token, noAdminSsl, memory])
        {
            command.Options.Add(option);
        }

        command.SetAction(async (parse, _) =>
        {
            var paths = FlexFsPaths.OfUser();
            using TerminationSignals signals = new();
            var credentials = Complete(
                paths.Expand(parse.GetValue(credsFile)!), parse.GetResult(adminAddr) is null ? null : parse.GetValue(adminAddr),
                parse.GetValue(token));
            var folder = paths.Expand(parse.GetValue(dbFolder)!);
            using var alone = FolderLock.Take(folder, MetaCommandLine.Executable);
            var settings = server.ReadServer(parse, paths);
            using var certificate = settings.Certificate;
            using var logs = Hosting.Logging.Log.Create(server.ReadLog(parse));
            using var admin = new AdminClient(new AdminClientSettings
            {
                Address = HostPort.TryParse(credentials.AdminAddr, out var address) ? address : default,
                Token = credentials.Token,
                Trust = parse.GetValue(noAdminSsl) ? null : ServerTrust.FromSetting(credentials.Fingerprint),
            });
            var folders = new DatabaseFolders(folder);
            var volumes = new ServedVolumes(
                admin,
                new MetaIdentity
                {
                    Fingerprint = certificate?.Fingerprint.ToString() ?? "",
                    Ssl = certificate is not null,
                    Version = ProductVersion.Text,
                },
                folders, logs.CreateLogger("volumes"));
            await volumes.StartAsync(signals.Requested);
            await ServeAsync(admin, volumes, folders, parse.GetValue(memory), TimeSpan.FromSeconds(parse.GetValue(slowLog)),
                settings, TokenHash.Of(credentials.Token), logs, signals);
        });
        return command;
    }

    private static MetaCredentials Complete(string path, HostPort? adminAddr, string? token)
    {
        var isComplete = adminAddr is not null && token is not null && !File.Exists(path);
        var credentials = isComplete
            ? new MetaCredentials()
            : CredentialsFile.Load<MetaCredentials>(path, MetaCommandLine.InitCreds);
        if (adminAddr is { } address) credentials.AdminAddr = address.ToString();
        if (token is not null) credentials.Token = token;
        if (credentials.Fault() is { } fault) throw new CommandException(fault, ExitCode.Usage);
        return credentials;
    }

    private static async Task ServeAsync(
        AdminClient admin, ServedVolumes volumes, DatabaseFolders folders, long memory, TimeSpan slowLog, ServerSettings settings,
        string tokenHash, ILoggerFactory logs, TerminationSignals signals)
    {
        var log = logs.CreateLogger(MetaCommandLine.Component);
        using var environment = new RocksDbEnvironment(new RocksDbOptions
        {
            CacheBytes = memory,
            WriteBufferBytes = Math.Min(64 << 20, memory / 2),
        });
        using var blocking = new BlockingThreads("objects", BlockingThreadsMax);
        var blocks = new BlockStores(volumes, blocking, TimeProvider.System);
        using var metadata = new MetadataServer(new MetadataServerSetup
        {
            Directory = volumes,
            Stores = new RocksDbStores(folders, environment, blocks),
            NewSessionKey = NewKey,
            Deleter = blocks,
            Options = new ServiceOptions { SlowRequest = slowLog },
            Logs = logs,
        });
        try
        {
            await OpenKnownAsync(metadata, volumes, folders);
            await using var host = await ServerHost.StartAsync(
                settings, logs, new MetaRoutes(metadata, volumes, tokenHash).Map,
                connection => ServeAsync(metadata, connection, log), signals.Requested);
            WritePlace(folders, host.LocalEndPoint, settings.Certificate?.Fingerprint.ToString() ?? "");
            var refreshing = volumes.RunAsync(signals.Requested);
            var upkeep = metadata.RunAsync(signals.Requested);
            var reporting = new UsageReports(metadata, admin, log).RunAsync(signals.Requested);
            var identity = settings.Certificate is { } c ? $"with the certificate {c.Fingerprint}" : "without TLS";
            LogStarted(log, volumes.All.Count, host.LocalEndPoint.ToString(), identity);
            var notifier = SystemdNotifier.OfProcess();
            notifier.Ready($"serves {volumes.All.Count} volumes on {host.LocalEndPoint}");
            await UntilAsync(signals.Requested);
            notifier.Stopping();

            await reporting;

            // First what was asked is answered and durable, then the port closes.
            await metadata.CloseAsync();
            await host.StopAsync();
            await refreshing;
            await upkeep;
        }
        catch (StorageException e)
        {
            throw new CommandException(e.Message, cause: e);
        }
        finally
        {
            await metadata.CloseAsync();
        }

        LogStopped(log);
    }

    // For the commands that ask a running server: sessions, locks, evict.
    private static void WritePlace(DatabaseFolders folders, IPEndPoint listening, string fingerprint)
    {
        var reached = listening.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : listening.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
            : listening.Address;
        var place = new ServerPlace { Address = new IPEndPoint(reached, listening.Port).ToString(), Fingerprint = fingerprint };
        AtomicFile.Write(folders.Place, JsonSerializer.SerializeToUtf8Bytes(place, MetaJson.Default.ServerPlace));
    }

    private static async Task OpenKnownAsync(MetadataServer metadata, ServedVolumes volumes, DatabaseFolders folders)
    {
        foreach (var volume in folders.Volumes.Take(OpenedAtStartMax))
        {
            if (volumes.SettingsOf(volume) is { } settings) await metadata.OpenAsync(ServedVolumes.Describe(settings));
        }
    }

    private static async Task ServeAsync(MetadataServer metadata, ConnectionContext connection, ILogger log)
    {
        // Once its replies have left after a drain, the server's stop ends whatever connection still goes on.
        var stop = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
            ?? connection.ConnectionClosed;
        var end = await metadata.ServeAsync(connection.Transport, stop);
        LogConnectionEnded(log, connection.RemoteEndPoint?.ToString() ?? "?", end.ToString());
    }

    private static async Task UntilAsync(CancellationToken requested)
    {
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (requested.Register(stopped.SetResult)) await stopped.Task;
    }

    private static UInt128 NewKey()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(bytes);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "meta.flexfs serves {Volumes} volumes on {Address} {Identity}")]
    private static partial void LogStarted(ILogger log, int volumes, string address, string identity);

    [LoggerMessage(Level = LogLevel.Debug, Message = "connection of {Peer}: {Reason}")]
    private static partial void LogConnectionEnded(ILogger log, string peer, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "stopped")]
    private static partial void LogStopped(ILogger log);
}
