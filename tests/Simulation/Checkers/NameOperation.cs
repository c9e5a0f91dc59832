using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Simulation.Checkers;

/// <summary>What a program asked of the names.</summary>
public enum NameVerb
{
    /// <summary>open(O_CREAT), with or without O_EXCL.</summary>
    Create,

    /// <summary>mkdir.</summary>
    MakeDirectory,

    /// <summary>link.</summary>
    Link,

    /// <summary>unlink.</summary>
    Unlink,

    /// <summary>rmdir.</summary>
    RemoveDirectory,

    /// <summary>renameat2.</summary>
    Rename,

    /// <summary>A lookup.</summary>
    Lookup,

    /// <summary>A listing.</summary>
    List,

    /// <summary>The link count of an inode, by fstat on it.</summary>
    Count,
}

/// <summary>An operation on names: what was asked, when, and what was answered.</summary>
/// <remarks>
/// Inodes are named by their tag: the number of the operation that made them, which it leaves in the owner's id; 0 is the root.
/// </remarks>
public sealed class NameOperation : IOperation
{
    /// <summary>Its number in the run, and the tag of what it makes.</summary>
    public required uint Number { get; init; }

    /// <summary>What is asked.</summary>
    public required NameVerb Verb { get; init; }

    /// <summary>Who asks.</summary>
    public required string Client { get; init; }

    /// <summary>The directory; of a count or the source of a link, the inode.</summary>
    public uint Directory { get; init; }

    /// <summary>That directory, as the kernel names it.</summary>
    public InodeId DirectoryInode { get; init; }

    /// <summary>The name in it.</summary>
    public byte Name { get; init; }

    /// <summary>The second directory.</summary>
    public uint Directory2 { get; init; }

    /// <summary>The second directory, as the kernel names it.</summary>
    public InodeId Directory2Inode { get; init; }

    /// <summary>The second name.</summary>
    public byte Name2 { get; init; }

    /// <summary>Of a link: the inode that gets a name.</summary>
    public uint Inode { get; init; }

    /// <summary>Of a create: whether an existing name is EEXIST.</summary>
    public bool IsExclusive { get; init; }

    /// <summary>Of a rename.</summary>
    public RenameFlags Flags { get; init; }

    /// <summary>Connections that the client had had: another number at the answer means that the request may have been repeated.</summary>
    public ulong Incarnation { get; init; }

    /// <summary>Event number of the question.</summary>
    public long Asked { get; set; }

    /// <summary>Event number of the answer; 0 while there is none, and for ever when the client died.</summary>
    public long Answered { get; set; }

    /// <summary>The answer.</summary>
    public Errno Errno { get; set; }

    /// <summary>Whether the answer leaves open what happened: EIO of a session that was lost.</summary>
    public bool IsUnknown { get; set; }

    /// <inheritdoc/>
    public bool IsLook => Answered != 0 && (Errno != Errno.OK || Verb is NameVerb.Lookup or NameVerb.List or NameVerb.Count);

    /// <summary>The inode that was answered, or the link count.</summary>
    public uint Value { get; set; }

    /// <summary>The listing that was answered: names and tags, in order of name.</summary>
    public IReadOnlyList<(byte Name, uint Tag)>? Listing { get; set; }

    /// <inheritdoc/>
    public override string ToString()
    {
        var what = Verb switch
        {
            NameVerb.Create => $"create{(IsExclusive ? " exclusively" : "")} {Directory}/{(char)Name}",
            NameVerb.MakeDirectory => $"mkdir {Directory}/{(char)Name}",
            NameVerb.Link => $"link {Inode} as {Directory}/{(char)Name}",
            NameVerb.Unlink => $"unlink {Directory}/{(char)Name}",
            NameVerb.RemoveDirectory => $"rmdir {Directory}/{(char)Name}",
            NameVerb.Rename => $"rename {Directory}/{(char)Name} to {Directory2}/{(char)Name2} ({Flags})",
            NameVerb.Lookup => $"lookup {Directory}/{(char)Name}",
            NameVerb.List => $"list {Directory}",
            _ => $"link count of {Directory}",
        };
        var answer = Answered == 0 ? "no answer"
            : IsUnknown ? $"{Errno}, outcome unknown"
            : Listing is not null ? "[" + string.Join(" ", Listing.Select(e => $"{(char)e.Name}={e.Tag}")) + "]"
            : Errno == Errno.OK ? $"OK {Value}" : Errno.ToString();
        return $"[{Number}] {Client}: {what} -> {answer} (events {Asked} to {(Answered == 0 ? "ever" : Answered)})";
    }
}
