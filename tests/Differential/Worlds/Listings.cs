using System.Globalization;
using System.Text;
using FlexFs.Differential.Operations;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Worlds;

/// <summary>Listings, whole ones and one that is begun and goes on later while names come and go.</summary>
internal sealed class Listings
{
    private const int FewBytes = 120;
    private readonly List<DirectoryEntry> _begun = [];
    private readonly HashSet<CString> _before = [];
    private readonly HashSet<CString> _touched = [];
    private int _folder = -1;

    /// <summary>From where the open folder is; its names in one order.</summary>
    internal static long All(int folder, StringBuilder details)
    {
        List<DirectoryEntry> entries = [];
        var result = DirectoryEntries.ReadAll(folder, entries);
        if (result < 0) return result;
        details.Append('[').AppendJoin(' ', entries.Select(entry => $"{entry.Name}:{entry.Type}").Order(StringComparer.Ordinal)).Append("] ");
        return entries.Count;
    }

    /// <summary>Reads a few entries of an open folder, on a description of its own.</summary>
    internal long Begin(int folder)
    {
        End();
        var again = Libc.OpenAt(folder, ".", OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
        if (again < 0) return again;
        _folder = (int)again;
        if (Names(_before) is var failed and < 0)
        {
            End();
            return failed;
        }

        _ = Libc.Seek(_folder, 0, Whence.SEEK_SET);
        var few = new byte[FewBytes];
        var count = Libc.GetDents(_folder, few);
        if (count > 0) _begun.AddRange(DirectoryEntries.Parse(few.AsSpan(0, (int)count)));
        return Math.Min(count, 1);
    }

    /// <summary>An operation that may add, remove or move a name.</summary>
    internal void Touch(CString path)
    {
        if (_folder >= 0) _touched.Add(CString.Of(path.Bytes[(path.Bytes.LastIndexOf((byte)'/') + 1)..]));
    }

    /// <summary>Goes on behind the last entry that was read, as seekdir(3) does: what stayed all the time is there, each once.</summary>
    internal long Rest(StringBuilder details)
    {
        if (_folder < 0) return -1;
        List<DirectoryEntry> entries = [.. _begun];
        _ = Libc.Seek(_folder, 0, Whence.SEEK_SET);
        if (_begun.Count > 0) _ = Libc.Seek(_folder, _begun[^1].Cookie, Whence.SEEK_SET);
        var result = DirectoryEntries.ReadAll(_folder, entries);
        var seen = entries.CountBy(entry => entry.Name).ToDictionary();
        HashSet<CString> stayed = [];
        _ = Libc.Seek(_folder, 0, Whence.SEEK_SET);
        _ = Names(stayed);
        stayed.IntersectWith(_before);
        stayed.ExceptWith(_touched);
        details.Append('[')
            .AppendJoin(' ', stayed.Select(name => string.Create(CultureInfo.InvariantCulture, $"{name}:{seen.GetValueOrDefault(name)}")).Order(StringComparer.Ordinal))
            .Append("] ");
        End();
        return result;
    }

    internal void End()
    {
        if (_folder >= 0) _ = Libc.Close(_folder);
        _folder = -1;
        _begun.Clear();
        _before.Clear();
        _touched.Clear();
    }

    private long Names(HashSet<CString> into)
    {
        List<DirectoryEntry> entries = [];
        var result = DirectoryEntries.ReadAll(_folder, entries);
        into.UnionWith(entries.Select(entry => entry.Name));
        return result;
    }
}
