using Microsoft.Extensions.Logging;

namespace FlexFs.MetadataService.Volumes;

/// <summary>One part of a volume's upkeep that takes a while: begun again and again, and never beside itself.</summary>
/// <remarks>Parts do not wait for each other: a bucket that hangs keeps no session from being ended. On the volume's context.</remarks>
internal sealed class BackgroundStep(ILogger log, Func<Task> step)
{
    private volatile bool _isRunning;

    /// <summary>Whether it is under way. Any thread.</summary>
    public bool IsRunning => _isRunning;

    /// <summary>Begins it, unless it is under way.</summary>
    public void Begin()
    {
        if (!_isRunning) _ = RunAsync();
    }

    private async Task RunAsync()
    {
        _isRunning = true;
        try
        {
            await step();
        }
        catch (Exception failure)
        {
            // The next one tries again; what is broken for good stops the volume by itself.
            Log.UpkeepBroke(log, failure);
        }
        finally
        {
            _isRunning = false;
        }
    }
}
