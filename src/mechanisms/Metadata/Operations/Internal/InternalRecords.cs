using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Metadata.Operations.Internal;

/// <summary>Makes the volume's record and its root, when they are not there. EINVAL when another volume is there.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct CreateVolumeRequest
{
    /// <summary>The volume.</summary>
    [Field(1)] public VolumeId Volume { get; init; }

    /// <summary>Block size as a power of two.</summary>
    [Field(2)] public byte BlockSizeLog2 { get; init; }

    /// <summary>Owner of the root.</summary>
    [Field(3)] public uint RootUserId { get; init; }

    /// <summary>Group of the root.</summary>
    [Field(4)] public uint RootGroupId { get; init; }

    /// <summary>Permission bits of the root.</summary>
    [Field(5)] public uint RootMode { get; init; }
}

/// <summary>The volume's record.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct GetVolumeRequest;

/// <summary>Begins a session. Its first incarnation is 1.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct BeginSessionRequest
{
    /// <summary>Random: what the client must present to resume it.</summary>
    [Field(1)] public UInt128 Key { get; init; }

    /// <summary>For operators.</summary>
    [Field(2, Max = Limits.ShortTextBytesMax)] public string ClientName { get; init; }

    /// <summary>Whether every mutation is refused.</summary>
    [Field(3)] public bool IsReadOnly { get; init; }

    /// <summary>Whether it understands leases.</summary>
    [Field(4)] public bool UsesLeases { get; init; }
}

/// <summary>Goes on with a session over a new connection. ESTALE (unknown or ended), EACCES (wrong key, or not a newer incarnation).</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ResumeSessionRequest
{
    /// <summary>The session.</summary>
    [Field(1)] public SessionId Session { get; init; }

    /// <summary>What was given with it.</summary>
    [Field(2)] public UInt128 Key { get; init; }

    /// <summary>Higher than any before; frames of lower ones are refused from now on.</summary>
    [Field(3)] public ulong Incarnation { get; init; }
}

/// <summary>Ends a session that is silent; one step.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ExpireSessionRequest
{
    /// <summary>The session.</summary>
    [Field(1)] public SessionId Session { get; init; }
}

/// <summary>A page of something, behind an id.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ListRequest
{
    /// <summary>0 for the beginning, or the last id that was seen.</summary>
    [Field(1)] public ulong After { get; init; }

    /// <summary>1 to <see cref="LimitMax"/>.</summary>
    [Field(2)] public uint Limit { get; init; }

    /// <summary>Entries in one page.</summary>
    public const int LimitMax = 1024;
}

/// <summary>A session as the service needs it after a restart.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct SessionDescription
{
    /// <summary>The session.</summary>
    [Field(1)] public SessionId Session { get; init; }

    /// <summary>For operators.</summary>
    [Field(2, Max = Limits.ShortTextBytesMax)] public string ClientName { get; init; }

    /// <summary>When it began.</summary>
    [Field(3)] public Instant Begin { get; init; }

    /// <summary>Whether every mutation is refused.</summary>
    [Field(4)] public bool IsReadOnly { get; init; }

    /// <summary>Its end has begun and must be completed: it cannot be resumed.</summary>
    [Field(5)] public bool IsEnding { get; init; }

    /// <summary>Whether it understands leases.</summary>
    [Field(6)] public bool UsesLeases { get; init; }
}

/// <summary>Sessions.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct SessionListReply
{
    /// <summary>In order.</summary>
    [Field(1, Max = ListRequest.LimitMax)] public ImmutableArray<SessionDescription> Sessions { get; init; }

    /// <summary>Whether there are no more.</summary>
    [Field(2)] public bool IsEnd { get; init; }
}

/// <summary>Ids.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct IdListReply
{
    /// <summary>In order.</summary>
    [Field(1, Max = ListRequest.LimitMax)] public ImmutableArray<ulong> Ids { get; init; }

    /// <summary>Whether there are no more.</summary>
    [Field(2)] public bool IsEnd { get; init; }
}

/// <summary>What a pass over orphans did. Those that a session has open stay.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct RemoveOrphansReply
{
    /// <summary>Orphans that were removed, whole.</summary>
    [Field(1)] public uint Removed { get; init; }

    /// <summary>Go on behind this one.</summary>
    [Field(2)] public ulong Next { get; init; }

    /// <summary>Whether the pass is complete.</summary>
    [Field(3)] public bool IsEnd { get; init; }
}

/// <summary>An object that is to be deleted.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct CondemnedObject
{
    /// <summary>The object.</summary>
    [Field(1)] public ObjectId Object { get; init; }

    /// <summary>Since when.</summary>
    [Field(2)] public Instant Since { get; init; }

    /// <summary>Its bytes in the store.</summary>
    [Field(3)] public uint StoredBytes { get; init; }
}

/// <summary>Objects that are to be deleted.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct CondemnedListReply
{
    /// <summary>In order.</summary>
    [Field(1, Max = ListRequest.LimitMax)] public ImmutableArray<CondemnedObject> Objects { get; init; }

    /// <summary>Whether there are no more.</summary>
    [Field(2)] public bool IsEnd { get; init; }

    /// <summary>Volume time that everything condemned until now is older than, and nothing that will be.</summary>
    [Field(3)] public Instant Before { get; init; }
}

/// <summary>Objects by id.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct IdsRequest
{
    /// <summary>The objects.</summary>
    [Field(1, Max = ListRequest.LimitMax)] public ImmutableArray<ObjectId> Objects { get; init; }
}

/// <summary>What the engine knows of an object.</summary>
public enum ObjectState : byte
{
    /// <summary>Nothing refers to it, and no live session may still commit it: an orphan of the store.</summary>
    Unknown = 0,

    /// <summary>Extents name it.</summary>
    Live = 1,

    /// <summary>It is to be deleted.</summary>
    Condemned = 2,

    /// <summary>A live session may still commit it.</summary>
    Pending = 3,
}

/// <summary>States, in the order of the request.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ObjectStatesReply
{
    /// <summary>One for each object.</summary>
    [Field(1, Max = ListRequest.LimitMax)] public ImmutableArray<ObjectState> States { get; init; }
}

/// <summary>One name of an inode. ENOENT when it has none, or there is no such inode.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct NameOfRequest
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Inode { get; init; }
}

/// <summary>A name, and where it is.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct NameOfReply
{
    /// <summary>The directory.</summary>
    [Field(1)] public InodeId Parent { get; init; }

    /// <summary>Of several names the first in the order of keys: the directory with the lowest id.</summary>
    [Field(2, Max = Limits.StoredNameBytesMax)] public ReadOnlyMemory<byte> Name { get; init; }
}
