using FlexFs.Client;
using FlexFs.Mount.Bridge;

namespace FlexFs.Mount;

/// <summary>Takes pages from the kernel when leases have run out because the metadata server is out of reach.</summary>
/// <remarks>
/// Names and attributes have a time of their own in the kernel and end with the lease. Pages have none, so a mount that lost contact
/// has to take them back: within a second after the lease ended it serves nothing that may be old, as long as it runs. What is read
/// meanwhile waits for the server.
/// </remarks>
internal sealed class LapseGuard(FileSystem fileSystem, KernelCaches kernel, SlowOperations slow, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Looks after it until the mount ends.</summary>
    internal async Task RunAsync(Task end)
    {
        var dropping = Task.CompletedTask;
        while (true)
        {
            var pause = Task.Delay(Interval, time);
            if (await Task.WhenAny(pause, end) == end) return;
            slow.Upkeep();

            // Again and again, since a READ that was under way may have filled pages; and one round at a time, since it may wait for one.
            if (!dropping.IsCompleted || !fileSystem.UsesLeases || fileSystem.LeaseLeft > TimeSpan.Zero) continue;
            dropping = kernel.DropPagedAsync(fileSystem.Paged());
        }
    }
}
