namespace FlexFs.Apps.Meta;

/// <summary>The answer of <c>/v1/sessions</c>.</summary>
internal sealed record SessionsAnswer
{
    public required IReadOnlyList<SessionAnswer> Sessions { get; init; }
}

/// <summary>A session in <see cref="SessionsAnswer"/>.</summary>
internal sealed record SessionAnswer
{
    public required string Volume { get; init; }

    public required ulong Session { get; init; }

    public required string Client { get; init; }

    public required bool Connected { get; init; }

    public required double SilentSeconds { get; init; }

    public required bool ReadOnly { get; init; }

    public required int Locks { get; init; }
}

/// <summary>The answer of <c>/v1/locks</c>.</summary>
internal sealed record LocksAnswer
{
    public required IReadOnlyList<LockAnswer> Locks { get; init; }
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
}

/// <summary>How the running server is reached from its own host; in its database folder.</summary>
internal sealed record ServerPlace
{
    /// <summary><c>host:port</c>.</summary>
    public required string Address { get; init; }

    /// <summary>Of its certificate; empty without TLS.</summary>
    public required string Fingerprint { get; init; }
}
