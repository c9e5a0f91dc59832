using System.Diagnostics;
using FlexFs.Core;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse.Tests;

public sealed class HandoverTests
{
    /// <summary>A root directory and its space; remembers what it was asked.</summary>
    private sealed class Root : IFuseFileSystem
    {
        public List<(ulong Key, bool Resent)> Asked { get; } = [];

        public ValueTask GetAttrAsync(FuseRequest request, FuseGetattrIn args)
        {
            var attr = new FuseAttr { Ino = 1, Mode = 0x41ED, Nlink = 2 };
            request.Reply.Attr(new FuseAttrOut { AttrValid = 1000, Attr = attr });
            return default;
        }

        public ValueTask StatFsAsync(FuseRequest request)
        {
            lock (Asked) Asked.Add((request.Key, request.IsResent));
            request.Reply.StatFs(new FuseKstatfs { Blocks = 4242, Bsize = 4096, Frsize = 4096 });
            return default;
        }
    }

    [Fact]
    public async Task What_one_server_read_and_did_not_answer_the_next_one_answers()
    {
        await using var mount = MountedMemory.Create(new Root(), readers: 1);
        FuseServer first = mount.Mount.Server;
        Assert.SkipUnless(first.Connection.Negotiation.Has(FuseCapabilities.HasResend), "this kernel cannot resend (before 6.9)");
        Assert.Equal("4242", await mount.ShAsync("stat -f -c %b ."));
        first.StopReading();
        using Process program = mount.Start("stat -f -c %b .");
        // The reader that waited in read(2) gets this request, drops it and ends.
        await first.Completion.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.False(program.HasExited);

        var next = new Root();
        var adopted = FuseConnection.Adopt(first.Connection.Devices, first.Connection.Negotiation);
        var second = new FuseServer(adopted, next, new FuseOptions { ReadersMax = 1 });
        second.Start();
        Assert.Equal(Errno.OK, adopted.Notifier.Resend());
        Assert.Equal("4242", await MountedMemory.LineAsync(program));
        await MountedMemory.EndAsync(program);
        Assert.Contains(next.Asked, asked => asked.Resent);
        Assert.Equal("4242", await mount.ShAsync("stat -f -c %b ."));
    }
}
