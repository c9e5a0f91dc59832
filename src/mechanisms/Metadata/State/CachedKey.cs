using FlexFs.Wire;

namespace FlexFs.Metadata.State;

/// <summary>What the working set holds of one key.</summary>
/// <remarks>
/// Content is null (known to be absent), a <see cref="Decoded"/> record, or a byte array: bytes as the store gave them,
/// or a value that has no record type (names, inline data, attribute values). Arrays are never changed once they are here.
/// </remarks>
internal sealed class CachedKey(byte[] key)
{
    /// <summary>The key; never changed.</summary>
    public readonly byte[] Key = key;

    /// <summary>The value as of the last executed request.</summary>
    public object? Content;

    /// <summary>What the request under way made of it, when <see cref="PendingIn"/> is its number.</summary>
    public object? Pending;

    /// <summary>The transaction that wrote <see cref="Pending"/>; 0 when none does.</summary>
    public ulong PendingIn;

    /// <summary>The transaction that found this key missing, so that it is reported once.</summary>
    public ulong MissingIn;

    /// <summary>The batch of the last change; 0 when it is as the store gave it.</summary>
    public ulong Sequence;

    /// <summary>Whether <see cref="Content"/> says anything.</summary>
    public bool IsKnown;

    /// <summary>Neighbours in the <see cref="ChangeIndex"/>'s bucket.</summary>
    public CachedKey? Next, Previous;

    /// <summary>Whether it is in the <see cref="ChangeIndex"/>.</summary>
    public bool IsIndexed;
}

/// <summary>A record that is kept decoded; encoded once a batch, however often it changes.</summary>
internal abstract class Decoded
{
    /// <summary>The record as the store keeps it.</summary>
    public abstract byte[] ToBytes();
}

/// <inheritdoc/>
internal sealed class Decoded<T>(in T value) : Decoded
    where T : struct, IWireRecord<T>
{
    /// <summary>The record; never changed.</summary>
    public readonly T Value = value;

    /// <inheritdoc/>
    public override byte[] ToBytes() => WireCodec.ToBytes(Value);
}
