using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Protocol.Metadata;

/// <summary>What stat(2) shows of an inode, and what a cache needs to know whether it is current.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct Attributes
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>st_mode: type and permission bits.</summary>
    [Field(2)] public uint Mode { get; init; }

    /// <summary>Owner.</summary>
    [Field(3)] public uint UserId { get; init; }

    /// <summary>Group.</summary>
    [Field(4)] public uint GroupId { get; init; }

    /// <summary>Names that the inode has; a directory's is 2 and one for each of its subdirectories.</summary>
    [Field(5)] public uint LinkCount { get; init; }

    /// <summary>st_rdev of a device, in the kernel's encoding.</summary>
    [Field(6)] public uint Device { get; init; }

    /// <summary>Bytes of a file, a symlink's target; of a directory 4,096.</summary>
    [Field(7)] public long SizeBytes { get; init; }

    /// <summary>Bytes that its extents cover, in units of 4 KiB: st_blocks times 512.</summary>
    [Field(8)] public long AllocatedBytes { get; init; }

    /// <summary>st_atim.</summary>
    [Field(9)] public Instant AccessedAt { get; init; }

    /// <summary>st_mtim.</summary>
    [Field(10)] public Instant ModifiedAt { get; init; }

    /// <summary>st_ctim.</summary>
    [Field(11)] public Instant ChangedAt { get; init; }

    /// <summary>stx_btime.</summary>
    [Field(12)] public Instant BornAt { get; init; }

    /// <summary>Raised at each change of the contents or the size: cached bytes of another version are stale.</summary>
    [Field(13)] public ulong DataVersion { get; init; }

    /// <summary>What is known without asking for it.</summary>
    [Field(14)] public InodeFlags Flags { get; init; }

    /// <summary>
    /// The lease under which the session may keep them, and what else came with them. It does not count when a recall of the inode came
    /// since the request was sent.
    /// </summary>
    [Field(15, Defined = true)] public LeaseKind Lease { get; init; }

    /// <summary>File type of <see cref="Mode"/>.</summary>
    public FileType Type => Core.FileMode.TypeOf(Mode);
}

/// <summary>Facts about an inode that save a request.</summary>
[Flags]
public enum InodeFlags : uint
{
    /// <summary>None of them.</summary>
    None = 0,

    /// <summary>It has extended attributes.</summary>
    HasXattrs = 1,

    /// <summary>Its bytes live beside its record, not in objects.</summary>
    IsInline = 2,

    /// <summary>It has an access ACL that says more than its permission bits.</summary>
    HasAccessAcl = 4,

    /// <summary>It is a directory with a default ACL.</summary>
    HasDefaultAcl = 8,
}
