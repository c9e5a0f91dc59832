using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>One system call with everything it needs, in names and slots, so that it means the same in any folder and any run.</summary>
/// <remarks>Which fields count depends on the call. Open files are in 8 slots, mappings in 4; opening into a slot closes what was there.</remarks>
internal sealed record Operation(Call Call)
{
    internal const int Slots = 8;
    internal const int Maps = 4;

    /// <summary>Which user of <see cref="Users"/>.</summary>
    public int User { get; init; }

    /// <summary>Through which mount: 0 or 1.</summary>
    public int Mount { get; init; }

    public CString Path { get; init; }

    public CString Path2 { get; init; }

    public int Slot { get; init; }

    public int Slot2 { get; init; }

    /// <summary>-1 is where the open file is.</summary>
    public long Offset { get; init; }

    public long Offset2 { get; init; }

    public long Length { get; init; }

    /// <summary>Flags of the call, as its own enumeration numbers them.</summary>
    public int Flags { get; init; }

    /// <summary>Mode of what is made, or of chmod or access; the type of a lock; how long the names of a deep path are.</summary>
    public uint Mode { get; init; }

    public uint UMask { get; init; }

    /// <summary>Of chown; what a lock's offset counts from.</summary>
    public int Uid { get; init; }

    public int Gid { get; init; }

    /// <summary>What the bytes are made from.</summary>
    public ulong Fill { get; init; }

    public Timespec Accessed { get; init; }

    public Timespec Modified { get; init; }

    public CString Name { get; init; }

    /// <summary>Whether attributes of everything concerned are looked at before and after.</summary>
    public bool IsObserved { get; init; }

    internal bool HasSecondPath => Call is Call.Link or Call.Rename;

    internal bool HasPath => Call is Call.Open or Call.Truncate or Call.Link or Call.LinkOpen or Call.Symlink or Call.ReadLink
        or Call.Unlink or Call.RmDir or Call.MkDir or Call.MkDeep or Call.MkNod or Call.Rename or Call.ChMod or Call.ChOwn or Call.UTime
        or Call.SetXattr or Call.GetXattr or Call.ListXattr or Call.RemoveXattr or Call.Stat or Call.Access or Call.List;

    internal bool HasSlot => !IsMapping && (!HasPath || Call is Call.Open or Call.LinkOpen);

    internal bool HasSecondSlot => Call is Call.CopyRange or Call.SendFile or Call.Dup or Call.ReOpen;

    internal bool IsMapping => Call is Call.MapRead or Call.MapWrite or Call.MapSync or Call.Unmap;

    internal bool IsLock => Call is Call.FLock or Call.Lock or Call.GetLock;

    /// <summary>As one would write it in C.</summary>
    public override string ToString() => OperationText.Of(this);
}
