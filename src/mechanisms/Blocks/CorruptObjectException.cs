using FlexFs.Core;

namespace FlexFs.Blocks;

/// <summary>What the store has is not what was written: damaged, truncated, or another object. Its bytes were given to nobody.</summary>
public sealed class CorruptObjectException(ObjectId id, string location, string reason)
    : Exception($"object {id} at {location} is damaged: {reason}")
{
    /// <summary>The object.</summary>
    public ObjectId Id { get; } = id;
}

/// <summary>An object of a format, compression or cipher that this version cannot read; it may be whole.</summary>
public sealed class UnsupportedObjectException(ObjectId id, string location, string reason)
    : Exception($"object {id} at {location} cannot be read by this version: {reason}; use a newer flexFS")
{
    /// <summary>The object.</summary>
    public ObjectId Id { get; } = id;
}
