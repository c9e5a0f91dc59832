using System.Globalization;
using System.Text;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Worlds;

/// <summary>A whole folder as lines: names, attributes, contents, extended attributes, which names are one file.</summary>
internal sealed class Tree
{
    private const int PieceBytes = 1 << 20;
    private const ulong WholeBytesMax = 24 << 20;
    private readonly SortedDictionary<string, string> _lines = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, string> _first = [];
    private readonly byte[] _buffer = new byte[PieceBytes];

    private readonly IReadOnlySet<(ulong, Timestamp)> _withoutTimes;
    private readonly uint _mask;

    private Tree(World world) => (_withoutTimes, _mask) = (world.Mappings.Stored, world.StatMask);

    /// <summary>Reads one; the calling thread's current folder is changed.</summary>
    internal static Tree Of(string root, World world)
    {
        Tree tree = new(world);
        tree.Folder(root, "");
        return tree;
    }

    /// <summary>The first lines that differ, or null.</summary>
    internal static string? Difference(Tree expected, Tree found)
    {
        StringBuilder text = new();
        foreach (var path in expected._lines.Keys.Union(found._lines.Keys).Order(StringComparer.Ordinal))
        {
            var (a, b) = (expected._lines.GetValueOrDefault(path), found._lines.GetValueOrDefault(path));
            if (a != b) text.Append(CultureInfo.InvariantCulture, $"  {path}\n    ext4   {a ?? "is not there"}\n    flexFS {b ?? "is not there"}\n");
        }

        return text.Length > 0 ? text.ToString() : null;
    }

    private void Folder(string root, string prefix)
    {
        // By relative names, one level at a time: a path may be as long as the kernel allows.
        if (Libc.ChDir(root) is var gone and < 0)
        {
            _lines[prefix] = $"cannot be entered: {Outcome.Text(gone)}";
            return;
        }

        Inside(prefix);
    }

    private void Inside(string prefix)
    {
        var folder = (int)Libc.OpenAt(Libc.AT_FDCWD, ".", OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
        if (folder < 0)
        {
            _lines[prefix] = $"cannot be opened: {Outcome.Text(folder)}";
            return;
        }

        List<DirectoryEntry> entries = [];
        var end = DirectoryEntries.ReadAll(folder, entries);
        if (end < 0) _lines[prefix + "/"] = $"cannot be listed: {Outcome.Text(end)}";
        entries.RemoveAll(static entry => entry.Name == "." || entry.Name == "..");

        // In one order, so that "the first name" of a file is the same one on both sides.
        foreach (var entry in entries.OrderBy(entry => Encoding.Latin1.GetString(entry.Name.Bytes), StringComparer.Ordinal))
        {
            var path = $"{prefix}/{Encoding.Latin1.GetString(entry.Name.Bytes)}";
            var found = Libc.StatxAt(folder, entry.Name, AtFlags.AT_SYMLINK_NOFOLLOW, out var attributes, _mask);
            _lines[path] = found < 0 ? $"listed, but {Outcome.Text(found)}" : Line(folder, entry, attributes, path);
            if (found < 0 || attributes.Type != Mode.IFDIR) continue;
            var inner = (int)Libc.OpenAt(folder, entry.Name, OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
            _ = Libc.FChDir(inner);
            Inside(path);
            _ = Libc.Close(inner);
            _ = Libc.FChDir(folder);
        }

        _ = Libc.Close(folder);
    }

    private string Line(int folder, DirectoryEntry entry, in Statx attributes, string path)
    {
        StringBuilder line = new();
        Observation.Describe(attributes, line, hasTimes: !_withoutTimes.Contains((attributes.Inode, attributes.Born)));
        if (entry.Inode != attributes.Inode) line.Append("listed with another inode ");
        if (entry.Type != attributes.Type >> 12) line.Append("listed with another type ");
        if (attributes.Links > 1 && attributes.Type != Mode.IFDIR)
        {
            if (_first.TryAdd(attributes.Inode, path)) line.Append("first name ");
            else line.Append(CultureInfo.InvariantCulture, $"is {_first[attributes.Inode]} ");
        }

        if (attributes.Type == Mode.IFLNK)
        {
            var count = Libc.ReadLinkAt(folder, entry.Name, _buffer);
            line.Append(count < 0 ? Outcome.Text(count) : CString.Of(_buffer.AsSpan(0, (int)count)).ToString()).Append(' ');
        }

        if (attributes.Type == Mode.IFREG) Contents(folder, entry.Name, attributes.Size, line);
        _ = Libc.FChDir(folder);
        var names = Xattrs.List(entry.Name, _buffer, follow: false);
        if (names <= 0) return line.ToString();
        foreach (var name in Encoding.Latin1.GetString(_buffer, 0, (int)names).Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal))
        {
            var count = Xattrs.Get(entry.Name, CString.Latin1(name), _buffer, follow: false);
            line.Append(CultureInfo.InvariantCulture, $"{name}={(count < 0 ? Outcome.Text(count) : Convert.ToHexStringLower(_buffer.AsSpan(0, (int)count)))} ");
        }

        return line.ToString();
    }

    // What is far too large is compared at its ends.
    private void Contents(int folder, CString name, ulong size, StringBuilder line)
    {
        var file = (int)Libc.OpenAt(folder, name, OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC);
        if (file < 0)
        {
            line.Append(CultureInfo.InvariantCulture, $"cannot be opened: {Outcome.Text(file)} ");
            return;
        }

        System.IO.Hashing.XxHash64 hash = new();
        var end = (long)size;
        for (long at = 0; at < end;)
        {
            if (size > WholeBytesMax && at == PieceBytes) at = end - PieceBytes;
            var count = Libc.PRead(file, _buffer, at);
            if (count <= 0)
            {
                line.Append(CultureInfo.InvariantCulture, $"read at {at}: {Outcome.Text(count)} ");
                break;
            }

            hash.Append(_buffer.AsSpan(0, (int)count));
            at += count;
        }

        line.Append(CultureInfo.InvariantCulture, $"contents {hash.GetCurrentHashAsUInt64():x16} ");
        _ = Libc.Close(file);
    }
}
