using FlexFs.Blocks.Format;
using FlexFs.Core;
using FlexFs.Objects.Memory;
using FlexFs.Wire;

namespace FlexFs.Blocks.Tests;

/// <summary>Indexes and headers that may be anything: they are refused, or every offset in them is within bounds.</summary>
public sealed class LayoutTests
{
    [Fact]
    public void A_damaged_index_is_refused_or_consistent()
    {
        using var pool = Samples.Pool();
        using var encoded = ObjectWriter.Encode(
            Samples.Format(CompressionKind.Lz4), Samples.Id, [Samples.Mixed(300_000)], pool);
        var valid = encoded.FrameIndex.ToArray();
        var random = new Random(23);
        var accepted = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var bytes = valid.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) bytes = bytes[..random.Next(bytes.Length)];
            if (!ObjectLayout.TryParse(bytes, out var layout, out var reason))
            {
                Assert.NotEmpty(reason);
                continue;
            }

            accepted++;
            Assert.InRange(layout.PlainBytes, 0, Limits.ObjectBytesMax);
            Assert.InRange(layout.FrameCount, 0, Limits.FramesPerObjectMax);
            var plain = 0;
            for (var frame = 0; frame < layout.FrameCount; frame++)
            {
                Assert.InRange(layout.StoredLength(frame), 17, layout.PlainLength(frame) + 16);
                plain += layout.PlainLength(frame);
            }

            Assert.Equal(layout.PlainBytes, plain);
        }

        Assert.InRange(accepted, 1, 49_999);
    }

    [Fact]
    public async Task A_header_that_is_anything_is_refused_in_words()
    {
        using var pool = Samples.Pool();
        using var encoded = ObjectWriter.Encode(
            Samples.Format(CompressionKind.Lz4), Samples.Id, [Samples.Mixed(300_000)], pool);
        var valid = encoded.Stored[..200].ToArray();
        var random = new Random(29);
        for (var i = 0; i < 3000; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (i % 2 == 0)
            {
                bytes = valid.ToArray();
                bytes[random.Next(60)] ^= (byte)random.Next(1, 256);
            }

            await using var store = new MemoryObjectStore(TimeProvider.System);
            await store.PutAsync(Samples.Names.Of(Samples.Id), bytes, TestContext.Current.CancellationToken);
            var failure = await Record.ExceptionAsync(async () => await Samples.Reader(store, pool)
                .ReadLayoutAsync(Samples.Id, TestContext.Current.CancellationToken));
            Assert.True(failure is CorruptObjectException or UnsupportedObjectException, $"{i}: {failure}");
            Assert.Contains(Samples.Id.ToString(), failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("none", CompressionKind.None)]
    [InlineData("lz4", CompressionKind.Lz4)]
    [InlineData("zstd", CompressionKind.Zstd)]
    public async Task Objects_of_the_first_version_are_read_for_ever(string name, CompressionKind kind)
    {
        using var pool = Samples.Pool();
        var plain = Samples.Mixed(70_000, seed: 41);
        var path = Path.Combine(AppContext.BaseDirectory, "golden", $"{name}.v1.object");
        if (Environment.GetEnvironmentVariable("FLEXFS_GOLDEN_UPDATE") is not null && !File.Exists(path))
        {
            using var encoded = ObjectWriter.Encode(Samples.Format(kind), Samples.Id, [plain], pool);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, encoded.Stored.ToArray(), TestContext.Current.CancellationToken);
        }

        await using var store = new MemoryObjectStore(TimeProvider.System);
        var stored = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        await store.PutAsync(Samples.Names.Of(Samples.Id), stored, TestContext.Current.CancellationToken);
        var reader = Samples.Reader(store, pool);
        var layout = await reader.ReadLayoutAsync(Samples.Id, TestContext.Current.CancellationToken);
        Assert.Equal(kind, layout!.Compression);
        Assert.Equal(plain, await Samples.ReadAllAsync(reader, Samples.Id, layout));
    }

    [Fact]
    public void The_header_begins_with_its_version_and_the_magic()
    {
        using var pool = Samples.Pool();
        using var encoded = ObjectWriter.Encode(Samples.Format(CompressionKind.Lz4), Samples.Id, [], pool);
        Assert.Equal("\u0001flexfsOB"u8, encoded.Stored.Span[..9]);
        Assert.Equal(1, WireCodec.VersionOf<ObjectHeader>());
    }
}
