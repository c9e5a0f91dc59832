using FlexFs.Core;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse.Tests;

public sealed class AllocationTests
{
    /// <summary>Answers at once, and counts what the reading thread has allocated between two calls far apart.</summary>
    private sealed class Counting : IFuseFileSystem
    {
        private readonly byte[] _data = GC.AllocateArray<byte>(65536, pinned: true);
        private long _calls;
        private long _before;

        public long Allocated { get; private set; }

        public ValueTask GetAttrAsync(FuseRequest request, FuseGetattrIn args)
        {
            Count();
            request.Reply.Attr(new FuseAttrOut { AttrValid = 1 });
            return default;
        }

        public ValueTask ReadAsync(FuseRequest request, FuseReadIn args)
        {
            Count();
            if ((_calls & 1) == 0)
            {
                request.Reply.Data(_data.AsSpan(0, (int)args.Size));
            }
            else
            {
                request.Reply.Data(request.ReplyBuffer((int)args.Size).Span);
            }
            return default;
        }

        public ValueTask WriteAsync(FuseRequest request, FuseWriteIn args, ReadOnlyMemory<byte> data)
        {
            Count();
            request.Reply.Written((uint)data.Span.Length);
            return default;
        }

        public ValueTask LookupAsync(FuseRequest request, ReadOnlyMemory<byte> name)
        {
            Count();
            request.Reply.Entry(new FuseEntryOut { NodeId = (ulong)name.Span.Length });
            return default;
        }

        private void Count()
        {
            _calls++;
            if (_calls == 500) _before = GC.GetAllocatedBytesForCurrentThread();
            if (_calls == 5500) Allocated = GC.GetAllocatedBytesForCurrentThread() - _before;
        }
    }

    [Theory]
    [InlineData(FuseOpcode.GetAttr)]
    [InlineData(FuseOpcode.Lookup)]
    [InlineData(FuseOpcode.Read)]
    [InlineData(FuseOpcode.Write)]
    public void Steady_state_allocates_nothing(FuseOpcode opcode)
    {
        using var kernel = FakeKernel.Create();
        var fs = new Counting();
        kernel.Serve(fs);
        byte[] body = opcode switch
        {
            FuseOpcode.GetAttr => FakeKernel.Bytes(default(FuseGetattrIn)),
            FuseOpcode.Lookup => "name\0"u8.ToArray(),
            FuseOpcode.Read => FakeKernel.Bytes(new FuseReadIn { Size = 16384 }),
            _ => [.. FakeKernel.Bytes(new FuseWriteIn { Size = 16384 }), .. new byte[16384]],
        };
        byte[] request = FakeKernel.Request(opcode, 2, 1, body);
        for (int i = 0; i < 5500; i++)
        {
            kernel.Send(request);
            Assert.Equal(Errno.OK, kernel.ReceiveErrno(2));
        }
        Assert.Equal(0, fs.Allocated);
    }
}
