namespace FlexFs.Metadata;

/// <summary>Bounds of one volume's engine.</summary>
public sealed record EngineOptions
{
    /// <summary>Keys that the working set holds, roughly; more only while they are not durable or a fetch is under way.</summary>
    public int WorkingSetKeysMax { get; init; } = 1 << 20;

    /// <summary>Bytes of keys and values in the working set, roughly.</summary>
    public long WorkingSetBytesMax { get; init; } = 256L << 20;

    /// <summary>
    /// Inodes that one session may have open: twice the handles of a mount, since what it has closed is told later. ENFILE beyond it.
    /// </summary>
    public int OpensPerSessionMax { get; init; } = 131072;

    /// <summary>Pages of scans that wait for their requests.</summary>
    public int PagesMax { get; init; } = 64;

    /// <summary>Seeds the hash of keys: secret, so that names cannot be made to collide. No effect on answers or batches.</summary>
    public ulong HashSeed { get; init; }

    /// <summary>Blocks, and extended attributes, that one step of a long removal takes.</summary>
    public int RemovalStep { get; init; } = 256;
}
