using System.IO.Pipelines;
using FlexFs.Core;

namespace FlexFs.Rpc.Tests;

/// <summary>On one synchronization context with one clock and one seed, a run is repeated exactly.</summary>
public class DeterminismTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_same_seed_gives_the_same_run_on_one_thread(int seed)
    {
        var first = Run(seed);
        var second = Run(seed);
        Assert.Contains(first, line => line.StartsWith("cut", StringComparison.Ordinal));
        Assert.Equal(first, second);
    }

    private static List<string> Run(int seed)
    {
        var log = new List<string>();
        var context = new OneThread();
        var time = new ManualTime();
        var thread = Environment.CurrentManagedThreadId;
        void Note(string line)
        {
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            log.Add(line);
        }

        context.Run(time, async () =>
        {
            var chance = new Random(seed);
            var pipes = new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline);
            var server = new TestServer { Time = time, Pipes = pipes };
            server.OnReceived = received =>
            {
                Note($"received {received.Header.Slot}.{received.Header.Number}");
                if (chance.Next(20) != 0) return false;
                Note("cut before the reply");
                server.Wire.Cut();
                return true;
            };
            await using var pair = Pair.Make(server, Pair.Quick with { Slots = 4 }, time);
            await pair.Client.ConnectAsync();
            var callers = new List<Task>();
            for (var caller = 0; caller < 6; caller++) callers.Add(CallAsync(caller));
            await Task.WhenAll(callers);
            Assert.Equal(0, pair.Client.Unanswered);

            async Task CallAsync(int caller)
            {
                for (var i = 0; i < 30; i++)
                {
                    var lane = (RpcLane)chance.Next(2);
                    var reply = await pair.SumAsync((ulong)caller, (ulong)i, lane);
                    Note($"caller {caller}: {reply.Value.Value}");
                }
            }
        });
        return log;
    }

    /// <summary>Runs what is posted on the caller's thread, and moves the clock when there is nothing to run.</summary>
    private sealed class OneThread : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();

        public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue((d, state));

        public override SynchronizationContext CreateCopy() => this;

        public void Run(ManualTime time, Func<Task> body)
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                var task = body();
                for (var idle = 0; !task.IsCompleted;)
                {
                    if (_posted.TryDequeue(out var next))
                    {
                        next.Callback(next.State);
                        idle = 0;
                        continue;
                    }

                    Assert.True(idle++ < 10_000, "nothing goes on any more");
                    time.Advance(TimeSpan.FromMilliseconds(1));
                }

#pragma warning disable xUnit1031, VSTHRD002 // it is completed
                task.GetAwaiter().GetResult();
#pragma warning restore xUnit1031, VSTHRD002
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }
    }
}
