using System.Collections.Concurrent;
using FlexFs.Client.Handles;
using FlexFs.Client.Leases;
using FlexFs.Client.Writing;
using FlexFs.Core;

namespace FlexFs.Client.Tests;

/// <summary>A page cache as the kernel has it: a page is locked while it is filled, and dropping it waits for that.</summary>
public sealed class FakePages(LeaseHost host)
{
    public const int PageBytes = 4096;
    private readonly ConcurrentDictionary<(InodeId Inode, long Page), Slot> _slots = new();

    /// <summary>Pages that were read from the file system so far.</summary>
    public long Filled => Volatile.Read(ref _filled);

    private long _filled;

    /// <summary>The next drop goes by pages that were filled behind it.</summary>
    public bool KeepsNextDrop { get; set; }

    /// <summary>Reads a page, from the cache if it is there.</summary>
    public async Task<byte[]> ReadAsync(InodeId inode, ulong handle, long page)
    {
        var slot = _slots.GetOrAdd((inode, page), static _ => new Slot());
        await slot.Locked.EnterAsync();
        try
        {
            if (slot.Bytes is { } cached) return cached;
            var bytes = new byte[PageBytes];
            var read = World.Ok(await host.Fs.ReadAsync(handle, page * PageBytes, bytes, ReadTarget.Pages, World.Token));
            Interlocked.Increment(ref _filled);
            return slot.Bytes = bytes[..read];
        }
        finally
        {
            slot.Locked.Exit();
        }
    }

    /// <summary>Memory is short: the page goes.</summary>
    public Task EvictAsync(InodeId inode, long page) =>
        DropAsync(inode, new FileRange(page * PageBytes, (page + 1) * PageBytes)).AsTask();

    internal async ValueTask DropAsync(InodeId inode, FileRange range)
    {
        if (KeepsNextDrop)
        {
            KeepsNextDrop = false;
            return;
        }

        foreach (var (key, slot) in _slots.ToArray().OrderBy(of => of.Key.Page))
        {
            var from = key.Page * PageBytes;
            if (key.Inode != inode || !range.Overlaps(new FileRange(from, from + PageBytes))) continue;
            await slot.Locked.EnterAsync();
            slot.Bytes = null;
            slot.Locked.Exit();
        }
    }

    private sealed class Slot
    {
        public AsyncWindow Locked { get; } = new(1);

        public byte[]? Bytes { get; set; }
    }
}
