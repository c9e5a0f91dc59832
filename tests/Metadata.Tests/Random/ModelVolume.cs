using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests.Random;

/// <summary>An inode as plain objects.</summary>
internal sealed class ModelInode
{
    public required InodeId Id { get; init; }
    public required FileType Type { get; init; }
    public uint Permissions { get; set; }
    public uint UserId { get; set; }
    public uint GroupId { get; set; }
    public int Names { get; set; }

    /// <summary>Made without a name, and never had one.</summary>
    public bool IsLinkable { get; set; }
    public InodeId Parent { get; set; }
    public string Target { get; init; } = "";
    public SortedDictionary<string, InodeId> Entries { get; private init; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, string> Xattrs { get; private init; } = new(StringComparer.Ordinal);

    /// <summary>What each unit of a file is: object and unit in it, or 0 for zeros.</summary>
    public List<ulong> Units { get; private init; } = [];

    /// <summary>Inline contents; null when it is not inline.</summary>
    public byte[]? Inline { get; set; }

    public long Size { get; set; }

    public ModelInode Clone() => new()
    {
        Id = Id,
        Type = Type,
        Permissions = Permissions,
        UserId = UserId,
        GroupId = GroupId,
        Names = Names,
        IsLinkable = IsLinkable,
        Parent = Parent,
        Target = Target,
        Entries = new SortedDictionary<string, InodeId>(Entries, StringComparer.Ordinal),
        Xattrs = new SortedDictionary<string, string>(Xattrs, StringComparer.Ordinal),
        Units = [.. Units],
        Inline = Inline,
        Size = Size,
    };
}

/// <summary>A volume as POSIX describes it, without any cleverness: what the engine is compared with.</summary>
internal sealed class ModelVolume
{
    public const int UnitBytes = 1 << 16;

    public SortedDictionary<InodeId, ModelInode> Inodes { get; } = [];

    public HashSet<(SessionId Session, InodeId Inode)> Opens { get; } = [];

    public ModelInode this[InodeId id] => Inodes[id];

    public ModelVolume Clone()
    {
        var clone = new ModelVolume();
        foreach (var (id, inode) in Inodes) clone.Inodes.Add(id, inode.Clone());
        clone.Opens.UnionWith(Opens);
        return clone;
    }

    public Errno Directory(InodeId id) =>
        !Inodes.TryGetValue(id, out var inode) ? Errno.ENOENT
        : inode.Type != FileType.Directory ? Errno.ENOTDIR
        : inode.Names == 0 && id != InodeId.Root ? Errno.ENOENT : Errno.OK;

    public void AddName(InodeId parent, string name, ModelInode inode)
    {
        this[parent].Entries[name] = inode.Id;
        inode.Names++;
        inode.IsLinkable = false;
        if (inode.Type == FileType.Directory) inode.Parent = parent;
    }

    public Errno Link(InodeId inode, InodeId parent, string name)
    {
        if (!Inodes.TryGetValue(inode, out var node)) return Errno.ESTALE;
        if (node.Type == FileType.Directory) return Errno.EPERM;
        if (Directory(parent) is not Errno.OK and var wrong) return wrong;
        if (this[parent].Entries.ContainsKey(name)) return Errno.EEXIST;
        if (node.Names == 0 && !node.IsLinkable) return Errno.ENOENT;
        AddName(parent, name, node);
        return Errno.OK;
    }

    public Errno Unlink(InodeId parent, string name)
    {
        if (Directory(parent) is not Errno.OK and var wrong) return wrong;
        if (!this[parent].Entries.TryGetValue(name, out var child)) return Errno.ENOENT;
        if (this[child].Type == FileType.Directory) return Errno.EISDIR;
        DropName(parent, name);
        return Errno.OK;
    }

    public Errno RemoveDirectory(InodeId parent, string name)
    {
        if (Directory(parent) is not Errno.OK and var wrong) return wrong;
        if (!this[parent].Entries.TryGetValue(name, out var child)) return Errno.ENOENT;
        if (this[child].Type != FileType.Directory) return Errno.ENOTDIR;
        if (this[child].Entries.Count > 0) return Errno.ENOTEMPTY;
        DropName(parent, name);
        return Errno.OK;
    }

    public Errno Rename(InodeId oldParent, string oldName, InodeId newParent, string newName, RenameFlags flags)
    {
        if (Directory(oldParent) is not Errno.OK and var wrongOld) return wrongOld;
        if (Directory(newParent) is not Errno.OK and var wrongNew) return wrongNew;
        if (!this[oldParent].Entries.TryGetValue(oldName, out var source)) return Errno.ENOENT;
        var hasTarget = this[newParent].Entries.TryGetValue(newName, out var target);
        if (hasTarget && (flags & RenameFlags.NoReplace) != 0) return Errno.EEXIST;
        if (!hasTarget && flags == RenameFlags.Exchange) return Errno.ENOENT;
        var moved = this[source];
        if (moved.Type == FileType.Directory && IsBelow(newParent, source)) return Errno.EINVAL;
        if (flags == RenameFlags.Exchange && this[target].Type == FileType.Directory && IsBelow(oldParent, target))
        {
            return Errno.EINVAL;
        }

        if (hasTarget && source == target) return Errno.OK;
        if (flags == RenameFlags.Exchange)
        {
            this[oldParent].Entries[oldName] = target;
            this[newParent].Entries[newName] = source;
            moved.Parent = newParent;
            this[target].Parent = oldParent;
            return Errno.OK;
        }

        if (hasTarget)
        {
            var isDirectory = this[target].Type == FileType.Directory;
            if (moved.Type == FileType.Directory && !isDirectory) return Errno.ENOTDIR;
            if (moved.Type != FileType.Directory && isDirectory) return Errno.EISDIR;
            if (this[target].Entries.Count > 0) return Errno.ENOTEMPTY;
            DropName(newParent, newName);
        }

        this[oldParent].Entries.Remove(oldName);
        this[newParent].Entries[newName] = source;
        moved.Parent = newParent;
        return Errno.OK;
    }

    public void Close(SessionId session, InodeId inode)
    {
        if (Opens.Remove((session, inode))) Collect(inode);
    }

    public void EndSession(SessionId session)
    {
        foreach (var open in Opens.Where(open => open.Session == session).ToList()) Close(session, open.Inode);
    }

    private void DropName(InodeId parent, string name)
    {
        this[parent].Entries.Remove(name, out var child);
        this[child].Names--;
        Collect(child);
    }

    private void Collect(InodeId inode)
    {
        if (inode != InodeId.Root && Inodes.TryGetValue(inode, out var node) && node.Names == 0
            && Opens.All(open => open.Inode != inode))
        {
            Inodes.Remove(inode);
        }
    }

    private bool IsBelow(InodeId inner, InodeId outer)
    {
        for (; inner != InodeId.Root; inner = this[inner].Parent)
        {
            if (inner == outer) return true;
        }

        return outer == InodeId.Root;
    }
}
