using System.Diagnostics;
using System.Runtime.InteropServices;
using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.RocksDb.Tests;

/// <summary>This executable again, as the process that a crash test kills: commits until it dies, a line per answer.</summary>
public sealed partial class ChildWriter
{
    private const string FolderVariable = "FLEXFS_TEST_CHILD_FOLDER";
    private const string FileLimitVariable = "FLEXFS_TEST_CHILD_FILE_LIMIT";
    private const int BatchKeys = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Starts the child. The caller kills and disposes it.</summary>
    internal static Process Start(string folder, long fileBytesMax = 0)
    {
        // The apphost beside this assembly, however the tests themselves were started.
        var start = new ProcessStartInfo(Path.ChangeExtension(typeof(ChildWriter).Assembly.Location, null))
        {
            RedirectStandardOutput = true,
        };
        foreach (var argument in (string[])["-method", $"{typeof(ChildWriter).FullName}.{nameof(Child)}", "-explicit", "only"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[FolderVariable] = folder;
        if (fileBytesMax > 0) start.Environment[FileLimitVariable] = $"{fileBytesMax}";
        return Process.Start(start)!;
    }

    /// <summary>The child's next line, without the runner's; null at its end.</summary>
    /// <exception cref="TimeoutException">It says nothing for a minute.</exception>
    internal static async Task<string?> ReadLineAsync(Process child)
    {
        while (await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience) is { } line)
        {
            if (line.StartsWith("Committed ", StringComparison.Ordinal)
                || line.StartsWith("failed ", StringComparison.Ordinal)) return line;
        }

        return null;
    }

    /// <summary>Waits until it has ended.</summary>
    internal static Task EndAsync(Process child) => child.WaitForExitAsync().WaitAsync(Patience);

    /// <summary>Asserts that the database holds whole batches, all up to <paramref name="acknowledged"/>.</summary>
    internal static async Task<ulong> VerifyAsync(RocksDbStore store, ulong acknowledged)
    {
        var token = TestContext.Current.CancellationToken;
        var position = await store.PositionAsync(token);
        Assert.InRange(position.Sequence, acknowledged, acknowledged + 1);
        var page = await store.ScanAsync(new(StoreColumn.Current, default, default), int.MaxValue, token);
        Assert.Equal((int)position.Sequence * BatchKeys, page.Pairs.Count);
        var at = 0;
        for (ulong sequence = 1; sequence <= position.Sequence; sequence++)
        {
            for (var i = 0; i < BatchKeys; i++, at++)
            {
                Assert.Equal(KeyOf(sequence, i), page.Pairs[at].Key);
                Assert.Equal(ValueOf(sequence, i), page.Pairs[at].Value);
            }
        }

        return position.Sequence;
    }

    /// <summary>What the child runs: a test only in name, so that the runner's own entry point leads here.</summary>
    [Fact(Explicit = true)]
    public async Task Child()
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(folder is null, "only CrashTests start this");
        var limit = Environment.GetEnvironmentVariable(FileLimitVariable);
        await RunAsync(folder, limit is null ? 0 : long.Parse(limit, null));
    }

    private static async Task RunAsync(string folder, long fileBytesMax)
    {
        using var environment = new RocksDbEnvironment(new RocksDbOptions { WriteBufferPerColumnBytes = 256 << 10 });
        await using var store = RocksDbStore.Open(environment, folder);
        var position = await store.TakeOwnershipAsync(CancellationToken.None);
        using var ignored = fileBytesMax == 0 ? null : LimitFiles(fileBytesMax);
        var failed = false;
        await using var output = new StreamWriter(Console.OpenStandardOutput());
        while (true)
        {
            position = position with { Sequence = position.Sequence + 1 };
            var writes = Enumerable.Range(0, BatchKeys)
                .Select(i => new StoreWrite(
                    new(StoreColumn.Current, KeyOf(position.Sequence, i)), ValueOf(position.Sequence, i)))
                .ToArray();
            try
            {
                var result = await store.CommitAsync(new(position.Epoch, position.Sequence, writes));
                await output.WriteLineAsync($"{result} {position.Sequence}");
            }
            catch (StorageException failure)
            {
                await output.WriteLineAsync($"failed {failure.Message}");
                if (failed) return;
                failed = true;
                position = position with { Sequence = position.Sequence - 1 };
            }

            await output.FlushAsync();
        }
    }

    // A limit on file size is the failing log that any process can make: write(2) says EFBIG.
    private static PosixSignalRegistration LimitFiles(long bytes)
    {
        const int FileSizeLimit = 1, SignalFileSize = 25;
        var registration = PosixSignalRegistration.Create((PosixSignal)SignalFileSize, context => context.Cancel = true);
        var limit = new ResourceLimit(bytes, bytes);
        return SetResourceLimit(FileSizeLimit, in limit) == 0
            ? registration
            : throw new InvalidOperationException("setrlimit failed");
    }

    private static byte[] KeyOf(ulong sequence, int i) => System.Text.Encoding.ASCII.GetBytes($"{sequence:D8}/{i}");

    private static byte[] ValueOf(ulong sequence, int i)
    {
        var value = new byte[200];
        new Random((int)(sequence * BatchKeys) + i).NextBytes(value);
        return value;
    }

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetResourceLimit(int resource, in ResourceLimit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct ResourceLimit(long Soft, long Hard);
}
