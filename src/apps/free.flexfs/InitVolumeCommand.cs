using System.CommandLine;
using FlexFs.Admin.Database;
using FlexFs.Admin.Volumes;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;
using FlexFs.Hosting.Net;
using FlexFs.Protocol.Settings;

namespace FlexFs.Apps.Free;

/// <summary><c>init volume</c>: describes the one volume.</summary>
internal static class InitVolumeCommand
{
    public static Command Create()
    {
        Option<string?> dbFolder = FreeCommandLine.DbFolder();
        Option<string?> name = Flags.Text("--name", "name", "name of the volume");
        name.Required = true;
        Option<HostPort> metaAddr = Flags.Parsed<HostPort>(
            "--metaAddr", "host:port", "metadata server of the volume", HostPort.TryParse, HostPort.Rule);
        Option<string?> api = Flags.Text("--api", "api", $"block store: {string.Join(", ", VolumeRequest.Apis)} (default: file)");
        Option<string?> bucket = Flags.Text("--bucket", Flags.Folder, "where the objects are kept: for file, the absolute path of a folder");
        Option<string?> prefix = Flags.Text("--prefix", "prefix", "prefix of all object names (default: flexfs/ID)");
        Option<int> blockSize = Flags.Parsed<int>(
            "--blockSize", "size", "256KiB to 8MiB (default: 4MiB)", BlockSize.TryParse, BlockSize.Rule);
        Option<string?> compression = Flags.Text(
            "--compression", "name", $"of new blocks: {string.Join(", ", VolumeRequest.Compressions)} (default: lz4)");
        Option<long> retention = Flags.Parsed<long>(
            "--retention", "time", "how long the past is kept: 7d, 36h, 0 for not at all, -1 for ever (default: 7d)",
            Retention.TryParse, Retention.Rule);
        Option<Guid> id = Flags.Parsed<Guid>(
            "--id", "uuid", "id of a volume that exists already, to describe it again", Guid.TryParse, "an id is a UUID");
        Option<string?> volumeToken = Flags.Text("--volumeToken", "uuid", "token of mounts; the word new makes one, - reads stdin");
        Option<string?> metaToken = Flags.Text("--metaToken", "uuid", "token of the metadata server; the word new makes one, - reads stdin");
        Option<bool> force = Flags.Switch(
            "--force", "change the volume that is there: its tokens, metaAddr, compression and retention, as far as given");
        Command command = new("volume", "describe the volume and make its tokens")
        {
            name, metaAddr, api, bucket, prefix, blockSize, compression, retention, id, volumeToken, metaToken, dbFolder, force,
        };
        command.SetAction(parse =>
        {
            VolumeRequest request = new()
            {
                Name = parse.GetValue(name)!,
                Id = Given(parse, id),
                MetaAddr = Given(parse, metaAddr),
                Api = parse.GetValue(api),
                Bucket = parse.GetValue(bucket),
                Prefix = parse.GetValue(prefix),
                BlockSize = Given(parse, blockSize),
                Compression = parse.GetValue(compression),
                Retention = Given(parse, retention),
                VolumeToken = SecretInput.Optional(parse.GetValue(volumeToken), "--volumeToken"),
                MetaToken = SecretInput.Optional(parse.GetValue(metaToken), "--metaToken"),
            };
            Describe(FlexFsPaths.OfUser().Expand(parse.GetValue(dbFolder)!), request, parse.GetValue(force),
                parse.InvocationConfiguration.Output);
        });
        return command;
    }

    private static T? Given<T>(ParseResult parse, Option<T> option) where T : struct =>
        parse.GetResult(option) is null ? null : parse.GetValue(option);

    private static void Describe(string folder, VolumeRequest request, bool force, TextWriter output)
    {
        using FreeDatabaseFile file = FreeDatabaseFile.Open(folder);
        if (file.Current is { } old && !force)
            throw new CommandException($"the volume {old.Volume.Name} is described in {file.Path} already: use --force to change it");
        VolumeOutcome outcome = file.Current is null ? request.Create() : request.Change(file.Current);
        file.Update(_ => outcome.Database);
        VolumeSettings volume = outcome.Database.Volume;
        output.WriteLine($"volume {volume.Name} ({volume.Id:D}) is described in {file.Path}");
        if (outcome.VolumeToken is not null) output.WriteLine($"volume token: {outcome.VolumeToken}");
        if (outcome.MetaToken is not null) output.WriteLine($"metadata-store token: {outcome.MetaToken}");
        if (outcome.VolumeToken is not null || outcome.MetaToken is not null)
            output.WriteLine("Tokens are shown this once: only their hashes are kept.");
    }
}
