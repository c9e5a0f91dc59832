using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse.Tests;

public sealed class ReplyTests
{
    private sealed class Handlers : IFuseFileSystem
    {
        public Func<FuseRequest, ValueTask>? OnStatFs { get; set; }

        public Func<FuseRequest, FuseReadIn, ValueTask>? OnRead { get; set; }

        public ValueTask StatFsAsync(FuseRequest request) => OnStatFs!(request);

        public ValueTask ReadAsync(FuseRequest request, FuseReadIn args) => OnRead!(request, args);
    }

    [Fact]
    public void A_resent_request_is_answered_with_its_bit_63()
    {
        using var kernel = FakeKernel.Create();
        (bool Resent, ulong Key) seen = default;
        kernel.Serve(new Handlers
        {
            OnStatFs = request =>
            {
                seen = (request.IsResent, request.Key);
                request.Reply.Ok();
                return default;
            },
        });
        ulong unique = 42 | FuseRequest.ResentBit;
        kernel.Send(FakeKernel.Request(FuseOpcode.StatFs, unique, 1));
        Assert.Equal(Errno.OK, kernel.ReceiveErrno(unique));
        Assert.Equal((true, 42ul), seen);
    }

    [Fact]
    public void A_request_is_answered_later_from_another_thread_and_others_meanwhile()
    {
        using var kernel = FakeKernel.Create();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var fs = new Handlers();
        fs.OnStatFs = async request =>
        {
            if (request.Unique == 2) await gate.Task;
            request.Reply.Error(Errno.ENOSPC);
        };
        FuseServer server = kernel.Serve(fs);
        kernel.Send(FakeKernel.Request(FuseOpcode.StatFs, 2, 1));
        kernel.Send(FakeKernel.Request(FuseOpcode.StatFs, 4, 1));
        Assert.Equal(Errno.ENOSPC, kernel.ReceiveErrno(4));
        // The slot goes back a moment after the reply.
        Assert.True(SpinWait.SpinUntil(() => server.Pending == 1, 10_000));
        gate.SetResult();
        Assert.Equal(Errno.ENOSPC, kernel.ReceiveErrno(2));
    }

    [Fact]
    public void A_handler_that_throws_answers_EIO_and_serving_goes_on()
    {
        using var kernel = FakeKernel.Create();
        var faults = new List<FuseFault>();
        var fs = new Handlers { OnStatFs = _ => throw new FormatException("broken") };
        kernel.Serve(fs, onFault: faults.Add);
        kernel.Send(FakeKernel.Request(FuseOpcode.StatFs, 2, 1));
        Assert.Equal(Errno.EIO, kernel.ReceiveErrno(2));
        fs.OnStatFs = async _ =>
        {
            await Task.Yield();
            throw new FormatException("broken later");
        };
        kernel.Send(FakeKernel.Request(FuseOpcode.StatFs, 4, 1));
        Assert.Equal(Errno.EIO, kernel.ReceiveErrno(4));
        Assert.Equal(["broken", "broken later"], faults.Select(fault => fault.Exception!.Message));
    }

    [Fact]
    public void A_handler_that_forgets_to_answer_answers_EIO()
    {
        using var kernel = FakeKernel.Create();
        var fs = new Handlers { OnStatFs = _ => default };
        FuseServer server = kernel.Serve(fs);
        kernel.Send(FakeKernel.Request(FuseOpcode.StatFs, 2, 1));
        Assert.Equal(Errno.EIO, kernel.ReceiveErrno(2));
        fs.OnStatFs = async _ => await Task.Yield();
        kernel.Send(FakeKernel.Request(FuseOpcode.StatFs, 4, 1));
        Assert.Equal(Errno.EIO, kernel.ReceiveErrno(4));
        Assert.Equal(2, server.Counters.Faults);
    }

    [Fact]
    public void A_second_answer_throws_and_reaches_nobody()
    {
        using var kernel = FakeKernel.Create();
        FuseRequest kept = default;
        kernel.Serve(new Handlers
        {
            OnStatFs = request =>
            {
                if (request.Unique == 2) kept = request;
                request.Reply.Ok();
                return default;
            },
        });
        kernel.Send(FakeKernel.Request(FuseOpcode.StatFs, 2, 1));
        Assert.Equal(Errno.OK, kernel.ReceiveErrno(2));
        Assert.False(kept.IsPending);
        Assert.Throws<InvariantException>(() => kept.Reply.Ok());
        Assert.Throws<InvariantException>(() => kept.NodeId);
        kernel.Send(FakeKernel.Request(FuseOpcode.StatFs, 4, 1));
        Assert.Equal(Errno.OK, kernel.ReceiveErrno(4));
    }

    [Fact]
    public void Data_is_gathered_from_pieces_and_from_the_reply_buffer()
    {
        using var kernel = FakeKernel.Create();
        var fs = new Handlers
        {
            OnRead = (request, args) =>
            {
                switch (args.Offset)
                {
                    case 0:
                        request.Reply.Data("one"u8, "two"u8);
                        break;
                    case 1:
                        request.Reply.Data([new byte[] { 1 }, new byte[] { 2, 3 }, ReadOnlyMemory<byte>.Empty, new byte[] { 4 }]);
                        break;
                    default:
                        Memory<byte> room = request.ReplyBuffer((int)args.Size);
                        room.Span.Fill(9);
                        request.Reply.Data(room.Span);
                        break;
                }
                return default;
            },
        };
        kernel.Serve(fs);
        kernel.Send(FakeKernel.Request(FuseOpcode.Read, 2, 1, FakeKernel.Bytes(new FuseReadIn { Offset = 0, Size = 100 })));
        Assert.Equal("onetwo"u8, kernel.Receive().AsSpan(16));
        kernel.Send(FakeKernel.Request(FuseOpcode.Read, 4, 1, FakeKernel.Bytes(new FuseReadIn { Offset = 1, Size = 100 })));
        Assert.Equal([1, 2, 3, 4], kernel.Receive()[16..]);
        kernel.Send(FakeKernel.Request(FuseOpcode.Read, 6, 1, FakeKernel.Bytes(new FuseReadIn { Offset = 2, Size = 65536 })));
        byte[] large = kernel.Receive();
        Assert.Equal(65536 + 16, large.Length);
        Assert.True(large.AsSpan(16).IndexOfAnyExcept((byte)9) < 0);
    }

    [Fact]
    public async Task An_interrupt_cancels_the_request_it_names_and_only_that()
    {
        using var kernel = FakeKernel.Create();
        var fs = new Handlers();
        var cancelled = new TaskCompletionSource<ulong>(TaskCreationOptions.RunContinuationsAsynchronously);
        fs.OnStatFs = request =>
        {
            request.Detach();
            request.InterruptToken.Register(() =>
            {
                ulong unique = request.Unique;
                Assert.True(request.IsInterrupted);
                request.Reply.Error(Errno.EINTR);
                cancelled.TrySetResult(unique);
            });
            return default;
        };
        FuseServer server = kernel.Serve(fs);
        kernel.Send(FakeKernel.Request(FuseOpcode.StatFs, 2, 1));
        kernel.Send(FakeKernel.Request(FuseOpcode.StatFs, 4, 1));
        kernel.Send(FakeKernel.Request(FuseOpcode.Interrupt, 5, 0, FakeKernel.Bytes(4ul)));
        Assert.Equal(Errno.EINTR, kernel.ReceiveErrno(4));
        Assert.Equal(4ul, await cancelled.Task);
        // The slot goes back a moment after the reply.
        Assert.True(SpinWait.SpinUntil(() => server.Pending == 1, 10_000));
        // Resent meanwhile, the interrupt names it with bit 63.
        kernel.Send(FakeKernel.Request(FuseOpcode.Interrupt, 3 | FuseRequest.ResentBit, 0, FakeKernel.Bytes(2ul | FuseRequest.ResentBit)));
        Assert.Equal(Errno.EINTR, kernel.ReceiveErrno(2));
        // One that is not there any more: "again", which a kernel that has no such request ignores.
        kernel.Send(FakeKernel.Request(FuseOpcode.Interrupt, 5, 0, FakeKernel.Bytes(4ul)));
        Assert.Equal(Errno.EAGAIN, kernel.ReceiveErrno(5));
    }

    [Fact]
    public void The_answers_that_depend_on_the_question()
    {
        using var kernel = FakeKernel.Create();
        kernel.Serve(new Copier());
        byte[] body = FakeKernel.Bytes(new FuseCopyFileRangeIn { Len = 1ul << 33 });
        kernel.Send(FakeKernel.Request(FuseOpcode.CopyFileRange, 2, 1, body));
        Assert.Equal(uint.MaxValue, MemoryMarshal.Read<uint>(kernel.Receive().AsSpan(16)));
        kernel.Send(FakeKernel.Request(FuseOpcode.CopyFileRange64, 4, 1, body));
        Assert.Equal(1ul << 33, MemoryMarshal.Read<ulong>(kernel.Receive().AsSpan(16)));
    }

    private sealed class Copier : IFuseFileSystem
    {
        public ValueTask CopyFileRangeAsync(FuseRequest request, FuseCopyFileRangeIn args)
        {
            request.Reply.Copied(args.Len);
            return default;
        }
    }
}
