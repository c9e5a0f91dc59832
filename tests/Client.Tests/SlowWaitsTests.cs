using FlexFs.Client.Waiting;
using FlexFs.Core;

namespace FlexFs.Client.Tests;

/// <summary>What a client says of what took long.</summary>
public sealed class SlowWaitsTests
{
    private static readonly InodeId Inode = new(7);
    private readonly HandClock _clock = new();

    [Fact]
    public void Those_of_the_inode_in_the_time_count_and_the_longest_come_first()
    {
        var waits = new SlowWaits(_clock, TimeSpan.FromMilliseconds(1));
        Wait(waits, Inode, 5, "before");
        var from = waits.Begin();
        Wait(waits, Inode, 1, "short");
        Wait(waits, new InodeId(8), 9, "of another");
        Wait(waits, Inode, 3, "long");
        Assert.Equal("long 3.000 s, short 1.000 s", waits.Of(Inode, from));
        Assert.Equal("", waits.Of(new InodeId(9), from));

        // Of what began before only what was in the time.
        from = waits.Begin();
        _clock.Advance(TimeSpan.FromSeconds(2));
        waits.Note(Inode, from - TimeSpan.FromSeconds(4).Ticks, "longer");
        Assert.Equal("longer 2.000 s", waits.Of(Inode, from));
    }

    [Fact]
    public void What_is_short_is_not_to_be_noted_and_only_the_last_are_kept()
    {
        var waits = new SlowWaits(_clock, TimeSpan.FromSeconds(2));
        var from = waits.Begin();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(waits.IsLong(from));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(waits.IsLong(from));
        waits.Note(Inode, from, "the first");
        for (var i = 0; i < SlowWaits.Kept; i++) Wait(waits, new InodeId(8), 2, "others");
        Assert.Equal("", waits.Of(Inode, from));
    }

    [Fact]
    public void Zero_keeps_nothing()
    {
        var waits = new SlowWaits(_clock, TimeSpan.Zero);
        var from = waits.Begin();
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.False(waits.IsLong(from));
        waits.Note(Inode, from, "anything");
        Assert.Equal("", waits.Of(Inode, 0));
    }

    [Fact]
    public async Task Reads_and_flushes_that_wait_for_the_store_name_the_object()
    {
        var waits = new SlowWaits(_clock, TimeSpan.FromSeconds(1));
        await using var world = new World();
        var fs = await world.JoinAsync(waits: waits);
        var file = await fs.CreateAsync("file");
        await fs.WriteAllAsync(file.Handle, 0, World.Random(100_000, 1));
        var from = waits.Begin();
        using var gate = new SemaphoreSlim(0);
        world.Objects.BeforeWrite = _ => gate.WaitAsync(World.Token);
        var flushing = fs.FlushAsync(file.Handle);
        await World.EventuallyAsync(() => world.Objects.Writing == 1, "it is being stored");
        _clock.Advance(TimeSpan.FromSeconds(3));
        gate.Release();
        Assert.Equal(Errno.OK, await flushing);
        var id = Assert.Single(world.Objects.Ids);
        var inode = file.Attributes.Inode;
        Assert.Equal($"the object store, PUT of {id} 3.000 s", waits.Of(inode, from));

        world.Objects.BeforeRead = _ => gate.WaitAsync(World.Token);
        from = waits.Begin();
        var (reads, asked) = (world.Objects.Reads, _clock.Asked);
        var reading = fs.ReadAllAsync(file.Handle, 100_000);
        await World.EventuallyAsync(() => world.Objects.Reads > reads && _clock.Asked > asked, "it is being read, from a time on");
        _clock.Advance(TimeSpan.FromSeconds(2));
        gate.Release();
        Assert.Equal(100_000, (await reading).Length);
        Assert.Equal($"the object store, GET of {id} 2.000 s", waits.Of(inode, from));
    }

    private void Wait(SlowWaits waits, InodeId inode, int seconds, string what)
    {
        var from = waits.Begin();
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        waits.Note(inode, from, what);
    }

    /// <summary>Time that only a test moves.</summary>
    private sealed class HandClock : TimeProvider
    {
        private long _now = 1;
        private int _asked;

        /// <summary>How often it was read.</summary>
        public int Asked => Volatile.Read(ref _asked);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            Interlocked.Increment(ref _asked);
            return Volatile.Read(ref _now);
        }

        public void Advance(TimeSpan by) => Interlocked.Add(ref _now, by.Ticks);
    }
}
