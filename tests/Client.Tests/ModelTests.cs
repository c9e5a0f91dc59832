using CsCheck;
using FlexFs.Client.Handles;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Tests;

/// <summary>Random operations through several handles and two clients against plain bytes.</summary>
public class ModelTests
{
    private const int FileBytesMax = 3 * TestVolume.BlockBytes;

    private abstract record Step;

    private sealed record Write(int Handle, int Offset, int Length, byte Seed) : Step;

    private sealed record Read(int Handle, int Offset, int Length) : Step;

    private sealed record Truncate(int Size) : Step;

    private sealed record Zero(int Handle, int Offset, int Length, bool KeepsSize) : Step;

    private sealed record Copy(int Handle, int Offset, int To, int Length) : Step;

    private sealed record Seek(int Handle, int Offset) : Step;

    private sealed record Flush(int Handle) : Step;

    private sealed record Reopen(int Handle) : Step;

    private sealed record Elsewhere : Step;

    private sealed record Fail(bool IsFull) : Step;

    private static readonly Gen<int> Offset = Gen.Frequency(
        (3, Gen.Int[0, 5000]), (3, Gen.Int[0, FileBytesMax]), (1, Gen.Int[0, 3].Select(n => n * TestVolume.BlockBytes)));

    private static readonly Gen<int> Length = Gen.Frequency(
        (4, Gen.Int[1, 3000]), (2, Gen.Int[1, 100_000]), (1, Gen.Int[1, TestVolume.BlockBytes * 2]));

    private static readonly Gen<Step> Steps = Gen.Frequency<Step>(
        (8, Gen.Select(Gen.Int[0, 2], Offset, Length, Gen.Byte, (h, o, l, s) => (Step)new Write(h, o, l, s))),
        (5, Gen.Select(Gen.Int[0, 2], Offset, Length, (h, o, l) => (Step)new Read(h, o, l))),
        (2, Offset.Select(size => (Step)new Truncate(size))),
        (2, Gen.Select(Gen.Int[0, 2], Offset, Length, Gen.Bool, (h, o, l, k) => (Step)new Zero(h, o, l, k))),
        (2, Gen.Select(Gen.Int[0, 2], Offset, Offset, Length, (h, o, t, l) => (Step)new Copy(h, o, t, l))),
        (2, Gen.Select(Gen.Int[0, 2], Offset, (h, o) => (Step)new Seek(h, o))),
        (3, Gen.Int[0, 2].Select(h => (Step)new Flush(h))),
        (1, Gen.Int[0, 2].Select(h => (Step)new Reopen(h))),
        (2, Gen.Const((Step)new Elsewhere())),
        (1, Gen.Bool.Select(full => (Step)new Fail(full))));

    [Fact]
    public async Task Reads_see_the_last_writes_and_what_is_flushed_is_everywhere() =>
        await Steps.List[1, 60].SampleAsync(RunAsync, iter: 60, threads: 1);

    private static async Task RunAsync(List<Step> steps)
    {
        await using var world = new World();
        var fs = await world.JoinAsync(chunks: 24, options: World.Quick);
        var other = await world.JoinAsync(options: World.Options);
        var created = await fs.CreateAsync("file");
        var inode = created.Attributes.Inode;
        var handles = new[] { created.Handle, await OpenAsync(fs, inode), await OpenAsync(fs, inode) };
        var model = Array.Empty<byte>();
        foreach (var step in steps)
        {
            switch (step)
            {
                case Write write:
                    var data = World.Random(write.Length, write.Seed);
                    await fs.WriteAllAsync(handles[write.Handle], write.Offset, data);
                    if (model.Length < write.Offset + write.Length) Array.Resize(ref model, write.Offset + write.Length);
                    data.CopyTo(model, write.Offset);
                    break;
                case Read read:
                    var expected = model.AsSpan(Math.Min(read.Offset, model.Length));
                    Assert.Equal(
                        expected[..Math.Min(read.Length, expected.Length)].ToArray(),
                        await fs.ReadAllAsync(handles[read.Handle], read.Length, read.Offset));
                    Assert.Equal(model.Length, World.Ok(await fs.GetAttributesAsync(inode, World.Token)).SizeBytes);
                    break;
                case Truncate truncate:
                    World.Ok(await fs.SetAttributesAsync(
                        inode, new AttributeChange { Mask = AttributeMask.Size, SizeBytes = truncate.Size }));
                    Array.Resize(ref model, truncate.Size);
                    break;
                case Zero zero:
                    Assert.Equal(Errno.OK, await fs.FallocateAsync(
                        handles[zero.Handle], zero.Offset, zero.Length, isZeroed: true, zero.KeepsSize));
                    if (!zero.KeepsSize && model.Length < zero.Offset + zero.Length) Array.Resize(ref model, zero.Offset + zero.Length);
                    var cleared = model.AsSpan(Math.Min(zero.Offset, model.Length));
                    cleared[..Math.Min(zero.Length, cleared.Length)].Clear();
                    break;
                case Copy copy:
                    var copied = await fs.CopyRangeAsync(
                        handles[copy.Handle], copy.Offset, handles[0], copy.To, copy.Length, World.Token);
                    if (Math.Abs(copy.Offset - copy.To) < copy.Length)
                    {
                        Assert.Equal(Errno.EINVAL, copied.Errno);
                        break;
                    }

                    var available = Math.Clamp(model.Length - copy.Offset, 0, copy.Length);
                    var count = (int)World.Ok(copied);
                    Assert.InRange(count, Math.Min(1, available), available);
                    if (count == 0) break;
                    if (model.Length < copy.To + count) Array.Resize(ref model, copy.To + count);
                    model.AsSpan(copy.Offset, count).ToArray().CopyTo(model, copy.To);
                    break;
                case Seek seek:
                    await SeekAsync(fs, handles[seek.Handle], seek.Offset, model);
                    break;
                case Flush flush:
                    Assert.Equal(Errno.OK, await fs.FsyncAsync(handles[flush.Handle]));
                    break;
                case Reopen reopen:
                    Assert.Equal(Errno.OK, await fs.FlushAsync(handles[reopen.Handle]));
                    fs.Release(handles[reopen.Handle]);
                    handles[reopen.Handle] = await OpenAsync(fs, inode);
                    break;
                case Elsewhere:
                    Assert.Equal(Errno.OK, await fs.FsyncAsync(handles[0]));
                    Assert.Equal(model, await other.GetAsync(inode));
                    break;
                case Fail { IsFull: true }:
                    var full = 2;
                    world.Objects.Refuse = _ => Interlocked.Decrement(ref full) >= 0 ? Errno.ENOSPC : Errno.OK;
                    _ = await fs.FsyncAsync(handles[0]);
                    world.Objects.Refuse = _ => Errno.OK;
                    Assert.Equal(Errno.OK, await fs.FsyncAsync(handles[0]));
                    break;
                case Fail:
                    var lost = 1;
                    world.Volume.LoseReply = opcode =>
                        opcode == Opcode.CommitWrite && Interlocked.Decrement(ref lost) >= 0;
                    break;
            }
        }

        foreach (var handle in handles)
        {
            Assert.Equal(Errno.OK, await fs.FlushAsync(handle));
            fs.Release(handle);
        }

        await World.EventuallyAsync(() => fs.DirtyInodes == 0, "all is committed");
        Assert.Equal(model, await other.GetAsync(inode));
    }

    // Between an offset and the data behind it are zeros; a hole begins with a zero or at the end.
    private static async Task SeekAsync(FileSystem fs, ulong handle, int offset, byte[] model)
    {
        var data = await fs.SeekAsync(handle, offset, isHole: false, World.Token);
        var hole = await fs.SeekAsync(handle, offset, isHole: true, World.Token);
        if (offset >= model.Length)
        {
            Assert.Equal((Errno.ENXIO, Errno.ENXIO), (data.Errno, hole.Errno));
            return;
        }

        var dataAt = data.Errno == Errno.ENXIO ? model.Length : World.Ok(data);
        Assert.InRange(dataAt, offset, model.Length);
        Assert.All(model[offset..(int)dataAt], b => Assert.Equal(0, b));
        var holeAt = World.Ok(hole);
        Assert.InRange(holeAt, offset, model.Length);
        if (holeAt < model.Length) Assert.Equal(0, model[holeAt]);
        Assert.True(dataAt == offset || holeAt == offset);
    }

    private static async Task<ulong> OpenAsync(FileSystem fs, InodeId inode) =>
        World.Ok(await fs.OpenAsync(inode, OpenFlags.ReadWrite, World.Token)).Handle;
}
