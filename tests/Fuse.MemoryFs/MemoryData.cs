namespace FlexFs.Fuse.MemoryFs;

/// <summary>The bytes of a file, in chunks of 1 MiB; a chunk that was never written is a hole.</summary>
/// <remarks>
/// Arrays are never changed in length, only replaced, so a reader may go on with those it found. Chunks are pinned: a reply
/// is gathered from them by the kernel. Guarded by the inode's lock.
/// </remarks>
internal sealed class MemoryData
{
    public const int ChunkBytes = 1 << 20;
    private static readonly byte[] Zeros = GC.AllocateArray<byte>(ChunkBytes, pinned: true);
    private readonly List<byte[]?> _chunks = [];

    /// <summary>Allocated bytes.</summary>
    public long Allocated { get; private set; }

    /// <summary>Up to the length or the end of the chunk, zeros in holes.</summary>
    public ReadOnlyMemory<byte> Read(long offset, int length)
    {
        int index = (int)(offset / ChunkBytes);
        int at = (int)(offset % ChunkBytes);
        length = Math.Min(length, ChunkBytes - at);
        byte[]? chunk = index < _chunks.Count ? _chunks[index] : null;
        if (chunk is null || at >= chunk.Length) return Zeros.AsMemory(0, length);
        // The first chunk of a small file is short; what is behind it is a hole up to the size.
        return chunk.AsMemory(at, Math.Min(length, chunk.Length - at));
    }

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            int at = (int)(offset % ChunkBytes);
            int length = Math.Min(data.Length, ChunkBytes - at);
            byte[] chunk = Chunk((int)(offset / ChunkBytes), at + length);
            data[..length].CopyTo(chunk.AsSpan(at));
            data = data[length..];
            offset += length;
        }
    }

    /// <summary>Makes a range read as zeros; whole chunks of it become holes.</summary>
    public void Zero(long offset, long length)
    {
        while (length > 0)
        {
            int index = (int)(offset / ChunkBytes);
            if (index >= _chunks.Count) return;
            int at = (int)(offset % ChunkBytes);
            int part = (int)Math.Min(length, ChunkBytes - at);
            if (_chunks[index] is { } chunk)
            {
                if (part == ChunkBytes)
                {
                    Allocated -= chunk.Length;
                    _chunks[index] = null;
                }
                else if (at < chunk.Length)
                {
                    chunk.AsSpan(at, Math.Min(part, chunk.Length - at)).Clear();
                }
            }
            offset += part;
            length -= part;
        }
    }

    /// <summary>What is behind the new end must read as zeros if the file grows again.</summary>
    public void Truncate(long size)
    {
        int keep = (int)((size + ChunkBytes - 1) / ChunkBytes);
        for (int i = _chunks.Count - 1; i >= keep; i--)
        {
            Allocated -= _chunks[i]?.Length ?? 0;
            _chunks.RemoveAt(i);
        }
        int at = (int)(size % ChunkBytes);
        if (at > 0) Zero(size, ChunkBytes - at);
    }

    /// <summary>SEEK_DATA or SEEK_HOLE below the size; -1 when there is none.</summary>
    public long Seek(long offset, long size, bool data)
    {
        for (long at = offset; at < size; at = (at / ChunkBytes * ChunkBytes) + ChunkBytes)
        {
            int index = (int)(at / ChunkBytes);
            bool isData = index < _chunks.Count && _chunks[index] is not null;
            if (isData == data) return at;
        }
        return data ? -1 : size;
    }

    private byte[] Chunk(int index, int bytes)
    {
        while (_chunks.Count <= index) _chunks.Add(null);
        byte[]? chunk = _chunks[index];
        if (chunk is not null && chunk.Length >= bytes) return chunk;
        int length = index == 0 ? Math.Clamp((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)bytes), 512, ChunkBytes) : ChunkBytes;
        byte[] grown = length >= 65536 ? GC.AllocateArray<byte>(length, pinned: true) : new byte[length];
        chunk?.CopyTo(grown, 0);
        Allocated += length - (chunk?.Length ?? 0);
        _chunks[index] = grown;
        return grown;
    }
}
