using FlexFs.Core;

namespace FlexFs.Wire.Tests;

/// <summary>A value with something in every field.</summary>
public static class SampleValues
{
    public static FixedSample Fixed { get; } = new()
    {
        Flag = true,
        Byte = 0xFE,
        SignedByte = -2,
        Short = 0xFEDC,
        SignedShort = -300,
        Word = 0xFEDC_BA98,
        SignedWord = -70_000,
        Long = 0xFEDC_BA98_7654_3210,
        SignedLong = long.MinValue,
        Wide = new UInt128(1, 2),
        Unique = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
        Type = (FileType)99,
        DefinedType = FileType.Symlink,
        Modes = SampleModes.Both,
        Inode = InodeId.Root,
        Object = ObjectId.Of(7, 8),
        Session = new SessionId(9),
        Volume = new VolumeId(Guid.Parse("ffeeddcc-bbaa-9988-7766-554433221100")),
        At = new Instant(-1),
    };

    public static VariableSample Variable { get; } = new()
    {
        Name = new byte[] { 0, 255, 47 },
        Text = "Grüße, 世界",
        Numbers = [1, 2, 3],
        Flags = [true, false],
        Inodes = [InodeId.Root, new InodeId(ulong.MaxValue)],
        Types = [FileType.Fifo, FileType.Directory],
        Points = [new PointSample { X = 1, Y = 2 }, default],
        Labels = [new LabelSample { Text = "a", Raw = new byte[] { 1 } }, new LabelSample()],
        Names = [new byte[] { 1, 2 }, ReadOnlyMemory<byte>.Empty],
        Words = ["one", ""],
        Point = new PointSample { X = -1 },
        Label = new LabelSample { Text = "label" },
        Between = 0xAABBCCDD,
        MaybeNumber = -5,
        MaybeInode = new InodeId(5),
        MaybeType = FileType.Socket,
        MaybePoint = new PointSample { Y = 4 },
        MaybeLabel = new LabelSample { Text = "maybe" },
        MaybeText = "",
        MaybeBytes = new byte[] { 7 },
        MaybeNumbers = [1, 2],
        Gaps = [null, 1, null],
        PointGaps = [null, new PointSample { X = 3 }],
        LabelGaps = [new LabelSample { Text = "gap" }, null],
        MaybeFlag = true,
    };
}
