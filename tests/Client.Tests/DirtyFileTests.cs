using FlexFs.Client.Inodes;
using FlexFs.Client.Waiting;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Tests;

/// <summary>Dirty bytes against plain ones, and which chunks they hold.</summary>
public class DirtyFileTests
{
    private const int ChunkBytes = 1 << 16;
    private const int FileBytes = 3 * TestVolume.BlockBytes;
    private static readonly Instant Now = new(1);

    [Fact]
    public void Reads_see_the_last_write_to_each_place_and_chunks_are_held_as_long_as_they_are_needed()
    {
        for (var seed = 1; seed <= 12; seed++) Model.Run(seed);
    }

    [Fact]
    public void What_is_sealed_is_never_written_to()
    {
        var (file, memory) = New();
        Write(file, 10, [1, 2, 3]);
        var upload = new Upload();
        file.Seal(file.Blocks[0], upload);
        Write(file, 11, [9]);
        Write(file, 13, [4]);
        Assert.Equal([1, 2, 3], upload.Content.SelectMany(part => part.ToArray()));
        Assert.Equal([1, 9, 3, 4], Read(file, 10, 4));
        file.Forget(upload);
        Assert.Equal([9], Read(file, 11, 1));
        Assert.Equal([new Gap(0, 1), new Gap(2, 1)], Gaps(file, 10, 4));
        file.ForgetOpen();
        Assert.Equal(0, memory.Taken);
    }

    [Fact]
    public void Without_a_free_chunk_a_write_takes_what_fits_into_those_it_has()
    {
        var (file, memory) = New(chunks: 1);
        Assert.Equal(ChunkBytes - 5, file.Write(5, new byte[2 * ChunkBytes], Now, out _));
        Assert.Equal(1, memory.Taken);
        Assert.Equal(ChunkBytes, file.End);
    }

    [Fact]
    public void A_truncation_leaves_what_was_written_after_it_began()
    {
        var (file, memory) = New();
        Write(file, 0, [1, 2, 3, 4]);
        var newest = file.Freeze();
        Write(file, 2, [7, 8, 9]);
        file.Truncate(1, newest);
        Assert.Equal([1], Read(file, 0, 1));
        Assert.Equal([new Gap(1, 1)], Gaps(file, 0, 5));
        Assert.Equal([7, 8, 9], Read(file, 2, 3));
        file.Truncate(0, ulong.MaxValue);
        Assert.True(file.IsEmpty);
        Assert.Equal(0, memory.Taken);
    }

    // Found by the simulator: the record has bytes of an older version, dirty bytes lie over some of them, and the file becomes one of
    // extents. What dirty bytes hide now may show again (they may be lost, or come in a later commit), so the record goes into extents
    // whole, and only while it is of the version that the server has.
    [Fact]
    public void A_records_bytes_go_into_extents_whole_also_where_dirty_bytes_hide_them()
    {
        var writer = NewWriter(record: [1, 2, 3, 4], version: 7);
        writer.Write(1, [8, 9], Now, false, out _);
        writer.Write(100_000, [5], Now, false, out _);
        writer.Seal(new Instant(long.MaxValue));
        var upload = Assert.Single(writer.Uploads);
        Assert.Equal([1, 2, 3, 4, 8, 9, 5], upload.Content.SelectMany(part => part.ToArray()));
        Assert.Equal(
            [new PlacedExtent(0, 0, 0, 4, true), new PlacedExtent(0, 4, 1, 2, false), new PlacedExtent(0, 6, 100_000, 1, false)],
            upload.Extents);
        Assert.Equal(7ul, writer.BaseVersion);
    }

    [Fact]
    public void Bytes_of_an_older_record_are_replaced_by_those_of_the_record_that_is_known_now()
    {
        var writer = NewWriter(record: [1, 2, 3, 4], version: 7);
        writer.Write(1, [8, 9], Now, false, out _);
        writer.Write(100_000, [5], Now, false, out _);
        writer.Seal(new Instant(long.MaxValue));
        lock (writer.Inode.Gate)
        {
            writer.Inode.Learn(Attributes(version: 8, size: 3));
            writer.Inode.LearnInline(new byte[] { 6, 6, 6 }, 8);
        }

        Assert.NotNull(writer.SealBase());
        var based = writer.Uploads.SelectMany(upload => upload.Extents.Where(extent => extent.IsBase)
            .Select(extent => (extent.Length, upload.PlainBytes)));
        Assert.Equal([(3, 3)], based);
        Assert.Equal(8ul, writer.BaseVersion);
    }

    [Fact]
    public void Bytes_of_an_older_record_are_not_laid_into_a_file_that_has_none_any_more()
    {
        var writer = NewWriter(record: [1, 2, 3, 4], version: 7);
        writer.Write(1, [8, 9], Now, false, out _);
        writer.Write(100_000, [5], Now, false, out _);
        writer.Seal(new Instant(long.MaxValue));
        lock (writer.Inode.Gate) writer.Inode.Learn(Attributes(version: 8, size: 100_000) with { Flags = InodeFlags.None });
        Assert.Null(writer.SealBase());
        Assert.DoesNotContain(writer.Uploads, upload => upload.Extents.Exists(extent => extent.IsBase));
        Assert.Equal(0ul, writer.BaseVersion);
    }

    private static InodeWriter NewWriter(byte[] record, ulong version)
    {
        var inode = new CachedInode(new InodeId(9));
        inode.Learn(Attributes(version, record.Length));
        inode.LearnInline(record, version);
        return new InodeWriter(inode, new DirtyBudget(new HeapDirtyMemory(ChunkBytes, 16), SlowWaits.None), TestVolume.BlockSizeLog2, session: 1);
    }

    private static Attributes Attributes(ulong version, long size) => new()
    {
        Inode = new InodeId(9),
        SizeBytes = size,
        AllocatedBytes = 4096,
        DataVersion = version,
        ChangedAt = new Instant((long)version),
        Flags = InodeFlags.IsInline,
    };

    private static (DirtyFile File, HeapDirtyMemory Memory) New(int chunks = 64)
    {
        var memory = new HeapDirtyMemory(ChunkBytes, chunks);
        return (new DirtyFile(new InodeId(9), new DirtyBudget(memory, SlowWaits.None), TestVolume.BlockSizeLog2), memory);
    }

    private static void Write(DirtyFile file, long offset, byte[] bytes) =>
        Assert.Equal(bytes.Length, file.Write(offset, bytes, Now, out _));

    private static byte[] Read(DirtyFile file, long offset, int length)
    {
        var bytes = new byte[length];
        file.Read(offset, bytes, []);
        return bytes;
    }

    private static List<Gap> Gaps(DirtyFile file, long offset, int length)
    {
        var gaps = new List<Gap>();
        file.Read(offset, new byte[length], gaps);
        return gaps;
    }

    /// <summary>Random writes, seals, commits and truncations beside plain bytes and the runs that have them.</summary>
    private sealed class Model(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly byte[] _plain = new byte[FileBytes];
        private readonly bool[] _isDirty = new bool[FileBytes];
        private readonly Queue<Upload> _uploads = new();

        internal static void Run(int seed) => new Model(seed).Run();

        private void Run()
        {
            var (file, memory) = New(chunks: 1024);
            for (var step = 0; step < 80; step++)
            {
                Step(file);
                Compare(file, step);
            }

            while (_uploads.TryDequeue(out var upload)) file.Forget(upload);
            file.ForgetOpen();
            Assert.True(file.IsEmpty);
            Assert.Equal(0, memory.Taken);
        }

        private void Step(DirtyFile file)
        {
            switch (_random.Next(10))
            {
                case < 7:
                    Write(file);
                    break;
                case 7 when file.Blocks.Any(block => block.OpenBytes > 0):
                    var upload = new Upload();
                    file.Seal(file.Blocks.First(block => block.OpenBytes > 0), upload);
                    _uploads.Enqueue(upload);
                    break;
                case 8 when _uploads.TryDequeue(out var stored):
                    Committed(file, stored);
                    break;
                case 9:
                    var size = _random.Next(FileBytes);
                    file.Truncate(size, ulong.MaxValue);
                    foreach (var waiting in _uploads) waiting.Truncate(size, TestVolume.BlockSizeLog2);
                    Clean(size, FileBytes - size);
                    break;
            }
        }

        private void Write(DirtyFile file)
        {
            var offset = _random.Next(FileBytes - 1);
            var bytes = new byte[_random.Next(1, Math.Min(FileBytes - offset, _random.Next(2) == 0 ? 300 : 200_000) + 1)];
            _random.NextBytes(bytes);
            for (var at = 0; at < bytes.Length;)
            {
                var taken = file.Write(offset + at, bytes.AsSpan(at), Now, out _);
                Assert.True(taken > 0);
                at += taken;
            }

            bytes.CopyTo(_plain.AsSpan(offset));
            _isDirty.AsSpan(offset, bytes.Length).Fill(true);
        }

        // What the committed upload showed is dirty no more, but for what was written over it since.
        private void Committed(DirtyFile file, Upload upload)
        {
            foreach (var block in file.Blocks)
            {
                foreach (var segment in block.Segments)
                {
                    if (!ReferenceEquals(segment.Run.Upload, upload)) continue;
                    var begin = ((int)block.Index << TestVolume.BlockSizeLog2) + segment.Start;
                    Clean(begin, segment.Length);
                }
            }

            file.Forget(upload);
        }

        private void Compare(DirtyFile file, int step)
        {
            var bytes = new byte[FileBytes];
            var gaps = new List<Gap>();
            file.Read(0, bytes, gaps);
            var isDirty = new bool[FileBytes];
            isDirty.AsSpan().Fill(true);
            foreach (var gap in gaps) isDirty.AsSpan(gap.At, gap.Length).Clear();
            Assert.True(isDirty.AsSpan().SequenceEqual(_isDirty), $"seed {seed}, step {step}: other bytes are dirty");
            Assert.True(bytes.AsSpan().SequenceEqual(_plain), $"seed {seed}, step {step}: other bytes");
        }

        private void Clean(int from, int length)
        {
            _plain.AsSpan(from, length).Clear();
            _isDirty.AsSpan(from, length).Clear();
        }
    }
}
