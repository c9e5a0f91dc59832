using FlexFs.Blocks.Buffers;
using FlexFs.Blocks.Format;
using FlexFs.Core;
using FlexFs.Objects;

namespace FlexFs.Blocks.Tests;

/// <summary>Bytes, ids and stores that the tests use.</summary>
internal static class Samples
{
    internal static readonly VolumeId Volume = new(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
    internal static readonly ObjectNames Names = new("vol");
    internal static readonly ObjectId Id = ObjectId.Of(1, 77);

    internal static BufferPool Pool() => new(64 << 20);

    internal static ObjectFormat Format(CompressionKind compression, int frameSizeLog2 = 16) =>
        new(Volume, compression, frameSizeLog2);

    /// <summary>Random stretches that do not shrink, between repetitions that do.</summary>
    internal static byte[] Mixed(int length, int seed = 1)
    {
        var bytes = new byte[length];
        var random = new Random(seed);
        for (var at = 0; at < length;)
        {
            var run = Math.Min(random.Next(1, 60_000), length - at);
            if (random.Next(2) == 0) random.NextBytes(bytes.AsSpan(at, run));
            else bytes.AsSpan(at, run).Fill((byte)random.Next(256));
            at += run;
        }

        return bytes;
    }

    internal static ObjectReader Reader(IObjectStore store, BufferPool pool, VolumeId? volume = null) =>
        new(store, Names, volume ?? Volume, pool, InlineWork.Instance);

    internal static ObjectLayout Layout(ReadOnlyMemory<byte> frameIndex)
    {
        Assert.True(ObjectLayout.TryParse(frameIndex, out var layout, out var reason), reason);
        return layout;
    }

    internal static async Task<byte[]> ReadAllAsync(ObjectReader reader, ObjectId id, ObjectLayout layout)
    {
        if (layout.FrameCount == 0) return [];
        var plain = new byte[layout.PlainBytes];
        var frames = Enumerable.Range(0, layout.FrameCount)
            .Select(frame => plain.AsMemory(frame << layout.FrameSizeLog2, layout.PlainLength(frame))).ToArray();
        Assert.True(await reader.ReadFramesAsync(id, layout, 0, frames, TestContext.Current.CancellationToken));
        return plain;
    }
}
