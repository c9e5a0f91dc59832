using FlexFs.Hosting.CommandLine;

namespace FlexFs.Mount;

/// <summary>What is mounted where, and how.</summary>
public sealed record MountSettings
{
    /// <summary>The volume's name.</summary>
    public required string Volume { get; init; }

    /// <summary>Absolute path of a folder.</summary>
    public required string MountPoint { get; init; }

    /// <summary>The credentials file of the volume.</summary>
    public required string CredentialsPath { get; init; }

    /// <summary>Where mounts keep locks and logs: ~/.flexfs/mount.</summary>
    public required string StateFolder { get; init; }

    /// <summary>Nothing can be changed.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Nothing can be executed.</summary>
    public bool NoExec { get; init; }

    /// <summary>Set-id bits have no effect.</summary>
    public bool NoSetUid { get; init; }

    /// <summary>Device nodes cannot be opened.</summary>
    public bool NoDevices { get; init; }

    /// <summary>Whether the folder may have something in it, which the mount hides.</summary>
    public bool AllowNonEmpty { get; init; }

    /// <summary>Whether there are extended attributes.</summary>
    public bool WithXattrs { get; init; }

    /// <summary>Whether there are POSIX ACLs; with extended attributes.</summary>
    public bool WithAcls { get; init; }

    /// <summary>Whether reads leave access times as they are.</summary>
    public bool NoAccessTimes { get; init; }

    /// <summary>Takes the place of each caller's umask; null leaves theirs.</summary>
    public uint? Umask { get; init; }

    /// <summary>Whether uid 0 and gid 0 are the squash ids, with no more rights than these.</summary>
    public bool SquashesRoot { get; init; }

    /// <summary>Whom uid 0 is squashed to.</summary>
    public uint SquashUserId { get; init; } = 65534;

    /// <summary>What gid 0 is squashed to.</summary>
    public uint SquashGroupId { get; init; } = 65534;

    /// <summary>With what some flags turn on: ACLs for squashed root, attributes for ACLs, no access times for read-only.</summary>
    public MountSettings Completed() => this with
    {
        WithAcls = WithAcls || SquashesRoot,
        WithXattrs = WithXattrs || WithAcls || SquashesRoot,
        NoAccessTimes = NoAccessTimes || IsReadOnly,
        EntriesValid = SquashesRoot ? TimeSpan.Zero : EntriesValid,
    };

    /// <summary>For how long the kernel uses attributes without asking, at most: no longer than their lease.</summary>
    public TimeSpan AttributesValid { get; init; } = TimeSpan.FromHours(1);

    /// <summary>For how long the kernel uses names without asking, at most: no longer than their lease.</summary>
    public TimeSpan EntriesValid { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Requests of 1 MiB instead of 128 KiB.</summary>
    public bool LargeRequests { get; init; } = true;

    /// <summary>Bytes of memory for what was read; a part of the machine's when null.</summary>
    public long? CacheBytes { get; init; }

    /// <summary>Bytes of memory for what is not stored yet; a part of the machine's when null.</summary>
    public long? DirtyBytes { get; init; }

    /// <summary>An operation that takes so long is written to the log; zero for none.</summary>
    public TimeSpan SlowLog { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether the administration server speaks TLS.</summary>
    public bool AdminSsl { get; init; } = true;

    /// <summary>Refuses a mount point that is missing, no folder, busy or not empty, before anything else is tried.</summary>
    /// <exception cref="CommandException">In one line.</exception>
    public void CheckMountPoint()
    {
        if (File.Exists(MountPoint)) throw new CommandException($"the mount point {MountPoint} is not a folder");
        bool isEmpty;
        try
        {
            if (Fuse.MountTable.Find(MountPoint) is { } mounted)
            {
                throw new CommandException($"{mounted.Source} is mounted at {MountPoint} already: umount {MountPoint} first");
            }

            if (!Directory.Exists(MountPoint))
            {
                throw new CommandException($"the mount point {MountPoint} does not exist: mkdir -p {MountPoint} first");
            }

            isEmpty = !Directory.EnumerateFileSystemEntries(MountPoint).Any();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CommandException($"the mount point {MountPoint} cannot be read: {e.Message}", cause: e);
        }

        if (!isEmpty && !AllowNonEmpty)
        {
            throw new CommandException(
                $"the mount point {MountPoint} is not empty, and mounting hides what is in it: --nonEmpty allows that");
        }
    }
}
