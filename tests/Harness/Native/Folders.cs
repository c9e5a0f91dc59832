namespace FlexFs.Harness.Native;

/// <summary>Folders with names of any bytes, which .NET cannot say.</summary>
public static class Folders
{
    /// <summary>Removes a folder and everything in it, whatever it is called.</summary>
    /// <exception cref="IOException">Something could not be removed.</exception>
    public static void Remove(CString path) => RemoveAt(Libc.AT_FDCWD, path);

    private static void RemoveAt(int parent, CString name)
    {
        var folder = (int)Libc.OpenAt(parent, name, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC);
        Must(folder, name);
        List<DirectoryEntry> entries = [];
        Must(DirectoryEntries.ReadAll(folder, entries), name);
        foreach (var entry in entries)
        {
            if (entry.Name == "." || entry.Name == "..") continue;
            if (entry.Type == 4) RemoveAt(folder, entry.Name);
            else Must(Libc.UnlinkAt(folder, entry.Name), entry.Name);
        }

        _ = Libc.Close(folder);
        Must(Libc.UnlinkAt(parent, name, AtFlags.AT_REMOVEDIR), name);
    }

    private static void Must(long result, CString name)
    {
        if (result < 0) throw new IOException($"{name} cannot be removed: errno {-result}");
    }
}
