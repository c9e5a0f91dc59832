using FlexFs.Hosting.CommandLine;

namespace FlexFs.Hosting.Files;

/// <summary>One process at a time owns a folder of state. The kernel lets go of the lock when the process ends.</summary>
public sealed class FolderLock : IDisposable
{
    /// <summary>What flock(2) answers when another has the lock; the class library passes it on as the HResult.</summary>
    private const int EWOULDBLOCK = 11;

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, or fails with a line that says who to stop.</summary>
    /// <param name="folder">Made when it is missing, 0700.</param>
    /// <param name="owner">Who else may hold it, as users know it: <c>free.flexfs</c>.</param>
    public static FolderLock Take(string folder, string owner)
    {
        AtomicFile.CreatePrivateFolder(folder);
        try
        {
            // FileShare.None is flock(2) with LOCK_EX | LOCK_NB.
            return new FolderLock(new FileStream(Path.Combine(folder, "lock"), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = AtomicFile.Private,
            }));
        }
        catch (IOException e) when (e.HResult == EWOULDBLOCK)
        {
            throw new CommandException($"{folder} is in use by another {owner}: stop that first", cause: e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
