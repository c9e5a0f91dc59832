using System.Diagnostics;

namespace FlexFs.Harness;

/// <summary>Waiting for something to become true, with a limit.</summary>
public static class Until
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until the condition holds; fails with <paramref name="what"/> when it does not within the limit.</summary>
    public static async Task TrueAsync(string what, Func<bool> condition, TimeSpan? limit = null)
    {
        var watch = Stopwatch.StartNew();
        var allowed = limit ?? TimeSpan.FromSeconds(30);
        while (!condition())
        {
            if (watch.Elapsed > allowed) Assert.Fail($"{what}: not within {allowed.TotalSeconds:0} s");
            await Task.Delay(Pause);
        }
    }
}
