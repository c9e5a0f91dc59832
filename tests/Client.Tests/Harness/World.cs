using System.Text;
using FlexFs.Client.Handles;
using FlexFs.Client.Waiting;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc;

namespace FlexFs.Client.Tests;

/// <summary>A volume, a store, and clients of them.</summary>
public sealed class World : IAsyncDisposable
{
    private readonly List<FileSystem> _clients = [];

    public TestVolume Volume { get; } = new();

    public TestObjects Objects { get; } = new();

    public TestLog Log { get; } = new();

    /// <summary>The dirty memory of the client that was made last.</summary>
    public HeapDirtyMemory Memory { get; private set; } = null!;

    public async Task<FileSystem> JoinAsync(
        int chunks = 256, FileSystemOptions? options = null, IVolumeObjects? objects = null, int chunkBytes = 1 << 16,
        IRescue? rescue = null, SlowWaits? waits = null)
    {
        Memory = new HeapDirtyMemory(chunkBytes, chunks);
        var client = await FileSystem.ConnectAsync(
            options ?? Options,
            new FileSystemParts
            {
                Connector = Volume,
                Rpc = new RpcClientOptions
                {
                    BackoffMin = TimeSpan.FromMilliseconds(1),
                    BackoffMax = TimeSpan.FromMilliseconds(20),
                },
                Objects = _ => objects ?? Objects,
                DirtyMemory = Memory,
                Rescue = rescue,
                Waits = waits ?? SlowWaits.None,
                Log = Log,
                Seed = 1,
            },
            Token);
        _clients.Add(client);
        return client;
    }

    public static FileSystemOptions Options => new()
    {
        Volume = "test",
        Token = "token",
        ClientName = "a test",
        WriteBehindAge = TimeSpan.FromHours(1),
        StoreRetryBudget = TimeSpan.FromMilliseconds(300),
    };

    public static FileSystemOptions Quick => Options with { WriteBehindAge = TimeSpan.FromMilliseconds(20) };

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static byte[] Name(string name) => Encoding.UTF8.GetBytes(name);

    public static byte[] Random(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static T Ok<T>(Result<T> result)
    {
        Assert.Equal(Errno.OK, result.Errno);
        return result.Value;
    }

    public static async Task EventuallyAsync(Func<bool> condition, string what)
    {
        var until = DateTime.UtcNow + TimeSpan.FromSeconds(30);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < until, $"still not so: {what}");
            await Task.Delay(1, Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) await client.DisposeAsync();
    }
}

/// <summary>Short forms.</summary>
public static class FileSystemExtensions
{
    public static async Task<OpenResult> CreateAsync(this FileSystem fs, string name, OpenFlags flags = OpenFlags.ReadWrite) =>
        World.Ok(await fs.CreateAsync(fs.Root, World.Name(name), 0x1B4, 1, 1, flags, cancellationToken: World.Token));

    public static async Task<Attributes> LookupAsync(this FileSystem fs, string name) =>
        World.Ok(await fs.LookupAsync(fs.Root, World.Name(name), World.Token));

    public static async Task WriteAllAsync(this FileSystem fs, ulong handle, long offset, byte[] data) =>
        Assert.Equal(data.Length, World.Ok(await fs.WriteAsync(handle, offset, data, false, World.Token)));

    /// <summary>Makes a file and closes it.</summary>
    public static async Task<InodeId> PutAsync(this FileSystem fs, string name, byte[] data)
    {
        var file = await fs.CreateAsync(name);
        await fs.WriteAllAsync(file.Handle, 0, data);
        Assert.Equal(Errno.OK, await fs.FlushAsync(file.Handle));
        Assert.Equal(Errno.OK, fs.Release(file.Handle));
        return file.Attributes.Inode;
    }

    /// <summary>Opens a file, reads all of it, and closes it.</summary>
    public static async Task<byte[]> GetAsync(this FileSystem fs, InodeId inode)
    {
        var file = World.Ok(await fs.OpenAsync(inode, OpenFlags.ReadOnly, World.Token));
        var bytes = await fs.ReadAllAsync(file.Handle, (int)file.Attributes.SizeBytes + 10);
        Assert.Equal(Errno.OK, fs.Release(file.Handle));
        return bytes;
    }

    public static async Task<byte[]> ReadAllAsync(this FileSystem fs, ulong handle, int most, long offset = 0)
    {
        var bytes = new byte[most];
        bytes.AsSpan().Fill(0xEE);
        var read = World.Ok(await fs.ReadAsync(handle, offset, bytes, World.Token));
        return bytes[..read];
    }
}
