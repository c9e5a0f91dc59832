using FlexFs.Core;
using FlexFs.Hosting.Files;
using FlexFs.Metadata.RocksDb;
using FlexFs.Metadata.Storage;
using FlexFs.MetadataService.Volumes;

namespace FlexFs.Apps.Meta;

/// <summary>What is in <c>--dbFolder</c>: the lock, the last known settings, and a folder for each volume.</summary>
internal sealed class DatabaseFolders(string folder)
{
    /// <summary>The settings as the administration server gave them last.</summary>
    public string Settings => Path.Combine(folder, "volumes.json");

    /// <summary>How the running server is reached from this host.</summary>
    public string Place => Path.Combine(folder, "server.json");

    /// <summary>Volumes that have a database here, by id.</summary>
    public IEnumerable<VolumeId> Volumes =>
        !Directory.Exists(Root) ? [] : Directory.EnumerateDirectories(Root)
            .Select(path => Guid.TryParseExact(Path.GetFileName(path), "D", out var id) ? id : Guid.Empty)
            .Where(id => id != Guid.Empty)
            .Order()
            .Select(id => new VolumeId(id));

    /// <summary>The database of a volume.</summary>
    public string Of(VolumeId volume) => Path.Combine(Root, volume.ToString());

    private string Root => Path.Combine(folder, "volumes");
}

/// <summary>Opens the databases of volumes, all in one environment.</summary>
internal sealed class RocksDbStores(DatabaseFolders folders, RocksDbEnvironment environment, BlockStores blocks) : IVolumeStores
{
    /// <inheritdoc/>
    public async ValueTask<IKeyValueStore> OpenAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        var path = folders.Of(volume);
        if (!Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any())
        {
            // Without its database a volume must not begin anew over its objects: their ids would be given out again.
            if (!await blocks.ClaimAsync(volume, cancellationToken))
            {
                throw new StorageException(
                    $"metadata database {path}: it is not there, but the block store of volume {volume} has objects of it; nothing was "
                    + "changed: check that its disk is mounted and --dbFolder is right, or restore the database from its last backup");
            }

            AtomicFile.CreatePrivateFolder(Path.GetDirectoryName(path)!);
        }

        return RocksDbStore.Open(environment, path);
    }
}
