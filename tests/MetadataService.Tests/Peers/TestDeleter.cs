using FlexFs.Core;
using FlexFs.MetadataService.Objects;

namespace FlexFs.MetadataService.Tests.Peers;

/// <summary>Notes what is to be deleted.</summary>
public sealed class TestDeleter : IObjectDeleter
{
    private readonly Lock _gate = new();
    private readonly List<ObjectId> _deleted = [];
    private int _failures;
    private bool _fails;
    private bool _hangs;

    /// <summary>Whether it never ends.</summary>
    public bool Hangs { get => Volatile.Read(ref _hangs); set => Volatile.Write(ref _hangs, value); }

    /// <summary>Whether it fails.</summary>
    public bool Fails { get => Volatile.Read(ref _fails); set => Volatile.Write(ref _fails, value); }

    /// <summary>Attempts that failed.</summary>
    public int Failures => Volatile.Read(ref _failures);

    /// <summary>What was deleted, in order, each as often as it was asked for.</summary>
    public IReadOnlyList<ObjectId> Deleted
    {
        get
        {
            lock (_gate) return [.. _deleted];
        }
    }

    public ValueTask DeleteAsync(VolumeId volume, IReadOnlyList<ObjectId> objects, CancellationToken cancellationToken)
    {
        if (Fails)
        {
            Interlocked.Increment(ref _failures);
            throw new IOException("the test's block store is away");
        }

        if (Hangs) return new(new TaskCompletionSource().Task);
        lock (_gate) _deleted.AddRange(objects);
        return default;
    }
}
