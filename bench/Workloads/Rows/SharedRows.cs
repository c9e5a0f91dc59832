using System.Diagnostics;
using FlexFs.Workloads.Targets;
using Microsoft.Win32.SafeHandles;

namespace FlexFs.Workloads.Rows;

/// <summary>What two hosts do with the same files, and folders as large as they get.</summary>
/// <remarks>On a local file system the other host is another descriptor or process: what sharing costs where there is nothing to recall.</remarks>
public static class SharedRows
{
    private const int Entries = 1_000_000;
    private const int Turns = 500;

    /// <summary>In the order in which they are run.</summary>
    public static IReadOnlyList<Row> All { get; } =
    [
        new("recall", "4 KiB written on one host, read on another, in turns", "turns/s", true, null, (target, folder) =>
            target.IsForAll ? Rate(() => WriteAndRead(folder, target.OtherHost(folder))) : double.NaN),
        new("names", "a file made on one host, looked up on another, in turns", "turns/s", true, null, (target, folder) =>
            target.IsForAll ? Rate(() => MakeAndLookUp(folder, target.OtherHost(folder))) : double.NaN),
        new("readdir", "list 1,000,000 entries, cold", "entries/s", true, null, (target, folder) =>
        {
            if (!target.IsForAll) return double.NaN;
            _ = Parallel.For(0, Entries, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
            {
                using var made = File.OpenHandle(Path.Combine(folder, $"entry{i}"), FileMode.CreateNew, FileAccess.Write);
            });
            target.MakeCold();
            return Entries / Shell.Run($"test $(ls -f '{folder}' | wc -l) = {Entries + 2}").TotalSeconds;
        }) { Repeats = 1 },
    ];

    private static double Rate(Action turns)
    {
        var watch = Stopwatch.StartNew();
        turns();
        return Turns / watch.Elapsed.TotalSeconds;
    }

    private static void WriteAndRead(string here, string there)
    {
        using var writing = File.OpenHandle(Path.Combine(here, "shared"), FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        using SafeFileHandle reading = File.OpenHandle(Path.Combine(there, "shared"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[4096];
        for (var i = 0; i < Turns; i++)
        {
            bytes.AsSpan().Fill((byte)i);
            RandomAccess.Write(writing, bytes, 0);
            if (RandomAccess.Read(reading, bytes, 0) != bytes.Length || bytes[17] != (byte)i) throw new InvalidOperationException("old bytes were read");
        }
    }

    private static void MakeAndLookUp(string here, string there)
    {
        for (var i = 0; i < Turns; i++)
        {
            if (File.Exists(Path.Combine(there, $"name{i}"))) throw new InvalidOperationException("a name was there before it was made");
            File.OpenHandle(Path.Combine(here, $"name{i}"), FileMode.CreateNew, FileAccess.Write).Dispose();
            if (!File.Exists(Path.Combine(there, $"name{i}"))) throw new InvalidOperationException("a name was made and is not there");
        }
    }
}
