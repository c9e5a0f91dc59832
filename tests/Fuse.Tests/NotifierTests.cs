using FlexFs.Core;
using FlexFs.Fuse.MemoryFs;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse.Tests;

public sealed class NotifierTests
{
    private static readonly byte[] Name = "f"u8.ToArray();

    [Fact]
    public async Task What_is_invalidated_is_asked_again()
    {
        await using var mount = MountedMemory.Create();
        FuseNotifier notifier = mount.Mount.Notifier;
        FuseCounters counters = mount.Mount.Server.Counters;
        // A first stat after the write fetches attributes that the write made stale.
        ulong inode = ulong.Parse(await mount.ShAsync("echo x > f; cat f >/dev/null; stat -c %i f"), System.Globalization.CultureInfo.InvariantCulture);
        await mount.ShAsync("stat f >/dev/null");

        long lookups = counters.Requests(FuseOpcode.Lookup), attributes = counters.Requests(FuseOpcode.GetAttr);
        await mount.ShAsync("stat f >/dev/null");
        Assert.Equal((lookups, attributes), (counters.Requests(FuseOpcode.Lookup), counters.Requests(FuseOpcode.GetAttr)));

        Assert.Equal(Errno.OK, notifier.InvalidateAttributes(inode));
        await mount.ShAsync("stat f >/dev/null");
        Assert.Equal(attributes + 1, counters.Requests(FuseOpcode.GetAttr));

        Assert.Equal(Errno.OK, await notifier.ExpireEntryAsync(1, Name));
        await mount.ShAsync("stat f >/dev/null");
        Assert.Equal(lookups + 1, counters.Requests(FuseOpcode.Lookup));

        await mount.ShAsync("cat f >/dev/null");
        long reads = counters.Requests(FuseOpcode.Read);
        Assert.Equal(Errno.OK, await notifier.InvalidateDataAsync(inode, 0, 0));
        await mount.ShAsync("cat f >/dev/null");
        Assert.Equal(reads + 1, counters.Requests(FuseOpcode.Read));

        Assert.Equal(Errno.ENOENT, notifier.InvalidateAttributes(999_999));
        Assert.Equal(Errno.ENAMETOOLONG, await notifier.ExpireEntryAsync(1, new byte[5000]));
    }

    [Fact]
    public async Task Bytes_are_stored_and_retrieved_and_names_deleted()
    {
        var fs = new Retrieving();
        await using var mount = MountedMemory.Create(fs);
        ulong inode = ulong.Parse(await mount.ShAsync("printf 12345678 > f; cat f >/dev/null; stat -c %i f"), System.Globalization.CultureInfo.InvariantCulture);
        FuseNotifier notifier = mount.Mount.Notifier;
        Assert.Equal(Errno.OK, await notifier.StoreAsync(inode, 2, "ab"u8.ToArray()));
        Assert.Equal("12ab5678", await mount.ShAsync("cat f"));
        Assert.Equal(Errno.OK, await notifier.RetrieveAsync(77, inode, 0, 8));
        Assert.Equal("12ab5678", await fs.Got.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.Equal(Errno.OK, await notifier.DeleteAsync(1, inode, Name));
        // 7.45 has both; older kernels say EINVAL and nothing else happens.
        Errno expected = mount.Mount.Connection.Negotiation.Minor >= 45 ? Errno.OK : Errno.EINVAL;
        Assert.Equal(expected, notifier.IncrementEpoch());
        Assert.Equal(expected, await notifier.PruneAsync(new ulong[] { inode }));
    }

    /// <summary>The memory file system, told what the kernel gives back.</summary>
    private sealed class Retrieving : IFuseFileSystem
    {
        private readonly IFuseFileSystem _inner = new MemoryFileSystem(TimeProvider.System);

        public TaskCompletionSource<string> Got { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Retrieved(ulong notifyUnique, ulong nodeId, ulong offset, ReadOnlySpan<byte> data) =>
            Got.TrySetResult(System.Text.Encoding.UTF8.GetString(data));

        public void Forget(ulong nodeId, ulong lookups) => _inner.Forget(nodeId, lookups);

        public ValueTask LookupAsync(FuseRequest request, ReadOnlyMemory<byte> name) => _inner.LookupAsync(request, name);

        public ValueTask GetAttrAsync(FuseRequest request, FuseGetattrIn args) => _inner.GetAttrAsync(request, args);

        public ValueTask SetAttrAsync(FuseRequest request, FuseSetattrIn args) => _inner.SetAttrAsync(request, args);

        public ValueTask CreateAsync(FuseRequest request, FuseCreateIn args, ReadOnlyMemory<byte> name) =>
            _inner.CreateAsync(request, args, name);

        public ValueTask OpenAsync(FuseRequest request, FuseOpenIn args) => _inner.OpenAsync(request, args);

        public ValueTask ReadAsync(FuseRequest request, FuseReadIn args) => _inner.ReadAsync(request, args);

        public ValueTask WriteAsync(FuseRequest request, FuseWriteIn args, ReadOnlyMemory<byte> data) =>
            _inner.WriteAsync(request, args, data);
    }
}
