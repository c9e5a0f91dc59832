using System.CommandLine;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;
using FlexFs.Metadata.RocksDb;
using FlexFs.Metadata.Storage;
using FlexFs.Metadata.Verify;

namespace FlexFs.Apps.Meta;

/// <summary><c>verify</c>: walks the databases of a server that is not running.</summary>
internal static class VerifyCommand
{
    private const int PageMax = 4096;
    private const int ShownMax = 1000;

    public static Command Create()
    {
        var dbFolder = MetaCommandLine.DbFolder();
        var credsFile = MetaCommandLine.CredsFile();
        Command command = new("verify", "check the database of a server that is not running; exit 1 when something is wrong")
        {
            dbFolder, credsFile,
        };
        command.SetAction(async (parse, cancel) =>
        {
            var folder = FlexFsPaths.OfUser().Expand(parse.GetValue(dbFolder)!);
            if (!Directory.Exists(folder)) throw new CommandException($"there is no database folder {folder}");
            using var alone = FolderLock.Take(folder, MetaCommandLine.Executable);
            var output = parse.InvocationConfiguration.Output;
            using var environment = new RocksDbEnvironment(new RocksDbOptions());
            var folders = new DatabaseFolders(folder);
            var volumes = folders.Volumes.ToArray();
            if (volumes.Length == 0) throw new CommandException($"{folder} has no database of a volume: nothing was checked");
            var count = 0;
            foreach (var volume in volumes)
            {
                count += await VerifyAsync(environment, folders.Of(volume), output, cancel);
            }

            return count == 0 ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }

    private static async Task<int> VerifyAsync(
        RocksDbEnvironment environment, string path, TextWriter output, CancellationToken cancel)
    {
        try
        {
            await using var store = RocksDbStore.Open(environment, path, mustExist: true);
            var pairs = new List<StorePair>();
            ReadOnlyMemory<byte> from = default;
            for (var isEnd = false; !isEnd;)
            {
                var page = await store.ScanAsync(new StoreRange(StoreColumn.Current, from, default), PageMax, cancel);
                pairs.AddRange(page.Pairs);
                isEnd = page.IsComplete;
                if (!isEnd) from = (byte[])[.. page.Pairs[^1].Key, 0];
            }

            var findings = VolumeVerifier.Verify(pairs);
            foreach (var finding in findings.Take(ShownMax)) await output.WriteLineAsync($"{path}: {finding}");
            await output.WriteLineAsync(findings.Count == 0
                ? $"{path}: {pairs.Count} records, nothing wrong"
                : $"{path}: {pairs.Count} records, {findings.Count} findings");
            return findings.Count;
        }
        catch (StorageException e)
        {
            throw new CommandException(e.Message, cause: e);
        }
    }
}
