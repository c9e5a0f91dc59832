using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Metadata.Records;

/// <summary>A name in a directory. Key: <see cref="Keys.Entry"/>.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct EntryRecord
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Child { get; init; }

    /// <summary>Its type, repeated so that a listing needs no second read.</summary>
    [Field(2)] public FileType Type { get; init; }

    /// <summary>Its place in the listing; never reused in a directory.</summary>
    [Field(3)] public ulong Cookie { get; init; }

    /// <summary>Commit time since which this version is true.</summary>
    [Field(4)] public Instant Begin { get; init; }
}

/// <summary>A name of an inode, found from the inode. Key: <see cref="Keys.Link"/>.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct LinkRecord
{
    /// <summary>When the name was made: the oldest name's directory is the inode's home.</summary>
    [Field(1)] public Instant Begin { get; init; }
}
