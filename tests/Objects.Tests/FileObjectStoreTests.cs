using FlexFs.Contracts;
using FlexFs.Contracts.Objects;
using FlexFs.Objects.File;

namespace FlexFs.Objects.Tests;

/// <summary>The contract on threads, and what only a folder has.</summary>
public sealed class FileObjectStoreTests : ObjectStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new("flexfs-objects");
    private readonly BlockingThreads _threads = new("flexfs-test-io", 4);

    public void Dispose()
    {
        _threads.Dispose();
        _folder.Dispose();
    }

    protected override IObjectStore Create() => new FileObjectStore(_folder.Path, _threads, TimeProvider.System);

    [Fact]
    public async Task Leftovers_of_a_crash_are_not_seen_and_go_after_a_day()
    {
        await using var store = Create();
        await store.PutAsync(Name("v/aa/1"), Bytes(10), Token);
        var old = _folder.File("v/aa/.put-host-1-2-3");
        var young = _folder.File("v/aa/.put-host-1-2-4");
        var foreign = _folder.File("v/aa/.other");
        foreach (var path in (string[])[old, young, foreign]) await System.IO.File.WriteAllTextAsync(path, "half", Token);
        System.IO.File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-2));
        System.IO.File.SetLastWriteTimeUtc(foreign, DateTime.UtcNow.AddDays(-2));
        Assert.Equal("v/aa/1", Assert.Single(await ListAsync(store, "", 10)).Name.Text);
        Assert.False(System.IO.File.Exists(old));
        Assert.True(System.IO.File.Exists(young));
        Assert.True(System.IO.File.Exists(foreign));
    }

    [Theory]
    [InlineData(256 << 10, 0)]
    [InlineData((256 << 10) + 1, 0)]
    [InlineData((4 << 20) + 4095, 0)]
    [InlineData(4 << 20, 1)]
    public async Task Large_objects_are_whole_wherever_their_bytes_lie(int length, int shift)
    {
        await using var store = Create();
        var bytes = Bytes(length);
        var memory = AlignedMemory(length, shift);
        bytes.CopyTo(memory);
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(Name("v/aa/1"), memory, Token));
        Assert.Equal(bytes, await System.IO.File.ReadAllBytesAsync(_folder.File("v/aa/1"), Token));
    }

    // A file system in memory may not take direct transfers; the object is stored all the same.
    [Fact]
    public async Task Large_objects_are_stored_in_a_file_system_in_memory()
    {
        var folder = Directory.CreateDirectory($"/dev/shm/flexfs-objects-{Guid.NewGuid():n}");
        try
        {
            await using var store = new FileObjectStore(folder.FullName, _threads, TimeProvider.System);
            var memory = AlignedMemory(300_000, 0);
            Bytes(300_000).CopyTo(memory);
            Assert.Equal(PutOutcome.Stored, await store.PutAsync(Name("v/aa/1"), memory, Token));
            Assert.Equal(Bytes(300_000), await System.IO.File.ReadAllBytesAsync(Path.Combine(folder.FullName, "v/aa/1"), Token));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_put_leaves_nothing_but_the_object()
    {
        await using var store = Create();
        await store.PutAsync(Name("v/aa/1"), Bytes(10), Token);
        await store.PutAsync(Name("v/aa/1"), Bytes(10), Token);
        await store.PutAsync(Name("v/aa/1"), Bytes(11), Token);
        Assert.Equal([_folder.File("v/aa/1")], Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Where_the_folder_is_gone_nothing_is_an_answer_and_nothing_is_made()
    {
        var gone = _folder.File("unmounted");
        await using var store = new FileObjectStore(gone, _threads, TimeProvider.System);
        foreach (var call in (Func<Task>[])
        [
            async () => await store.PutAsync(Name("v/aa/1"), Bytes(10), Token),
            async () => await store.GetAsync(Name("v/aa/1"), 0, new byte[1], Token),
            async () => await store.LengthAsync(Name("v/aa/1"), Token),
            async () => await store.DeleteAsync([Name("v/aa/1")], Token),
            async () => await store.ListAsync("", null, 10, Token),
        ])
        {
            var failure = await Assert.ThrowsAsync<ObjectStoreException>(call);
            Assert.Contains(gone, failure.Message, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(gone));
    }

    [Fact]
    public async Task A_full_disk_is_out_of_space_and_leaves_nothing_behind()
    {
        using var disk = new SmallFileSystem(4);
        await using var store = new FileObjectStore(disk.Path, _threads, TimeProvider.System);
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(Name("v/aa/1"), Bytes(1 << 20), Token));
        Assert.Equal(PutOutcome.OutOfSpace, await store.PutAsync(Name("v/aa/2"), Bytes(4 << 20), Token));
        Assert.Single(Directory.GetFiles(disk.Path, "*", SearchOption.AllDirectories));
        var ballast = disk.Fill(0);
        Assert.Equal(PutOutcome.OutOfSpace, await store.PutAsync(Name("v/bb/3"), Bytes(100_000), Token));
        var read = new byte[1 << 20];
        Assert.Equal(1 << 20, (await store.GetAsync(Name("v/aa/1"), 0, read, Token)).BytesRead);
        System.IO.File.Delete(ballast);
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(Name("v/bb/3"), Bytes(100_000), Token));
    }

    [Fact]
    public async Task A_failure_says_what_and_where()
    {
        await using var store = Create();
        Directory.CreateDirectory(_folder.File("v/aa/1"));
        var failure = await Assert.ThrowsAsync<ObjectStoreException>(
            async () => await store.GetAsync(Name("v/aa/1"), 0, new byte[10], Token));
        Assert.StartsWith($"get of v/aa/1 at {_folder.Path}: EISDIR", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.IsTransient);
        Assert.Equal(1, failure.Attempt);
    }

    private static unsafe Memory<byte> AlignedMemory(int length, int shift)
    {
        var array = GC.AllocateArray<byte>(length + 8192, pinned: true);
        fixed (byte* start = array) return array.AsMemory((int)(4096 - ((nuint)start % 4096)) + shift, length);
    }
}
