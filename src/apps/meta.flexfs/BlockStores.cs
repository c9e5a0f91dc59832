using FlexFs.Core;
using FlexFs.Metadata.Storage;
using FlexFs.MetadataService.Objects;
using FlexFs.Objects;
using FlexFs.Objects.File;

namespace FlexFs.Apps.Meta;

/// <summary>The block stores of the volumes, as the metadata server uses them: claimed once, and cleared of condemned objects.</summary>
/// <remarks>
/// A store is claimed when the volume's database is made, and never again: where the marker is missing later, the store has lost
/// its objects or its disk is not mounted, and nothing is deleted. Called for each volume from its own context.
/// </remarks>
internal sealed class BlockStores(ServedVolumes volumes, IBlockingWork work, TimeProvider clock) : IObjectDeleter
{
    /// <summary>Marks the store of a new volume as its own; false when the volume has objects in it already.</summary>
    /// <exception cref="StorageException">It is of another volume, or cannot be reached.</exception>
    public async ValueTask<bool> ClaimAsync(VolumeId volume, CancellationToken cancellationToken)
    {
        try
        {
            await using var store = Open(volume, out var names);
            var owner = await OwnerMarker.CheckAsync(store, names, volume, mayClaim: true, cancellationToken);
            if (owner.Outcome == OwnerOutcome.Claimed) return true;
            if (owner.Outcome == OwnerOutcome.Ours) return !await HasObjectsAsync(store, names, cancellationToken);
            throw new StorageException($"the block store {store.Location} cannot be used for volume {volume}: {owner.Outcome switch
            {
                OwnerOutcome.Foreign => $"it is of volume {owner.Owner}; give each volume a prefix of its own",
                OwnerOutcome.OutOfSpace => "it has no space left",
                _ => "there is something else under the name of the owner marker",
            }}");
        }
        catch (Exception e) when (e is ObjectStoreException or IOException)
        {
            throw new StorageException($"the block store of volume {volume} cannot be used: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(VolumeId volume, IReadOnlyList<ObjectId> objects, CancellationToken cancellationToken)
    {
        try
        {
            await using var store = Open(volume, out var names);
            var owner = await OwnerMarker.CheckAsync(store, names, volume, mayClaim: false, cancellationToken);
            if (owner.Outcome != OwnerOutcome.Ours)
            {
                throw new IOException($"the block store {store.Location} is not that of volume {volume}: {owner.Outcome}");
            }

            for (var first = 0; first < objects.Count; first += ObjectStoreLimits.NamesPerDeleteMax)
            {
                await store.DeleteAsync(
                    [.. objects.Skip(first).Take(ObjectStoreLimits.NamesPerDeleteMax).Select(names.Of)], cancellationToken);
            }
        }
        catch (ObjectStoreException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private static async ValueTask<bool> HasObjectsAsync(
        FileObjectStore store, ObjectNames names, CancellationToken cancellationToken)
    {
        string? next = null;
        do
        {
            var page = await store.ListAsync(names.ListPrefix, next, ObjectStoreLimits.NamesPerPageMax, cancellationToken);
            if (page.Objects.Any(found => names.TryParse(found.Name, out _))) return true;
            next = page.Continuation;
        }
        while (next is not null);
        return false;
    }

    private FileObjectStore Open(VolumeId volume, out ObjectNames names)
    {
        var settings = volumes.SettingsOf(volume)?.BlockStore
            ?? throw new IOException($"volume {volume} is not served here any more");
        if (settings.Api != "file") throw new IOException($"block store API {settings.Api} is not in this version");
        names = new ObjectNames(settings.Prefix);
        return new FileObjectStore(settings.Bucket, work, clock);
    }
}
