using FlexFs.Core;

namespace FlexFs.Simulation.Checkers;

/// <summary>What a program asked of one inode.</summary>
public enum InodeVerb
{
    /// <summary>fstat: permissions, and the size of a file.</summary>
    Get,

    /// <summary>fchmod.</summary>
    SetMode,

    /// <summary>ftruncate, or open with O_TRUNC.</summary>
    Truncate,

    /// <summary>pwrite.</summary>
    Write,

    /// <summary>write with O_APPEND: where the end was is part of the answer.</summary>
    Append,

    /// <summary>pread.</summary>
    Read,

    /// <summary>setxattr.</summary>
    SetXattr,

    /// <summary>getxattr.</summary>
    GetXattr,
}

/// <summary>An operation on attributes or bytes of one inode: what was asked, when, and what was answered.</summary>
/// <remarks>
/// Bytes are counted in cells, which are written whole and with one value; how many bytes a cell has is the run's choice, so that small
/// models stand for files with inline bytes and with objects alike.
/// </remarks>
public sealed class InodeOperation : IOperation
{
    /// <inheritdoc/>
    public required uint Number { get; init; }

    /// <summary>What is asked.</summary>
    public required InodeVerb Verb { get; init; }

    /// <summary>The inode's tag.</summary>
    public required uint Tag { get; init; }

    /// <summary>Who asks.</summary>
    public required string Client { get; init; }

    /// <summary>The client's session when it asked.</summary>
    public required ulong Session { get; init; }

    /// <summary>The client's session when it was answered; another one than at the question when that was lost meanwhile.</summary>
    public ulong SessionAfter { get; set; }

    /// <summary>The handle that it went through; 0 for none.</summary>
    public ulong Handle { get; init; }

    /// <summary>First cell.</summary>
    public int At { get; set; }

    /// <summary>Cells that are written, or asked for.</summary>
    public int Cells { get; init; }

    /// <summary>What is written, or set.</summary>
    public byte Value { get; init; }

    /// <summary>Permissions that are set, or were answered.</summary>
    public uint Mode { get; set; }

    /// <summary>The size that is set, or was answered; -1 when that is not looked at.</summary>
    public int Size { get; set; } = -1;

    /// <summary>Cells that were read, or the value of the extended attribute; none for ENODATA.</summary>
    public byte[] Found { get; set; } = [];

    /// <summary>The answer.</summary>
    public Errno Errno { get; set; }

    /// <inheritdoc/>
    public required long Asked { get; init; }

    /// <inheritdoc/>
    public long Answered { get; set; }

    /// <inheritdoc/>
    public bool IsUnknown { get; set; }

    /// <inheritdoc/>
    public bool IsLook => Answered != 0 && IsRead;

    /// <summary>Whether it is durable: the server was asked for it, or an fsync or close of this client said so.</summary>
    public bool IsSafe { get; set; }

    /// <summary>Whether it only looks.</summary>
    public bool IsRead => Verb is InodeVerb.Get or InodeVerb.Read or InodeVerb.GetXattr;

    /// <summary>The same, which may have taken effect until then, or not at all.</summary>
    /// <param name="until">Event number; 0 for ever.</param>
    public InodeOperation Lost(long until) => new()
    {
        Number = Number,
        Verb = Verb,
        Tag = Tag,
        Client = Client,
        Session = Session,
        At = At,
        Cells = Cells,
        Value = Value,
        Mode = Mode,
        Size = Size,
        Errno = Errno,
        Asked = Asked,
        Answered = until,
        IsUnknown = true,
    };

    /// <inheritdoc/>
    public override string ToString()
    {
        var what = Verb switch
        {
            InodeVerb.Get => $"stat {Tag}",
            InodeVerb.SetMode => $"chmod {Tag} {Mode:x}",
            InodeVerb.Truncate => $"truncate {Tag} to {Size}",
            InodeVerb.Write => $"write {Tag} at {At}, {Cells} cells of {Value}",
            InodeVerb.Append => $"append to {Tag} {Cells} cells of {Value}",
            InodeVerb.Read => $"read {Tag} at {At}, {Cells} cells",
            InodeVerb.SetXattr => $"setxattr {Tag} {Value}",
            _ => $"getxattr {Tag}",
        };
        var answer = Answered == 0 ? "no answer"
            : IsUnknown ? $"{Errno}, outcome unknown"
            : Errno != Errno.OK ? $"{Errno}"
            : Verb switch
            {
                InodeVerb.Get => $"mode {Mode:x}, size {Size}",
                InodeVerb.Append => $"OK at {At}",
                InodeVerb.Read or InodeVerb.GetXattr => $"[{string.Join(' ', Found)}]",
                _ => "OK",
            };
        return $"[{Number}] {Client}: {what} -> {answer} (events {Asked} to {(Answered == 0 ? "ever" : Answered)})";
    }
}
