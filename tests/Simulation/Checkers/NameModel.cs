using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Simulation.Checkers;

/// <summary>A directory tree as a plain table: what POSIX says of names, without any machinery.</summary>
/// <remarks>Immutable: an operation makes a new one. Directories and files are told apart by the checker, for ever.</remarks>
public sealed class NameModel : IModel<NameModel, NameOperation>
{
    private readonly SortedDictionary<(uint Directory, byte Name), uint> _entries;
    private readonly IReadOnlySet<uint> _directories;
    private string? _key;

    private NameModel(SortedDictionary<(uint, byte), uint> entries, IReadOnlySet<uint> directories)
    {
        _entries = entries;
        _directories = directories;
    }

    /// <summary>An empty root.</summary>
    /// <param name="directories">Tags of all directories that any operation of the history makes.</param>
    public static NameModel Empty(IReadOnlySet<uint> directories) => new([], directories);

    /// <summary>Equal for equal trees.</summary>
    public string Key => _key ??= string.Concat(_entries.Select(e => $"{e.Key.Directory}/{(char)e.Key.Name}={e.Value};"));

    /// <summary>Whether the tree could answer so; if it could, the tree afterwards.</summary>
    /// <param name="operation">With its answer.</param>
    /// <param name="after">The tree after it; the same object when nothing changes.</param>
    /// <returns>False when the answer is another one.</returns>
    public bool TryApply(NameOperation operation, out NameModel after)
    {
        after = this;
        var errors = new HashSet<Errno>();
        var changed = Run(operation, errors, out var value, out var listing);

        // A directory without a name lives on, empty, while somebody has it open or may have.
        if (operation is { Verb: NameVerb.List, Errno: Errno.OK, Listing.Count: 0 } && !Exists(operation.Directory)) return true;
        if (errors.Count > 0) return operation.Answered != 0 && !operation.IsUnknown && errors.Contains(operation.Errno);
        if (operation.Answered != 0 && !operation.IsUnknown)
        {
            if (operation.Errno != Errno.OK) return false;
            if (listing is not null && !listing.SequenceEqual(operation.Listing!)) return false;
            if (listing is null && value is { } known && known != operation.Value) return false;
        }

        if (changed is not null) after = changed;
        return true;
    }

    /// <summary>Names of an inode; of a directory 2 and its subdirectories.</summary>
    public uint LinkCount(uint tag) => IsDirectory(tag)
        ? 2 + (uint)_entries.Count(e => e.Key.Directory == tag && IsDirectory(e.Value))
        : (uint)_entries.Count(e => e.Value == tag);

    private bool IsDirectory(uint tag) => tag == 0 || _directories.Contains(tag);

    private bool Exists(uint tag) => tag == 0 || _entries.ContainsValue(tag);

    private NameModel? Run(NameOperation o, HashSet<Errno> errors, out uint? value, out List<(byte, uint)>? listing)
    {
        value = null;
        listing = null;
        if (o.Verb == NameVerb.Count)
        {
            if (!Exists(o.Directory)) Gone(errors);
            value = LinkCount(o.Directory);
            return null;
        }

        if (!Exists(o.Directory)) Gone(errors);
        if (o.Verb == NameVerb.List)
        {
            listing = [.. _entries.Where(e => e.Key.Directory == o.Directory).Select(e => (e.Key.Name, e.Value))];
            return null;
        }

        var isThere = _entries.TryGetValue((o.Directory, o.Name), out var found);
        switch (o.Verb)
        {
            case NameVerb.Lookup:
                if (!isThere) errors.Add(Errno.ENOENT);
                value = found;
                return null;
            case NameVerb.Create:
                if (isThere && o.IsExclusive) errors.Add(Errno.EEXIST);
                else if (isThere && IsDirectory(found)) errors.UnionWith([Errno.EISDIR, Errno.EEXIST]);
                value = isThere ? found : o.Number;
                return isThere ? null : With((o.Directory, o.Name), o.Number);
            case NameVerb.MakeDirectory:
                if (isThere) errors.Add(Errno.EEXIST);
                value = o.Number;
                return With((o.Directory, o.Name), o.Number);
            case NameVerb.Link:
                if (!Exists(o.Inode)) Gone(errors);
                if (IsDirectory(o.Inode)) errors.Add(Errno.EPERM);
                if (isThere) errors.Add(Errno.EEXIST);
                value = o.Inode;
                return With((o.Directory, o.Name), o.Inode);
            case NameVerb.Unlink:
                if (!isThere) errors.Add(Errno.ENOENT);
                else if (IsDirectory(found)) errors.UnionWith([Errno.EISDIR, Errno.EPERM]);
                return Without((o.Directory, o.Name));
            case NameVerb.RemoveDirectory:
                if (!isThere) errors.Add(Errno.ENOENT);
                else if (!IsDirectory(found)) errors.Add(Errno.ENOTDIR);
                else if (HasEntries(found)) errors.UnionWith([Errno.ENOTEMPTY, Errno.EEXIST]);
                return Without((o.Directory, o.Name));
            default:
                return Rename(o, isThere, found, errors);
        }
    }

    private NameModel? Rename(NameOperation o, bool isThere, uint moved, HashSet<Errno> errors)
    {
        if (!Exists(o.Directory2)) Gone(errors);
        if (!isThere) errors.Add(Errno.ENOENT);
        var from = (o.Directory, o.Name);
        var to = (o.Directory2, o.Name2);
        var hasTarget = _entries.TryGetValue(to, out var target);
        if (isThere && IsDirectory(moved) && IsWithin(o.Directory2, moved)) errors.Add(Errno.EINVAL);
        if ((o.Flags & RenameFlags.Exchange) != 0)
        {
            if (!hasTarget) errors.Add(Errno.ENOENT);
            else if (IsDirectory(target) && IsWithin(o.Directory, target)) errors.Add(Errno.EINVAL);
            if (errors.Count > 0) return null;
            var swapped = new SortedDictionary<(uint, byte), uint>(_entries) { [from] = target, [to] = moved };
            return new NameModel(swapped, _directories);
        }

        if (hasTarget && (o.Flags & RenameFlags.NoReplace) != 0) errors.Add(Errno.EEXIST);
        else if (hasTarget && isThere && target != moved)
        {
            if (IsDirectory(moved) && !IsDirectory(target)) errors.Add(Errno.ENOTDIR);
            if (!IsDirectory(moved) && IsDirectory(target)) errors.Add(Errno.EISDIR);
            if (IsDirectory(target) && HasEntries(target)) errors.UnionWith([Errno.ENOTEMPTY, Errno.EEXIST]);
        }

        // rename(2): both names are one inode, so nothing happens.
        if (errors.Count > 0 || (hasTarget && target == moved)) return null;
        var entries = new SortedDictionary<(uint, byte), uint>(_entries);
        entries.Remove(from);
        entries[to] = moved;
        return new NameModel(entries, _directories);
    }

    private bool IsWithin(uint directory, uint ancestor)
    {
        while (true)
        {
            if (directory == ancestor) return true;
            if (directory == 0) return false;
            var parent = _entries.Where(e => e.Value == directory).Select(e => (uint?)e.Key.Directory).FirstOrDefault();
            if (parent is null) return false;
            directory = parent.Value;
        }
    }

    private bool HasEntries(uint tag) => _entries.Any(e => e.Key.Directory == tag);

    private NameModel With((uint, byte) key, uint tag) =>
        new(new SortedDictionary<(uint, byte), uint>(_entries) { [key] = tag }, _directories);

    private NameModel Without((uint, byte) key)
    {
        var entries = new SortedDictionary<(uint, byte), uint>(_entries);
        entries.Remove(key);
        return new NameModel(entries, _directories);
    }

    private static void Gone(HashSet<Errno> errors) => errors.UnionWith([Errno.ENOENT, Errno.ESTALE]);
}
