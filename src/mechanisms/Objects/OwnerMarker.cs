using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Objects;

/// <summary>The object that says which volume a prefix belongs to. Written once.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct OwnerRecord
{
    /// <summary>"flexfsOW" read as a little-endian number.</summary>
    public const ulong MagicValue = 0x574F_7366_7865_6C66;

    /// <summary>Always <see cref="MagicValue"/>: that this is such an object at all.</summary>
    [Field(1)] public ulong Magic { get; init; }

    /// <summary>The owner.</summary>
    [Field(2)] public VolumeId Volume { get; init; }
}

/// <summary>Whose a prefix is.</summary>
public enum OwnerOutcome
{
    /// <summary>It was nobody's and is this volume's now.</summary>
    Claimed,

    /// <summary>It is this volume's.</summary>
    Ours,

    /// <summary>It is another volume's: stay away.</summary>
    Foreign,

    /// <summary>Something else lies under the marker's name: stay away.</summary>
    Unreadable,

    /// <summary>Nobody's, and there is no space to claim it.</summary>
    OutOfSpace,

    /// <summary>Nobody's, and it was not to be claimed: a store that lost its objects, or a disk that is not mounted.</summary>
    Missing,
}

/// <summary>What <see cref="OwnerMarker.CheckAsync"/> found.</summary>
/// <param name="Outcome">Whose.</param>
/// <param name="Owner">The owner, where one is known.</param>
public readonly record struct OwnerCheck(OwnerOutcome Outcome, VolumeId Owner);

/// <summary>Keeps two volumes out of one prefix, where each would take the other's objects for orphans.</summary>
public static class OwnerMarker
{
    /// <summary>Asks whose the prefix is, and claims it for <paramref name="volume"/> when it is nobody's.</summary>
    /// <param name="store">The store.</param>
    /// <param name="names">The prefix.</param>
    /// <param name="volume">Who asks.</param>
    /// <param name="mayClaim">False for a volume that was here before.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async ValueTask<OwnerCheck> CheckAsync(
        IObjectStore store, ObjectNames names, VolumeId volume, bool mayClaim, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(names);
        var record = new OwnerRecord { Magic = OwnerRecord.MagicValue, Volume = volume };
        var bytes = WireCodec.ToBytes(record);
        var found = await ReadAsync(store, names, bytes.Length, cancellationToken);
        if (found is { } check) return Judge(check, volume);
        if (!mayClaim) return new(OwnerOutcome.Missing, default);
        switch (await store.PutAsync(names.Owner, bytes, cancellationToken))
        {
            case PutOutcome.Stored:
                return new(OwnerOutcome.Claimed, volume);
            case PutOutcome.OutOfSpace:
                return new(OwnerOutcome.OutOfSpace, default);
        }

        // Another was faster.
        found = await ReadAsync(store, names, bytes.Length, cancellationToken);
        return found is { } winner ? Judge(winner, volume) : new(OwnerOutcome.Unreadable, default);
    }

    private static OwnerCheck Judge(OwnerRecord record, VolumeId volume)
    {
        if (record.Magic != OwnerRecord.MagicValue) return new(OwnerOutcome.Unreadable, default);
        return new(record.Volume == volume ? OwnerOutcome.Ours : OwnerOutcome.Foreign, record.Volume);
    }

    // A record without magic where there is something else; null where there is nothing.
    private static async ValueTask<OwnerRecord?> ReadAsync(
        IObjectStore store, ObjectNames names, int length, CancellationToken cancellationToken)
    {
        var buffer = new byte[length + 1];
        var range = await store.GetAsync(names.Owner, 0, buffer, cancellationToken);
        if (!range.IsFound) return null;
        return WireCodec.TryRead<OwnerRecord>(buffer.AsMemory(0, range.BytesRead), out var record, out _)
            ? record
            : default(OwnerRecord);
    }
}
