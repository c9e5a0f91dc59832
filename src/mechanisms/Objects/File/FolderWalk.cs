using FlexFs.Core;

namespace FlexFs.Objects.File;

/// <summary>One page of a listing: the tree in the order of whole names, from behind the continuation.</summary>
/// <remarks>
/// Within a folder a subfolder sorts as its name with '/', so the walk meets names in the order of their bytes. Folders that end
/// before the continuation or lie outside the prefix are not entered.
/// </remarks>
internal sealed class FolderWalk(
    string root, string prefix, string? continuation, int limit, string leftoverPrefix, DateTimeOffset removeBefore)
{
    private readonly List<ListedObject> _page = [];

    internal ObjectPage Run()
    {
        var isComplete = Enter("");
        return new ObjectPage(_page, isComplete ? null : _page[^1].Name.Text);
    }

    // False when the page was full before the end.
    private bool Enter(string relative)
    {
        var entries = new List<(string Name, FileSystemInfo Info)>();
        foreach (var info in new DirectoryInfo(Path.Combine(root, relative)).EnumerateFileSystemInfos())
        {
            if (info.Name.StartsWith('.')) RemoveLeftover(info);
            else if (info is DirectoryInfo) entries.Add(($"{relative}{info.Name}/", info));
            else entries.Add(($"{relative}{info.Name}", info));
        }

        entries.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        foreach (var (name, info) in entries)
        {
            if (info is DirectoryInfo)
            {
                if (MayHoldMore(name) && !Enter(name)) return false;
                continue;
            }

            if (!name.StartsWith(prefix, StringComparison.Ordinal)) continue;
            if (continuation is not null && string.CompareOrdinal(name, continuation) <= 0) continue;
            if (!ObjectName.TryParse(name, out var objectName)) continue;
            if (_page.Count == limit) return false;

            // Deleted while it was listed.
            if (!info.Exists) continue;
            _page.Add(new ListedObject(
                objectName, ((FileInfo)info).Length, Instant.From(new DateTimeOffset(info.LastWriteTimeUtc))));
        }

        return true;
    }

    private bool MayHoldMore(string folder)
    {
        var shared = Math.Min(folder.Length, prefix.Length);
        if (string.CompareOrdinal(folder, 0, prefix, 0, shared) != 0) return false;
        if (continuation is null) return true;
        return continuation.StartsWith(folder, StringComparison.Ordinal)
            || string.CompareOrdinal(folder, continuation) > 0;
    }

    private void RemoveLeftover(FileSystemInfo info)
    {
        if (info is FileInfo && info.Name.StartsWith(leftoverPrefix, StringComparison.Ordinal)
            && info.LastWriteTimeUtc < removeBefore.UtcDateTime) info.Delete();
    }
}
