using FlexFs.Blocks.Format;
using FlexFs.Core;
using FlexFs.Objects.Memory;
using FlexFs.Wire;

namespace FlexFs.Blocks.Tests;

public sealed class ObjectFormatTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<CompressionKind, int> RoundTrips
    {
        get
        {
            var data = new TheoryData<CompressionKind, int>();
            foreach (var kind in (CompressionKind[])[CompressionKind.None, CompressionKind.Lz4, CompressionKind.Zstd])
            {
                foreach (var length in (int[])
                    [0, 1, 15, 16, 17, 4096, 65_535, 65_536, 65_537, 131_073, 1_000_000, 4 << 20, Limits.ObjectBytesMax])
                {
                    data.Add(kind, length);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(RoundTrips))]
    public async Task What_was_written_is_read_with_the_index_and_with_the_header_alone(CompressionKind kind, int length)
    {
        using var pool = Samples.Pool();
        var plain = Samples.Mixed(length);
        foreach (var frameSizeLog2 in (int[])[16, 17, 18])
        {
            await using var store = new MemoryObjectStore(TimeProvider.System);
            using var encoded = ObjectWriter.Encode(Samples.Format(kind, frameSizeLog2), Samples.Id, [plain], pool);
            Assert.Equal(length, encoded.PlainBytes);
            Assert.InRange(encoded.StoredBytes, 0, length + ObjectHeader.BytesMax + (16 * 129));
            await store.PutAsync(Samples.Names.Of(Samples.Id), encoded.Stored, Token);
            var reader = Samples.Reader(store, pool);
            var layout = Samples.Layout(encoded.FrameIndex);
            Assert.Equal(encoded.StoredBytes, layout.StoredBytes);
            Assert.Equal(plain, await Samples.ReadAllAsync(reader, Samples.Id, layout));
            var fromHeader = await reader.ReadLayoutAsync(Samples.Id, Token);
            Assert.Equal(plain, await Samples.ReadAllAsync(reader, Samples.Id, fromHeader!));
        }
    }

    [Fact]
    public void Pieces_make_the_same_object_as_the_whole()
    {
        using var pool = Samples.Pool();
        var plain = Samples.Mixed(500_000);
        using var whole = ObjectWriter.Encode(Samples.Format(CompressionKind.Lz4), Samples.Id, [plain], pool);
        var random = new Random(9);
        for (var round = 0; round < 20; round++)
        {
            var pieces = new List<ReadOnlyMemory<byte>>();
            for (var at = 0; at < plain.Length;)
            {
                var length = Math.Min(random.Next(0, round < 10 ? 1000 : 200_000), plain.Length - at);
                pieces.Add(plain.AsMemory(at, length));
                at += length;
            }

            using var encoded = ObjectWriter.Encode(Samples.Format(CompressionKind.Lz4), Samples.Id, pieces, pool);
            Assert.True(whole.Stored.Span.SequenceEqual(encoded.Stored.Span));
        }
    }

    [Fact]
    public void What_does_not_shrink_is_stored_as_it_is()
    {
        using var pool = Samples.Pool();
        var noise = new byte[200_000];
        new Random(1).NextBytes(noise);
        using var encoded = ObjectWriter.Encode(Samples.Format(CompressionKind.Zstd), Samples.Id, [noise], pool);
        var layout = Samples.Layout(encoded.FrameIndex);
        Assert.All(Enumerable.Range(0, layout.FrameCount), frame => Assert.True(layout.IsStoredPlain(frame)));
        Assert.Equal(noise.Length + layout.StoredOffset(0) + (16 * layout.FrameCount), encoded.StoredBytes);
        using var zeros = ObjectWriter.Encode(Samples.Format(CompressionKind.Zstd), Samples.Id, [new byte[200_000]], pool);
        Assert.InRange(zeros.StoredBytes, 0, 1000);
    }

    [Fact]
    public void The_index_of_the_largest_object_fits_where_the_metadata_keeps_it()
    {
        using var pool = Samples.Pool();
        using var encoded = ObjectWriter.Encode(
            Samples.Format(CompressionKind.Lz4), Samples.Id, [new byte[Limits.ObjectBytesMax]], pool);

        // Protocol's ObjectDescriptor.FrameIndexBytesMax.
        Assert.InRange(encoded.FrameIndex.Length, 1, 64 + (8 * Limits.FramesPerObjectMax));
        using var small = ObjectWriter.Encode(Samples.Format(CompressionKind.Lz4), Samples.Id, [new byte[1000]], pool);
        Assert.InRange(small.FrameIndex.Length, 1, 40);
    }

    [Theory]
    [InlineData(CompressionKind.None)]
    [InlineData(CompressionKind.Lz4)]
    [InlineData(CompressionKind.Zstd)]
    public async Task A_flipped_bit_anywhere_is_found(CompressionKind kind)
    {
        using var pool = Samples.Pool();
        var plain = Samples.Mixed(150_000, seed: 3);
        using var encoded = ObjectWriter.Encode(Samples.Format(kind), Samples.Id, [plain], pool);
        var stored = encoded.Stored.ToArray();
        var layout = Samples.Layout(encoded.FrameIndex);
        var random = new Random(17);
        var places = Enumerable.Range(0, layout.StoredOffset(0))
            .Concat(Enumerable.Range(0, 400).Select(_ => random.Next(stored.Length)))
            .Concat(Enumerable.Range(stored.Length - 20, 20));
        foreach (var place in places)
        {
            var damaged = stored.ToArray();
            damaged[place] ^= (byte)(1 << random.Next(8));
            await AssertRefusedAsync(damaged, plain, layout, inHeader: place < layout.StoredOffset(0));
        }
    }

    [Fact]
    public async Task A_truncated_object_is_found()
    {
        using var pool = Samples.Pool();
        var plain = Samples.Mixed(150_000, seed: 3);
        using var encoded = ObjectWriter.Encode(Samples.Format(CompressionKind.Lz4), Samples.Id, [plain], pool);
        var stored = encoded.Stored.ToArray();
        var layout = Samples.Layout(encoded.FrameIndex);
        for (var length = 0; length < stored.Length; length += 997)
        {
            await AssertRefusedAsync(stored[..length], plain, layout, inHeader: length < layout.StoredOffset(0));
        }
    }

    [Fact]
    public async Task Objects_that_the_store_swapped_are_found()
    {
        using var pool = Samples.Pool();
        await using var store = new MemoryObjectStore(TimeProvider.System);
        var other = ObjectId.Of(1, 78);
        var plain = Samples.Mixed(100_000);
        using var mine = ObjectWriter.Encode(Samples.Format(CompressionKind.Lz4), Samples.Id, [plain], pool);
        using var theirs = ObjectWriter.Encode(Samples.Format(CompressionKind.Lz4), other, [plain], pool);
        await store.PutAsync(Samples.Names.Of(Samples.Id), theirs.Stored, Token);
        var reader = Samples.Reader(store, pool);
        var failure = await Assert.ThrowsAsync<CorruptObjectException>(
            () => Samples.ReadAllAsync(reader, Samples.Id, Samples.Layout(mine.FrameIndex)));
        Assert.Equal(Samples.Id, failure.Id);
        Assert.Contains(Samples.Id.ToString(), failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<CorruptObjectException>(async () => await reader.ReadLayoutAsync(Samples.Id, Token));
    }

    [Fact]
    public async Task An_object_of_another_volume_and_frames_in_another_order_are_found()
    {
        using var pool = Samples.Pool();
        await using var store = new MemoryObjectStore(TimeProvider.System);
        var plain = new byte[3 << 16];
        using var encoded = ObjectWriter.Encode(Samples.Format(CompressionKind.None), Samples.Id, [plain], pool);
        var layout = Samples.Layout(encoded.FrameIndex);
        await store.PutAsync(Samples.Names.Of(Samples.Id), encoded.Stored, Token);
        var elsewhere = Samples.Reader(store, pool, new VolumeId(new Guid(9, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)));
        await Assert.ThrowsAsync<CorruptObjectException>(() => Samples.ReadAllAsync(elsewhere, Samples.Id, layout));
        await Assert.ThrowsAsync<CorruptObjectException>(async () => await elsewhere.ReadLayoutAsync(Samples.Id, Token));

        // All frames have the same plain bytes; only their places differ.
        store.Damage(Samples.Names.Of(Samples.Id), bytes =>
        {
            var first = bytes.AsSpan(layout.StoredOffset(0), layout.StoredLength(0)).ToArray();
            bytes.AsSpan(layout.StoredOffset(1), layout.StoredLength(1)).CopyTo(bytes.AsSpan(layout.StoredOffset(0)));
            first.CopyTo(bytes.AsSpan(layout.StoredOffset(1)));
            return bytes;
        });
        await Assert.ThrowsAsync<CorruptObjectException>(
            () => Samples.ReadAllAsync(Samples.Reader(store, pool), Samples.Id, layout));
    }

    [Fact]
    public async Task An_unknown_cipher_or_compression_is_refused_in_words()
    {
        using var pool = Samples.Pool();
        await using var store = new MemoryObjectStore(TimeProvider.System);
        using var encoded = ObjectWriter.Encode(Samples.Format(CompressionKind.Lz4), Samples.Id, [new byte[100]], pool);
        var index = WireCodec.Read<FrameIndex>(encoded.FrameIndex);
        foreach (var (changed, word) in ((FrameIndex, string)[])
        [
            (index with { Cipher = CipherKind.Aes256Gcm, KeyId = 3 }, "cipher 1"),
            (index with { Cipher = (CipherKind)200 }, "cipher 200"),
            (index with { Compression = CompressionKind.Snappy }, "method 2"),
            (index with { Compression = (CompressionKind)99 }, "method 99"),
        ])
        {
            var failure = await Assert.ThrowsAsync<UnsupportedObjectException>(() => Samples.ReadAllAsync(
                Samples.Reader(store, pool), Samples.Id, Samples.Layout(WireCodec.ToBytes(changed))));
            Assert.Contains(word, failure.Message, StringComparison.Ordinal);
            Assert.Contains("newer", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_is_not_there_is_a_result()
    {
        using var pool = Samples.Pool();
        await using var store = new MemoryObjectStore(TimeProvider.System);
        using var encoded = ObjectWriter.Encode(Samples.Format(CompressionKind.Lz4), Samples.Id, [new byte[100]], pool);
        var reader = Samples.Reader(store, pool);
        Assert.Null(await reader.ReadLayoutAsync(Samples.Id, Token));
        Assert.False(await reader.ReadFramesAsync(
            Samples.Id, Samples.Layout(encoded.FrameIndex), 0, [new byte[100]], Token));
    }

    private static async Task AssertRefusedAsync(byte[] damaged, byte[] plain, ObjectLayout layout, bool inHeader)
    {
        using var pool = Samples.Pool();
        await using var store = new MemoryObjectStore(TimeProvider.System);
        await store.PutAsync(Samples.Names.Of(Samples.Id), damaged, Token);
        var reader = Samples.Reader(store, pool);

        // Who has the index needs no header; its damage is found by who does not.
        var withIndex = await Record.ExceptionAsync(async () =>
            Assert.Equal(plain, await Samples.ReadAllAsync(reader, Samples.Id, layout)));
        var withHeader = await Record.ExceptionAsync(async () =>
        {
            var found = await reader.ReadLayoutAsync(Samples.Id, Token);
            Assert.Equal(plain, await Samples.ReadAllAsync(reader, Samples.Id, found!));
        });
        if (inHeader && damaged.Length > layout.StoredOffset(0))
        {
            Assert.Null(withIndex);
            Assert.True(withHeader is CorruptObjectException or UnsupportedObjectException, $"{withHeader}");
        }
        else
        {
            Assert.IsType<CorruptObjectException>(withIndex);
            Assert.IsType<CorruptObjectException>(withHeader);
        }
    }
}
