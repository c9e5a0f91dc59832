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
            if (File.Exists(Path.Combine(folder, "CURRENT"))) return false;
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
