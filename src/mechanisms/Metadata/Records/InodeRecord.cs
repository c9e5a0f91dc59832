using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Wire;

namespace FlexFs.Metadata.Records;

/// <summary>An inode. Key: <see cref="Keys.Inode"/>.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct InodeRecord
{
    /// <summary>st_mode: type and permission bits.</summary>
    [Field(1)] public uint Mode { get; init; }

    /// <summary>Owner.</summary>
    [Field(2)] public uint UserId { get; init; }

    /// <summary>Group.</summary>
    [Field(3)] public uint GroupId { get; init; }

    /// <summary>Names; of a directory 2 and one for each subdirectory.</summary>
    [Field(4)] public uint LinkCount { get; init; }

    /// <summary>st_rdev of a device.</summary>
    [Field(5)] public uint Device { get; init; }

    /// <summary>Bytes of a file or of a symlink's target; entries of a directory.</summary>
    [Field(6)] public long SizeBytes { get; init; }

    /// <summary>Bytes that extents or inline data cover, each block's in units of 4 KiB.</summary>
    [Field(7)] public long AllocatedBytes { get; init; }

    /// <summary>st_atim.</summary>
    [Field(8)] public Instant AccessedAt { get; init; }

    /// <summary>st_mtim.</summary>
    [Field(9)] public Instant ModifiedAt { get; init; }

    /// <summary>st_ctim.</summary>
    [Field(10)] public Instant ChangedAt { get; init; }

    /// <summary>stx_btime.</summary>
    [Field(11)] public Instant BornAt { get; init; }

    /// <summary>Raised at each change of contents or size.</summary>
    [Field(12)] public ulong DataVersion { get; init; }

    /// <summary>What is beside it.</summary>
    [Field(13)] public InodeFlags Flags { get; init; }

    /// <summary>The directory of its oldest name, to which it is charged; none for the root and for orphans.</summary>
    [Field(14)] public InodeId Home { get; init; }

    /// <summary>Of a directory: the cookie that its next entry gets; never reused, so listings are stable.</summary>
    [Field(15)] public ulong NextCookie { get; init; }

    /// <summary>Commit time since which this version is true: where history begins for it.</summary>
    [Field(16)] public Instant Begin { get; init; }

    /// <summary>Bytes of the names of its extended attributes, each with an ending zero, as listxattr(2) has them.</summary>
    [Field(17)] public uint XattrNameBytes { get; init; }

    /// <summary>Bytes of the values of its extended attributes.</summary>
    [Field(18)] public uint XattrValueBytes { get; init; }

    /// <summary>File type of <see cref="Mode"/>.</summary>
    public FileType Type => Core.FileMode.TypeOf(Mode);

    /// <summary>As clients see it.</summary>
    public Attributes ToAttributes(InodeId inode) => new()
    {
        Inode = inode,
        Mode = Mode,
        UserId = UserId,
        GroupId = GroupId,
        LinkCount = LinkCount,
        Device = Device,
        SizeBytes = Type == FileType.Directory ? DirectorySizeBytes : SizeBytes,
        AllocatedBytes = AllocatedBytes,
        AccessedAt = AccessedAt,
        ModifiedAt = ModifiedAt,
        ChangedAt = ChangedAt,
        BornAt = BornAt,
        DataVersion = DataVersion,
        Flags = Flags,
    };

    /// <summary>st_size of every directory.</summary>
    public const long DirectorySizeBytes = 4096;
}
