using FlexFs.Core;

namespace FlexFs.Client.Writing;

/// <summary>
/// Where written bytes wait until they are stored and committed: a bounded number of chunks of one size.
/// </summary>
/// <remarks>
/// The owner of the memory decides what it is: a mount keeps it in a region that outlives its process, tests on the
/// heap.
/// What each chunk is stands in its descriptor, which is kept beside the bytes and is published after them, so that
/// whoever
/// finds the memory later can go on with it: runs of one inode lie over each other in the order of their sequence, and
/// are released
/// in that order too. Any thread may call any method; a chunk's bytes belong to who took it until it is released.
/// </remarks>
public interface IDirtyMemory
{
    /// <summary>Bytes of a chunk: a power of two, 64 KiB to the smallest block size.</summary>
    int ChunkBytes { get; }

    /// <summary>Chunks there are: the bound.</summary>
    int ChunkCount { get; }

    /// <summary>Takes a free chunk; false when there is none.</summary>
    bool TryTake(out int chunk);

    /// <summary>
    /// The bytes of a taken chunk, <see cref="ChunkBytes"/> long, at the same place until it is released.
    /// </summary>
    Memory<byte> Bytes(int chunk);

    /// <summary>
    /// Says what a taken chunk is; replaces what was said before. The bytes have been written already.
    /// </summary>
    void Describe(int chunk, in DirtyChunkDescriptor descriptor);

    /// <summary>Gives a chunk back: its bytes are committed, or overwritten, or no longer wanted.</summary>
    void Release(int chunk);
}

/// <summary>A run of written bytes of one file, and where it is in its chunk.</summary>
/// <param name="Inode">The file.</param>
/// <param name="FileOffset">Where the run begins in the file.</param>
/// <param name="ChunkOffset">Where it begins in the chunk: <paramref name="FileOffset"/> modulo the chunk's
/// bytes.</param>
/// <param name="LengthBytes">At least 1, to the end of the chunk at most.</param>
/// <param name="Sequence">Rises with each new run of a mount: what is later lies over what is earlier.</param>
/// <param name="WrittenAt">When the program wrote last into it: mtime.</param>
/// <param name="State">How far it is.</param>
public readonly record struct DirtyChunkDescriptor(
    InodeId Inode,
    long FileOffset,
    int ChunkOffset,
    int LengthBytes,
    ulong Sequence,
    Instant WrittenAt,
    DirtyChunkState State);

/// <summary>How far a run of written bytes is on its way.</summary>
public enum DirtyChunkState
{
    /// <summary>Not in use.</summary>
    Free = 0,

    /// <summary>Still written to.</summary>
    Open = 1,

    /// <summary>Unchangeable: on its way to the store, or there and not committed.</summary>
    Sealed = 2,
}
