namespace FlexFs.Apps.Meta;

/// <summary>The answer of <c>/v1/sessions</c>.</summary>
internal sealed record SessionsAnswer
{
    public required IReadOnlyList<SessionAnswer> Sessions { get; init; }

    /// <summary>Whether there are more than the limit.</summary>
    public required bool IsCut { get; init; }
}

/// <summary>A session in <see cref="SessionsAnswer"/>.</summary>
internal sealed record SessionAnswer
{
    public required string Volume { get; init; }

    public required ulong Session { get; init; }

    public required string Client { get; init; }

    public required bool Connected { get; init; }

    /// <summary>Since its connection ended; 0 while it is connected.</summary>
    public required double SilentSeconds { get; init; }

    /// <summary>Since it was heard last.</summary>
    public required double HeardSeconds { get; init; }

    public required bool ReadOnly { get; init; }

    public required int Leases { get; init; }

    public required int Recalls { get; init; }

    public required int Opens { get; init; }

    public required int Locks { get; init; }
}

/// <summary>The answer of <c>/v1/locks</c>.</summary>
internal sealed record LocksAnswer
{
    public required IReadOnlyList<LockAnswer> Locks { get; init; }

    /// <summary>Whether there are more than the limit.</summary>
    public required bool IsCut { get; init; }
}

/// <summary>A lock in <see cref="LocksAnswer"/>.</summary>
internal sealed record LockAnswer
{
    public required string Volume { get; init; }

    public required ulong Inode { get; init; }

    /// <summary><c>fcntl</c> or <c>flock</c>.</summary>
    public required string Kind { get; init; }

    /// <summary><c>shared</c> or <c>exclusive</c>.</summary>
    public required string Type { get; init; }

    public required ulong Start { get; init; }

    /// <summary>Last byte; left out when it goes to the end.</summary>
    public ulong? End { get; init; }

    public required ulong Session { get; init; }

    public required string Client { get; init; }

    public required uint Process { get; init; }

    public required bool Waiting { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>Of a lock that is waited for; left out when that was not found.</summary>
    public BlockerAnswer? WaitsFor { get; init; }
}

/// <summary>The answer of <c>/v1/leases</c>.</summary>
internal sealed record LeasesAnswer
{
    public required IReadOnlyList<LeaseAnswer> Leases { get; init; }

    /// <summary>Whether there are more than the limit.</summary>
    public required bool IsCut { get; init; }
}

/// <summary>A lease, or a request that waits for one, in <see cref="LeasesAnswer"/>.</summary>
internal sealed record LeaseAnswer
{
    public required string Volume { get; init; }

    public required ulong Inode { get; init; }

    /// <summary><c>waits</c>, <c>recalled</c> or <c>held</c>.</summary>
    public required string State { get; init; }

    /// <summary><c>read</c> or <c>write</c>; of a request that waits its operation.</summary>
    public required string Kind { get; init; }

    public required ulong Session { get; init; }

    public required string Client { get; init; }

    /// <summary>When it was granted, the recall began, or the request began to wait.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Of a lease: until when its session may use it without being heard again.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Of a request that waits; left out when it waits for its turn.</summary>
    public BlockerAnswer? WaitsFor { get; init; }

    /// <summary>Left out when there is none, or too many were asked for.</summary>
    public string? Path { get; init; }
}

/// <summary>For whom somebody waits.</summary>
internal sealed record BlockerAnswer
{
    public required ulong Session { get; init; }

    public required string Client { get; init; }

    /// <summary>Of a lock: the process that asked for it at its host.</summary>
    public uint? Process { get; init; }

    /// <summary>Of a lock: whether it is held, or waited for by who came earlier.</summary>
    public bool? Holds { get; init; }
}

/// <summary>How the running server is reached from its own host; in its database folder.</summary>
internal sealed record ServerPlace
{
    /// <summary><c>host:port</c>.</summary>
    public required string Address { get; init; }

    /// <summary>Of its certificate; empty without TLS.</summary>
    public required string Fingerprint { get; init; }
}
