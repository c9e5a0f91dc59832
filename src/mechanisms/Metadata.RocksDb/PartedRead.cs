using System.Runtime.ExceptionServices;
using FlexFs.Core;
using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.RocksDb;

/// <summary>A read of many keys from the disk, from one snapshot, by several threads at once.</summary>
/// <remarks>
/// The thread that begins it holds database and snapshot, takes part, and leaves when all that was claimed is read. It waits only
/// for parts that a thread is reading, never for threads that are busy with something else: those find nothing left to claim.
/// </remarks>
internal sealed class PartedRead(
    Database database, string folder, nint options, IReadOnlyList<StoreKey> keys, byte[]?[] values)
{
    // Few, because each may be a wait for the disk; more than one, because neighbours lie in one block.
    private const int PartKeys = 4;

    private readonly object _gate = new();
    private int _next;
    private int _reading;
    private Exception? _failure;

    /// <summary>Reads all of it.</summary>
    /// <param name="helpers">Threads that take part as they are free.</param>
    /// <param name="helpersMax">At most so many.</param>
    /// <exception cref="StorageException">A part could not be read.</exception>
    internal void Run(StorageThreads helpers, int helpersMax)
    {
        var parts = (keys.Count + PartKeys - 1) / PartKeys;
        for (var i = 0; i < Math.Min(parts - 1, helpersMax); i++) helpers.Post(new Helper(this));
        ReadParts();
        lock (_gate)
        {
            while (_reading > 0) Monitor.Wait(_gate);
            if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
        }
    }

    private void ReadParts()
    {
        while (TryClaim(out var first))
        {
            Exception? failure = null;
            try
            {
                Check.That(KeyReads.TryGet(database, folder, options, keys, values, first, Math.Min(first + PartKeys, keys.Count)));
            }
            catch (Exception e)
            {
                // Whoever began the read gets it.
                failure = e;
            }

            lock (_gate)
            {
                _failure ??= failure;
                if (--_reading == 0) Monitor.PulseAll(_gate);
            }
        }
    }

    private bool TryClaim(out int first)
    {
        lock (_gate)
        {
            first = _next;
            if (_next >= keys.Count || _failure is not null) return false;
            _next += PartKeys;
            _reading++;
            return true;
        }
    }

    private sealed class Helper(PartedRead read) : StorageWork
    {
        internal override void Run() => read.ReadParts();
    }
}
