namespace FlexFs.MetadataService.Pipeline;

/// <summary>What a <see cref="VolumeExecutor"/> does.</summary>
internal enum ExecutorState
{
    /// <summary>It has no store yet.</summary>
    New,

    /// <summary>It executes and answers.</summary>
    Serving,

    /// <summary>Its store failed and is being opened again; requests wait.</summary>
    Recovering,

    /// <summary>It answers nothing any more.</summary>
    Stopped,
}
