namespace FlexFs.MetadataService.Tests.Peers;

public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Waits until a condition holds; a test that waits too long fails.</summary>
    public static Task HoldsAsync(Func<bool> condition, string what) => HoldsAsync(() => Task.FromResult(condition()), what);

    /// <summary>The same of one that has to be asked for.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> condition, string what)
    {
        var until = DateTime.UtcNow + Patience;
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < until, $"still not so: {what}");
            await Task.Delay(1);
        }
    }

    public static Task<T> SoonAsync<T>(this Task<T> task) => task.WaitAsync(Patience);

    public static Task<T> SoonAsync<T>(this ValueTask<T> task) => task.AsTask().SoonAsync();

    public static Task SoonAsync(this Task task) => task.WaitAsync(Patience);
}
