namespace FlexFs.Core.Locks;

/// <summary>Bytes of a file, both ends included. They need not exist.</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">Last byte; <see cref="LastByte"/> for "to the end, however far the file grows".</param>
public readonly record struct LockRange(ulong Start, ulong End)
{
    /// <summary>The last byte that a file can have (OFFSET_MAX of the kernel).</summary>
    public const ulong LastByte = long.MaxValue;

    /// <summary>The whole file.</summary>
    public static readonly LockRange Whole = new(0, LastByte);

    /// <summary>Whether it is a range at all.</summary>
    public bool IsValid => Start <= End && End <= LastByte;

    /// <summary>Whether the two have a byte in common.</summary>
    public bool Overlaps(LockRange other) => Start <= other.End && other.Start <= End;

    /// <inheritdoc/>
    public override string ToString() => End == LastByte ? $"{Start} to the end" : $"{Start} to {End}";
}
