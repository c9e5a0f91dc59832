using System.Buffers;

namespace FlexFs.Fuse.Memory;

/// <summary>A piece of native memory that can be handed out as <see cref="Memory{T}"/>.</summary>
/// <remarks>Does not own the memory: the pool that made it frees it. Its address never changes, so pinning is free.</remarks>
internal sealed unsafe class NativeBuffer(nint start, int length) : MemoryManager<byte>
{
    /// <summary>First byte.</summary>
    public readonly byte* Start = (byte*)start;

    /// <summary>Bytes.</summary>
    public readonly int Length = length;

    public override Span<byte> GetSpan() => new(Start, Length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(Start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
