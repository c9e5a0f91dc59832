
namespace FlexFs.Client.Writing;

/// <summary>
/// A run of written bytes in one chunk. The chunk covers an aligned window of the file, so a run never crosses a block.
/// </summary>
/// <remarks>Owned by its <see cref="DirtyFile"/>, under the inode's lock. Sealed runs are never written
/// again.</remarks>
internal sealed class DirtyRun
{
    /// <summary>The chunk.</summary>
    public required int Chunk { get; init; }

    /// <summary>Its bytes.</summary>
    public required Memory<byte> Bytes { get; init; }

    /// <summary>Order among all runs.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>Offset in the block of the chunk's first byte.</summary>
    public required int Window { get; init; }

    /// <summary>Begin of the run, in the block.</summary>
    public int Start { get; set; }

    /// <summary>End of the run, in the block.</summary>
    public int End { get; set; }

    /// <summary>Bytes of it that are not overwritten by later runs.</summary>
    public int LiveBytes { get; set; }

    /// <summary>What it goes to the store with; none while it is open.</summary>
    public Upload? Upload { get; set; }

    /// <summary>Whether no upload has it yet.</summary>
    public bool IsOpen => Upload is null;

    /// <summary>
    /// Whether it takes no more bytes although it is open: what is written now comes after something under way.
    /// </summary>
    public bool IsFrozen { get; set; }
}

/// <summary>Bytes of a block that are dirty, and the run that has them.</summary>
/// <param name="Start">In the block.</param>
/// <param name="End">In the block.</param>
/// <param name="Run">The latest run over these bytes.</param>
internal readonly record struct DirtySegment(int Start, int End, DirtyRun Run)
{
    /// <summary>Bytes.</summary>
    public int Length => End - Start;

    /// <summary>The bytes.</summary>
    public Memory<byte> Bytes => Run.Bytes[(Start - Run.Window)..(End - Run.Window)];
}
