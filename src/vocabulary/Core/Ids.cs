namespace FlexFs.Core;

/// <summary>An inode of a volume. 48 bits are used, so that a view number fits beside it in a 64-bit node id.</summary>
/// <param name="Value">1 is the root; 0 is no inode.</param>
public readonly record struct InodeId(ulong Value) : IComparable<InodeId>
{
    /// <summary>No inode: the child of a negative entry, the home of the root.</summary>
    public static readonly InodeId None;

    /// <summary>The root directory of every volume, as the FUSE protocol numbers it.</summary>
    public static readonly InodeId Root = new(1);

    /// <inheritdoc/>
    public int CompareTo(InodeId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => $"inode {Value}";
}

/// <summary>An immutable object in the object store: 16 bits of incarnation, 48 bits of counter.</summary>
/// <remarks>The incarnation is raised at each restore and migration, so a restored backup never hands out a used id.</remarks>
/// <param name="Value">0 is no object: an extent of zeros.</param>
public readonly record struct ObjectId(ulong Value) : IComparable<ObjectId>
{
    /// <summary>No object.</summary>
    public static readonly ObjectId None;

    /// <summary>Bits of <see cref="Value"/> below the incarnation.</summary>
    public const int CounterBits = 48;

    /// <summary>Makes an id of its two parts.</summary>
    public static ObjectId Of(ushort incarnation, ulong counter) => new(((ulong)incarnation << CounterBits) | counter);

    /// <summary>How often the volume's metadata was restored or migrated before this id was given out.</summary>
    public ushort Incarnation => (ushort)(Value >> CounterBits);

    /// <inheritdoc/>
    public int CompareTo(ObjectId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("x16", null);
}

/// <summary>One mount's session at the metadata server; survives reconnects and restarts of either end.</summary>
/// <param name="Value">Unique in a volume for ever; 0 is no session.</param>
public readonly record struct SessionId(ulong Value) : IComparable<SessionId>
{
    /// <summary>No session: a request for a new one.</summary>
    public static readonly SessionId None;

    /// <inheritdoc/>
    public int CompareTo(SessionId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => $"session {Value}";
}

/// <summary>A volume, as the administration server names it.</summary>
public readonly record struct VolumeId(Guid Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}
