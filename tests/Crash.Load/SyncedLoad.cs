using System.Globalization;
using System.Security.Cryptography;
using FlexFs.Harness;

namespace FlexFs.Crash.Load;

/// <summary>Writes file after file with fsync, and remembers those that were confirmed; only the latest are kept, or comparing them would take ever longer.</summary>
internal sealed class SyncedLoad(string folder) : ILoad
{
    private const int Kept = 300;
    private readonly Queue<(string Name, int Length, byte[] Hash)> _confirmed = [];
    private int _next;

    /// <inheritdoc/>
    public void Step()
    {
        var bytes = RandomNumberGenerator.GetBytes(1 + RandomNumberGenerator.GetInt32(_next % 10 == 0 ? 3_000_000 : 30_000));
        var name = _next++.ToString(CultureInfo.InvariantCulture);
        using var file = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read, 0);
        file.Write(bytes);
        Posix.Sync(file.SafeFileHandle);
        _confirmed.Enqueue((name, bytes.Length, SHA256.HashData(bytes)));
        if (_confirmed.Count > Kept) File.Delete(Path.Combine(folder, _confirmed.Dequeue().Name));
    }

    /// <inheritdoc/>
    public void Verify(string folder)
    {
        foreach (var (name, length, hash) in _confirmed)
        {
            var bytes = File.ReadAllBytes(Path.Combine(folder, name));
            if (SHA256.HashData(bytes).AsSpan().SequenceEqual(hash)) continue;
            throw new IOException(
                $"{folder}/{name} of {_confirmed.Count}: {bytes.Length} bytes ({bytes.Count(b => b == 0)} zeros), "
                + $"others than the {length} that were confirmed");
        }
    }
}
