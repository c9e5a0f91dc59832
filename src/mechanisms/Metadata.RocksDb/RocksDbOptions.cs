namespace FlexFs.Metadata.RocksDb;

/// <summary>Budgets of a <see cref="RocksDbEnvironment"/>, shared by all of its databases.</summary>
public sealed record RocksDbOptions
{
    /// <summary>Memory for blocks, indexes, filters and write buffers of all databases together.</summary>
    public long CacheBytes { get; init; } = 128 << 20;

    /// <summary>The part of <see cref="CacheBytes"/> that write buffers may take before they are flushed.</summary>
    public long WriteBufferBytes { get; init; } = 64 << 20;

    /// <summary>Bytes of one write buffer of one column of one database.</summary>
    public long WriteBufferPerColumnBytes { get; init; } = 32 << 20;

    /// <summary>Bytes a second that flushes and compactions may write together; the log is not counted. 0: no limit.</summary>
    public long BackgroundBytesPerSecond { get; init; } = 256 << 20;

    /// <summary>Background flushes and compactions at a time, over all databases.</summary>
    public int BackgroundJobs { get; init; } = 2;

    /// <summary>Threads that commit; each database has at most one commit under way.</summary>
    public int CommitThreads { get; init; } = 4;

    /// <summary>Threads that read what is not in memory, for all databases; up to so many for one read.</summary>
    public int ReadThreads { get; init; } = 8;

    /// <summary>
    /// A commit is refused as out of space when less than this would be left on the file system, so that flushes and the next
    /// opening still have room.
    /// </summary>
    public long ReserveBytes { get; init; } = 64 << 20;
}
