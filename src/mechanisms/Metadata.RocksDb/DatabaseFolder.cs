using FlexFs.Metadata.RocksDb.Native;
using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.RocksDb;

/// <summary>What must hold of a folder before RocksDB may touch it, and what its failures mean in words.</summary>
internal static class DatabaseFolder
{
    /// <summary>Whether the folder holds a database, a new one may be made there, or neither: then it throws.</summary>
    /// <returns>True when there is nothing yet.</returns>
    internal static bool IsNew(string folder, bool mustExist)
    {
        try
        {
            var current = Path.Combine(folder, "CURRENT");
            if (File.Exists(current))
            {
                RefuseWithoutLog(folder, current);
                return false;
            }

            if (mustExist)
            {
                throw new StorageException(
                    $"metadata database {folder}: there is none (no file CURRENT); "
                    + "check that its disk is mounted and the path is right, or restore it from its last backup");
            }

            if (Directory.Exists(folder)) RefuseRemains(folder);
            else Directory.CreateDirectory(folder);
            return true;
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                $"metadata database {folder}: cannot use the folder: {cause.Message}; "
                + "check that its disk is mounted and writable", cause);
        }
    }

    /// <summary>A failure to open, in words that say what is damaged and what to do.</summary>
    internal static StorageException CannotOpen(string folder, string message)
    {
        if (NativeError.IsLocked(message))
        {
            return new StorageException(
                $"metadata database {folder}: it is open already, in this process or another ({message}); "
                + "stop the other meta.flexfs (see `fuser` on the file LOCK), then try again");
        }

        if (NativeError.IsOutOfSpace(message))
        {
            return new StorageException(
                $"metadata database {folder}: no space to open it ({message}); nothing is lost: "
                + "free space on its file system, then start again");
        }

        // RocksDB names every file but those of its log.
        if (message.StartsWith("Corruption", StringComparison.Ordinal)
            && !message.Contains(folder, StringComparison.Ordinal)) message += $" in the log ({folder}/*.log)";
        return NativeError.IsDamage(message)
            ? new StorageException(
                $"metadata database {folder}: it is damaged and was not opened, nothing was changed: {message}; "
                + "check the disk, keep a copy of the folder, and restore the database from its last backup")
            : new StorageException($"metadata database {folder}: cannot open it: {message}");
    }

    // RocksDB makes the next log before it deletes the last, so there always is one. It does not miss the newest, and what
    // was answered since the last flush would be gone without a word.
    private static void RefuseWithoutLog(string folder, string current)
    {
        if (Directory.EnumerateFiles(folder, "*.log").Any()) return;
        // Only a new database has its first manifest before its first log: its making was cut short, it has nothing to lose.
        if (File.ReadAllText(current) == "MANIFEST-000001\n") return;
        throw new StorageException(
            $"metadata database {folder}: it is damaged and was not opened, nothing was changed: "
            + "its log is missing (no file *.log), and with it the newest changes; "
            + "keep a copy of the folder, and restore the database from its last backup");
    }

    // Without CURRENT RocksDB would begin an empty database beside the files of the lost one, and then delete those.
    private static void RefuseRemains(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            var name = Path.GetFileName(path);
            if (!name.EndsWith(".sst", StringComparison.Ordinal) && !name.EndsWith(".log", StringComparison.Ordinal)
                && !name.StartsWith("MANIFEST-", StringComparison.Ordinal)) continue;
            throw new StorageException(
                $"metadata database {folder}: it is damaged and was not opened, nothing was changed: "
                + $"the file CURRENT is missing although {name} is there; "
                + "keep a copy of the folder, and restore the database from its last backup");
        }
    }
}
