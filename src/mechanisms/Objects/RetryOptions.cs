namespace FlexFs.Objects;

/// <summary>How often and how long <see cref="RetryingObjectStore"/> tries.</summary>
public sealed record RetryOptions
{
    /// <summary>Attempts of one call, the first included.</summary>
    public int AttemptsMax { get; init; } = 8;

    /// <summary>Upper bound of the first pause; doubled for each further one.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Upper bound of any pause.</summary>
    public TimeSpan PauseMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>No attempt begins later than this after the first.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>An attempt that takes longer has failed.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Retries that may be saved up. Each costs one, each success earns a tenth: when everything fails, load grows by a tenth, not
    /// eightfold.
    /// </summary>
    public int SavedRetriesMax { get; init; } = 100;
}
