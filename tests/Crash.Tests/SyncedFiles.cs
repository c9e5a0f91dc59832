using System.Globalization;
using System.Security.Cryptography;
using FlexFs.Harness;

namespace FlexFs.Crash.Tests;

/// <summary>A program that writes file after file with fsync, remembers those that were confirmed, and ends with its mount.</summary>
internal sealed class SyncedFiles
{
    private readonly List<(string Name, int Length, byte[] Hash)> _confirmed = [];
    private readonly string _folder;
    private readonly Thread _thread;
    private volatile bool _stop;

    internal SyncedFiles(string folder)
    {
        _folder = folder;
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>How many files were confirmed.</summary>
    internal int Confirmed
    {
        get
        {
            lock (_confirmed) return _confirmed.Count;
        }
    }

    /// <summary>The error that ended it.</summary>
    internal Exception? Error { get; private set; }

    /// <summary>Ends it; true when it did within the limit.</summary>
    internal bool Stop()
    {
        _stop = true;
        return _thread.Join(TimeSpan.FromSeconds(60));
    }

    /// <summary>Reads every confirmed file through a mount.</summary>
    internal void Verify(string folder)
    {
        foreach (var (name, length, hash) in _confirmed)
        {
            var bytes = File.ReadAllBytes(Path.Combine(folder, name));
            Assert.True(
                SHA256.HashData(bytes).AsSpan().SequenceEqual(hash),
                $"{folder}/{name} of {_confirmed.Count}: {bytes.Length} bytes ({bytes.Count(b => b == 0)} zeros), others than the {length} that were confirmed");
        }
    }

    private void Run()
    {
        try
        {
            Directory.CreateDirectory(_folder);
            for (var i = 0; !_stop; i++)
            {
                var bytes = RandomNumberGenerator.GetBytes(1 + RandomNumberGenerator.GetInt32(i % 10 == 0 ? 3_000_000 : 30_000));
                var name = i.ToString(CultureInfo.InvariantCulture);
                using (var file = new FileStream(Path.Combine(_folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read, 0))
                {
                    file.Write(bytes);
                    Posix.Sync(file.SafeFileHandle);
                    lock (_confirmed) _confirmed.Add((name, bytes.Length, SHA256.HashData(bytes)));
                }
            }
        }
        catch (IOException e)
        {
            Error = e;
        }
    }
}
