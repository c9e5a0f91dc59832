using System.Diagnostics.CodeAnalysis;

namespace FlexFs.Wire;

/// <summary>A record with a byte format; implemented by the generator for a <see cref="WireRecordAttribute"/>.</summary>
/// <typeparam name="TSelf">The record.</typeparam>
public interface IWireRecord<TSelf>
    where TSelf : IWireRecord<TSelf>
{
    /// <summary>The version that is written.</summary>
    static abstract byte Version { get; }

    /// <summary>Bytes of the shortest encoding of any version still read: what bounds a count before it is believed.</summary>
    static abstract int MinimumBytes { get; }

    /// <summary>What the record consists of, for documents and golden tests.</summary>
    static abstract WireSchema Schema { get; }

    /// <summary>Bytes that <see cref="Encode"/> writes, exactly.</summary>
    int EncodedBytes { get; }

    /// <summary>Appends the record. Throws <see cref="WireException"/> when a value is longer than its field allows.</summary>
    void Encode(ref WireWriter writer);

    /// <summary>Takes a record from the input; bytes and memory in it are slices of the input, not copies.</summary>
    /// <returns>False when it is not one: <see cref="WireReader.Error"/> says what is wrong and where.</returns>
    static abstract bool TryDecode(ref WireReader reader, [MaybeNullWhen(false)] out TSelf value);
}
