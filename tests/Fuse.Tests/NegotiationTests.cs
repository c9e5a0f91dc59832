using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse.Tests;

public sealed class NegotiationTests
{
    private static FuseInitIn Offer(FuseCapabilities capabilities, uint minor = 45) => new()
    {
        Major = 7,
        Minor = minor,
        MaxReadahead = 131072,
        Flags = (uint)capabilities,
        Flags2 = (uint)((ulong)capabilities >> 32),
    };

    [Fact]
    public void Only_what_both_want_is_taken()
    {
        var offer = Offer(FuseCapabilities.AsyncRead | FuseCapabilities.WritebackCache | FuseCapabilities.InitExt | FuseCapabilities.HasResend);
        var options = new FuseOptions { Capabilities = FuseCapabilities.AsyncRead | FuseCapabilities.PosixAcl | FuseCapabilities.HasResend };
        Assert.Equal(FuseCapabilities.AsyncRead | FuseCapabilities.HasResend, FuseHandshake.Decide(offer, options).Capabilities);
    }

    [Fact]
    public void Upper_flags_do_not_exist_without_INIT_EXT()
    {
        var offer = Offer(FuseCapabilities.AsyncRead | FuseCapabilities.HasResend);
        Assert.False(FuseHandshake.Decide(offer, new FuseOptions()).Has(FuseCapabilities.HasResend));
    }

    [Theory]
    [InlineData(FuseCapabilities.MaxPages, 1 << 20, 256)]
    [InlineData(FuseCapabilities.None, 1 << 17, 32)]
    public void Requests_are_1_MiB_if_the_kernel_can(FuseCapabilities offered, int bytes, int pages)
    {
        var agreed = FuseHandshake.Decide(Offer(offered), new FuseOptions());
        Assert.Equal((uint)bytes, agreed.MaxWriteBytes);
        Assert.Equal(pages, agreed.MaxPages);
    }

    [Theory]
    [InlineData(60u, 45u)]
    [InlineData(31u, 31u)]
    public void The_smaller_minor_is_spoken(uint offered, uint agreed) =>
        Assert.Equal(agreed, FuseHandshake.Decide(Offer(default, offered), new FuseOptions()).Minor);

    [Fact]
    public void INIT_is_answered_with_what_was_agreed()
    {
        using var kernel = FakeKernel.Create();
        kernel.Send(FakeKernel.Request(FuseOpcode.Init, 2, 0, FakeKernel.Bytes(Offer((FuseCapabilities)ulong.MaxValue))));
        var opened = FuseConnection.Open(kernel.Device, new FuseOptions { ReadersMax = 1 });
        Assert.True(opened.IsOk, opened.Reason);
        byte[] reply = kernel.Receive();
        Assert.Equal(16 + 64, reply.Length);
        var body = MemoryMarshal.Read<FuseInitOut>(reply.AsSpan(16));
        Assert.Equal((7u, 45u, 1u << 20, (ushort)256), (body.Major, body.Minor, body.MaxWrite, body.MaxPages));
        Assert.Equal((ulong)FuseCapabilities.Default, body.Flags | ((ulong)body.Flags2 << 32));
        Assert.Equal(0, body.RequestTimeout);
        Assert.Equal(FuseCapabilities.Default, opened.Value.Negotiation.Capabilities);
    }

    [Fact]
    public void A_kernel_of_another_major_asks_again()
    {
        using var kernel = FakeKernel.Create();
        kernel.Send(FakeKernel.Request(FuseOpcode.Init, 2, 0, FakeKernel.Bytes(new FuseInitIn { Major = 8 })));
        kernel.Send(FakeKernel.Request(FuseOpcode.Init, 4, 0, FakeKernel.Bytes(Offer(default))));
        Assert.True(FuseConnection.Open(kernel.Device, new FuseOptions { ReadersMax = 1 }).IsOk);
        Assert.Equal(7u, MemoryMarshal.Read<uint>(kernel.Receive().AsSpan(16)));
        Assert.Equal(Errno.OK, kernel.ReceiveErrno(4));
    }

    [Fact]
    public void A_kernel_that_is_too_old_is_refused_with_both_versions()
    {
        using var kernel = FakeKernel.Create();
        kernel.Send(FakeKernel.Request(FuseOpcode.Init, 2, 0, FakeKernel.Bytes(Offer(default, 12))));
        var opened = FuseConnection.Open(kernel.Device, new FuseOptions());
        Assert.Equal(Errno.EPROTO, opened.Errno);
        Assert.Contains("7.12", opened.Reason, StringComparison.Ordinal);
        Assert.Contains("7.23", opened.Reason, StringComparison.Ordinal);
        Assert.Equal(Errno.EPROTO, kernel.ReceiveErrno(2));
    }

    [Fact]
    public void Anything_before_INIT_is_refused()
    {
        using var kernel = FakeKernel.Create();
        kernel.Send(FakeKernel.Request(FuseOpcode.StatFs, 2, 1, new byte[64]));
        Assert.Equal(Errno.EPROTO, FuseConnection.Open(kernel.Device, new FuseOptions()).Errno);
    }
}
