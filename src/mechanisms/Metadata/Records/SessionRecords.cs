using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Wire;

namespace FlexFs.Metadata.Records;

/// <summary>A session. Key: <see cref="Keys.Session"/>.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct SessionRecord
{
    /// <summary>What a client must present to resume it.</summary>
    [Field(1)] public UInt128 Key { get; init; }

    /// <summary>Connections so far; frames of an older one are dropped.</summary>
    [Field(2)] public ulong Incarnation { get; init; }

    /// <summary>Host name and process, for operators.</summary>
    [Field(3, Max = Limits.ShortTextBytesMax)] public string ClientName { get; init; }

    /// <summary>When it began.</summary>
    [Field(4)] public Instant Begin { get; init; }

    /// <summary>Whether every mutation is refused.</summary>
    [Field(5)] public bool IsReadOnly { get; init; }

    /// <summary>Whether it may hold leases, so that after a restart the server waits for it to tell them.</summary>
    [Field(6)] public bool UsesLeases { get; init; }
}

/// <summary>The last reply in a slot of a session's window, from which a repeated request is answered. Key: <see cref="Keys.Reply"/>.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ReplyRecord
{
    /// <summary>Number of the request.</summary>
    [Field(1)] public ulong Number { get; init; }

    /// <summary>Its errno.</summary>
    [Field(2)] public Errno Errno { get; init; }

    /// <summary>The inode of the reply, or none.</summary>
    [Field(3)] public InodeId Inode { get; init; }

    /// <summary>The value of the reply.</summary>
    [Field(4)] public ulong Value { get; init; }

    /// <summary>
    /// The attributes of the reply, of what gave an inode a name without opening it: another session may remove it before the request
    /// comes again. Everything else is answered with the attributes of now, so most replies stay as small as they are.
    /// </summary>
    [Field(5)] public Attributes? Made { get; init; }
}

/// <summary>An inode that has no name but is open somewhere. Key: <see cref="Keys.Orphan"/>.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct OrphanRecord
{
    /// <summary>Since when.</summary>
    [Field(1)] public Instant Since { get; init; }

    /// <summary>Whether it was made without a name (O_TMPFILE) and may be given one.</summary>
    [Field(2)] public bool IsLinkable { get; init; }

    /// <summary>Nobody had it open and a part of its bytes is gone: it cannot be opened again, also after a restart.</summary>
    [Field(3)] public bool IsBeingRemoved { get; init; }
}

/// <summary>Totals. Keys: <see cref="Keys.DirectoryUsage"/>, <see cref="Keys.UserUsage"/>, <see cref="Keys.GroupUsage"/>.</summary>
/// <remarks>Of a directory: everything charged to it or below, the directory itself included. Zero usage of an owner has no record.</remarks>
[WireRecord(Version = 1)]
public readonly partial record struct UsageRecord
{
    /// <summary>Allocated bytes.</summary>
    [Field(1)] public long AllocatedBytes { get; init; }

    /// <summary>Inodes.</summary>
    [Field(2)] public long Inodes { get; init; }
}
