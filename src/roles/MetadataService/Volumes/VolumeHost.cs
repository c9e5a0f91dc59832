using FlexFs.Metadata.Storage;
using FlexFs.MetadataService.Pipeline;

namespace FlexFs.MetadataService.Volumes;

/// <summary>The open volumes of a server: each is opened at first use and closed when nobody needs it.</summary>
/// <remarks>
/// A volume is open at most once at a time, and opened again only after its store was closed. Any thread; the lock guards the
/// table, and nothing is awaited under it.
/// </remarks>
internal sealed class VolumeHost(Func<VolumeDescription, VolumeSeat> seatOf)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<Guid, Entry> _volumes = [];
    private bool _isClosed;

    /// <summary>The volumes that are open now.</summary>
    public IReadOnlyList<VolumeService> Open
    {
        get
        {
            lock (_gate) return [.. _volumes.Values.Select(entry => entry.Service).OfType<VolumeService>()];
        }
    }

    /// <summary>The service of a volume.</summary>
    /// <exception cref="StorageException">Its store cannot be opened.</exception>
    /// <exception cref="IOException">Its store is of another volume or has no space, or the server is stopping.</exception>
    public async Task<VolumeService> OpenAsync(VolumeDescription volume)
    {
        Entry? entry;
        lock (_gate)
        {
            if (_isClosed) throw new IOException("the metadata server is stopping");
            if (!_volumes.TryGetValue(volume.Id.Value, out entry))
            {
                entry = new Entry(seatOf(volume));
                _volumes.Add(volume.Id.Value, entry);
                entry.Begin();
            }
        }

        try
        {
            return await entry.Opening;
        }
        catch
        {
            // The next client tries again.
            Remove(entry);
            throw;
        }
    }

    /// <summary>Lets each volume do its upkeep, and closes those that are idle. Waits for nothing that one of them began.</summary>
    public async Task UpkeepAsync()
    {
        List<Entry> all;
        lock (_gate) all = [.. _volumes.Values.Where(entry => entry.Service is not null)];
        foreach (var entry in all)
        {
            var volume = entry.Service!;
            var closing = await volume.Context.RunAsync(() =>
            {
                var closing = volume.MayClose ? volume.CloseAsync() : null;
                if (closing is null) volume.Upkeep();
                return Task.FromResult(closing);
            });
            if (closing is not null) _ = RemoveClosedAsync(entry, closing);
        }
    }

    /// <summary>Answers what was asked, then closes all volumes. No volume is opened any more.</summary>
    public async Task CloseAsync()
    {
        List<Entry> all;
        lock (_gate)
        {
            _isClosed = true;
            all = [.. _volumes.Values];
        }

        foreach (var entry in all)
        {
            try
            {
                var volume = await entry.Opening;
                await volume.Context.RunAsync(volume.CloseAsync);
            }
            catch (Exception e) when (e is StorageException or IOException)
            {
                // Whoever asked for the volume was told that it cannot be opened; there is nothing to close.
            }

            Remove(entry);
        }
    }

    // The entry stays until the store is closed: whoever comes meanwhile is told to come again.
    private async Task RemoveClosedAsync(Entry entry, Task closing)
    {
        try
        {
            await closing;
        }
        catch (StorageException failure)
        {
            Log.StorageFailed(entry.Seat.Log, failure.Message);
        }

        Remove(entry);
    }

    private void Remove(Entry entry)
    {
        lock (_gate)
        {
            var id = entry.Seat.Volume.Id.Value;
            if (_volumes.GetValueOrDefault(id) == entry) _volumes.Remove(id);
        }
    }

    private sealed class Entry(VolumeSeat seat)
    {
        private volatile VolumeService? _service;

        public VolumeSeat Seat => seat;

        public Task<VolumeService> Opening { get; private set; } = null!;

        /// <summary>Null until it is open.</summary>
        public VolumeService? Service => _service;

        public void Begin() => Opening = seat.Context.RunAsync(OpenAsync);

        private async Task<VolumeService> OpenAsync()
        {
            var service = await VolumeService.OpenAsync(seat, CancellationToken.None);
            _service = service;
            seat.Metrics.VolumesChanged(1);
            return service;
        }
    }
}
