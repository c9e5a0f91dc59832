using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc.Tests;

public class FormatTests
{
    [Fact]
    public void A_header_is_of_one_width()
    {
        Assert.Equal(FrameHeader.Bytes, WireCodec.MinimumBytesOf<FrameHeader>());
        Assert.Equal(FrameHeader.Bytes, default(FrameHeader).EncodedBytes);
    }

    [Fact]
    public void A_header_has_these_bytes()
    {
        var header = new FrameHeader
        {
            Length = 0x01020304,
            Kind = FrameKind.Request,
            Flags = FrameFlags.Release,
            Opcode = 0x0506,
            Slot = 0x0708090A,
            Errno = Errno.ENOENT,
            Number = 0x1112131415161718,
            Epoch = 0x2122232425262728,
        };
        Assert.Equal(
            "01" + "04030201" + "04" + "01" + "0605" + "0a090807" + "02000000" + "1817161514131211" + "2827262524232221",
            Convert.ToHexStringLower(WireCodec.ToBytes(header)));
    }
}
