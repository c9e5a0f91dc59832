using System.Diagnostics;
using System.Reflection;
using FlexFs.Client.Handles;
using FlexFs.Core;

namespace FlexFs.Client.Tests;

/// <summary>What reads and writes of bytes in memory allocate.</summary>
public class HotPathTests
{
    // Without optimization the compiler makes each asynchronous method's state an object of its own.
    private static readonly bool IsOptimized = typeof(FileSystem).Assembly
        .GetCustomAttribute<DebuggableAttribute>() is not { IsJITOptimizerDisabled: true };

    [Fact]
    public async Task A_write_of_4_KiB_into_dirty_memory_allocates_almost_nothing()
    {
        await using var world = new World();
        var fs = await world.JoinAsync(chunks: 2048, chunkBytes: 1 << 17);
        var data = World.Random(4096, 1);
        var file = await fs.CreateAsync("file");
        for (var round = 0; ; round++)
        {
            // Each round writes a quarter of a block again, so nothing is sent on its way and chunks are there.
            var before = GC.GetAllocatedBytesForCurrentThread();
            var began = Stopwatch.GetTimestamp();
            const int writes = 1600;
            for (var i = 0; i < writes; i++)
            {
                var write = fs.WriteAsync(file.Handle, i % 16 * 4096L, data, false, CancellationToken.None);
                if (!write.IsCompletedSuccessfully || (await write).Value != 4096) Assert.Fail("a write waited");
            }

            var allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / writes;
            var time = Stopwatch.GetElapsedTime(began) / writes;
            if (round < 5) continue;
            TestContext.Current.TestOutputHelper?.WriteLine($"{time.TotalNanoseconds:F0} ns, {allocated} bytes a write");
            Assert.InRange(allocated, 0, 64);
            return;
        }
    }

    [Fact]
    public async Task A_read_of_what_is_in_memory_allocates_nothing()
    {
        await using var world = new World();
        var fs = await world.JoinAsync(options: World.Options with { ReadaheadBytesMax = 0 });
        var inode = await fs.PutAsync("file", World.Random(TestVolume.BlockBytes, 1));
        var file = World.Ok(await fs.OpenAsync(inode, OpenFlags.ReadOnly, World.Token));
        var buffer = new byte[4096];
        World.Ok(await fs.ReadAsync(file.Handle, 0, buffer, World.Token));
        for (var round = 0; ; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var began = Stopwatch.GetTimestamp();
            const int reads = 1000;
            for (var i = 0; i < reads; i++)
            {
                var read = fs.ReadAsync(file.Handle, i % 60 * 4096L, buffer, CancellationToken.None);
                if (!read.IsCompletedSuccessfully || (await read).Value != 4096) Assert.Fail("a read waited");
            }

            var allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / reads;
            var time = Stopwatch.GetElapsedTime(began) / reads;
            if (round < 5) continue;
            TestContext.Current.TestOutputHelper?.WriteLine($"{time.TotalNanoseconds:F0} ns, {allocated} bytes a read");
            if (IsOptimized) Assert.Equal(0, allocated);
            return;
        }
    }
}
