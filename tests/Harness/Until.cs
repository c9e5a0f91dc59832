using System.Diagnostics;

namespace FlexFs.Harness;

/// <summary>Waiting for something to become true, with a limit.</summary>
public static class Until
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Waits until the condition holds; fails with <paramref name="what"/> when it does not within the limit, and when it does not answer,
    /// as a look at a mount may not.
    /// </summary>
    public static async Task TrueAsync(string what, Func<bool> condition, TimeSpan? limit = null)
    {
        var watch = Stopwatch.StartNew();
        var allowed = limit ?? TimeSpan.FromSeconds(30);
        while (true)
        {
            if (await LookAsync(what, condition, allowed)) return;
            if (watch.Elapsed > allowed) Assert.Fail($"{what}: not within {allowed.TotalSeconds:0} s");
            await Task.Delay(Pause);
        }
    }

    private static async Task<bool> LookAsync(string what, Func<bool> condition, TimeSpan limit)
    {
        var answer = Task.Run(condition);
        try
        {
            return await answer.WaitAsync(limit);
        }
        catch (TimeoutException) when (!answer.IsCompleted)
        {
            Assert.Fail($"{what}: the look at it hangs for {limit.TotalSeconds:0} s");
            return false;
        }
    }
}
