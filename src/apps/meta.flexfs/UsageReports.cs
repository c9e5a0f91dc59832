using FlexFs.Hosting.Http;
using FlexFs.MetadataService;
using FlexFs.Protocol.Settings;
using Microsoft.Extensions.Logging;

namespace FlexFs.Apps.Meta;

/// <summary>Tells the administration server what is stored in each volume: once a minute, and a last time at the end.</summary>
/// <remarks>A report that does not arrive is not kept: the next one says all there is to say.</remarks>
internal sealed partial class UsageReports(MetadataServer server, AdminClient admin, ILogger log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LastAttempt = TimeSpan.FromSeconds(2);
    private bool _isAway;

    /// <summary>Reports until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            await ReportAsync(cancel);
            try
            {
                await Task.Delay(Interval, cancel);
            }
            catch (OperationCanceledException)
            {
                // The volumes are still open: what they say now is what they will say when they come back.
                using CancellationTokenSource soon = new(LastAttempt);
                await ReportAsync(soon.Token);
            }
        }
    }

    private async Task ReportAsync(CancellationToken cancel)
    {
        try
        {
            var volumes = await server.UsageAsync();
            if (volumes.Count == 0) return;
            var at = DateTimeOffset.UtcNow;
            var report = new VolumeStatsReport
            {
                Volumes =
                [
                    .. volumes.Select(v => new VolumeStats
                    {
                        VolumeId = v.Volume.Id.Value, SizeBytes = v.Bytes, Inodes = v.Inodes, Sessions = v.Sessions, At = at,
                    }),
                ],
            };
            await admin.PostStatsAsync(report, cancel);
            _isAway = false;
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
        catch (AdminClientException e)
        {
            if (!_isAway) LogAway(log, e.Message);
            _isAway = true;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "usage cannot be reported, and is tried again each minute: {Reason}")]
    private static partial void LogAway(ILogger log, string reason);
}
