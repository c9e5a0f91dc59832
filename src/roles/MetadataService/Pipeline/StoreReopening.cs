using FlexFs.Metadata.Storage;
using FlexFs.MetadataService.Volumes;

namespace FlexFs.MetadataService.Pipeline;

/// <summary>Opens the store of a volume again after it failed, with growing pauses, for as long as that is wanted.</summary>
internal static class StoreReopening
{
    /// <summary>Runs until the store is open and taken over.</summary>
    /// <param name="seat">Of the volume.</param>
    /// <param name="isWanted">Asked before each attempt.</param>
    /// <returns>The store; null when it was wanted no more.</returns>
    public static async Task<(IKeyValueStore Store, StorePosition Position)?> RunAsync(VolumeSeat seat, Func<bool> isWanted)
    {
        var wait = seat.Options.ReopenWait;
        while (isWanted())
        {
            IKeyValueStore? store = null;
            try
            {
                store = await seat.Stores.OpenAsync(seat.Volume.Id, CancellationToken.None);
                return (store, await store.TakeOwnershipAsync(CancellationToken.None));
            }
            catch (StorageException failure)
            {
                Log.StorageFailed(seat.Log, failure.Message);
                if (store is not null) await store.DisposeAsync();
            }

            await Task.Delay(wait, seat.Clock);
            wait = wait * 2 > seat.Options.ReopenWaitMax ? seat.Options.ReopenWaitMax : wait * 2;
        }

        return null;
    }
}
