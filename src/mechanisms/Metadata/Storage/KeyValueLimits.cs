namespace FlexFs.Metadata.Storage;

/// <summary>Bounds of one call of <see cref="IKeyValueStore"/>.</summary>
public static class KeyValueLimits
{
    /// <summary>Keys of one <see cref="IKeyValueStore.GetManyAsync"/>.</summary>
    public const int KeysPerReadMax = 4096;
}
