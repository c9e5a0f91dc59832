
using FlexFs.Client.Waiting;
using FlexFs.Core;

namespace FlexFs.Client.Writing;

/// <summary>
/// Hands out chunks of the dirty memory and makes writers wait while there is none: the back-pressure.
/// </summary>
/// <remarks>Its lock guards the counts and the queue of waiters; nothing is called under it but the memory.</remarks>
internal sealed class DirtyBudget(IDirtyMemory memory, SlowWaits waits)
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiters = new();
    private int _taken;
    private int _sealed;
    private ulong _sequence;
    private bool _isOutOfSpace;

    /// <summary>Bytes of a chunk.</summary>
    public int ChunkBytes { get; } = memory.ChunkBytes;

    /// <summary>Chunks in use.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Whether the store had no space for the last that was sent there: nobody waits for a chunk meanwhile.</summary>
    public bool IsOutOfSpace
    {
        get => Volatile.Read(ref _isOutOfSpace);
        set
        {
            TaskCompletionSource[] all = [];
            lock (_gate)
            {
                Volatile.Write(ref _isOutOfSpace, value);
                if (value)
                {
                    all = [.. _waiters];
                    _waiters.Clear();
                }
            }

            foreach (var waiter in all) waiter.TrySetResult();
        }
    }

    /// <summary>Whether a writer waits for a chunk.</summary>
    public bool HasWaiters
    {
        get
        {
            lock (_gate) return _waiters.Count > 0;
        }
    }

    /// <summary>Whether so much is in use that what is stored should be committed early.</summary>
    public bool IsUnderPressure => Taken > memory.ChunkCount / 2;

    /// <summary>Whether most of what is in use is in pieces of blocks, which only a flush sends on its way.</summary>
    public bool IsFullOfFragments => Taken - Volatile.Read(ref _sealed) > memory.ChunkCount / 2;

    /// <summary>Takes a chunk and the next sequence for it.</summary>
    public bool TryTake(out int chunk, out ulong sequence)
    {
        lock (_gate)
        {
            sequence = 0;
            if (!memory.TryTake(out chunk)) return false;
            _taken++;
            sequence = ++_sequence;
            return true;
        }
    }

    /// <summary>The bytes of a taken chunk.</summary>
    public Memory<byte> Bytes(int chunk) => memory.Bytes(chunk);

    /// <summary>Says what a taken chunk is.</summary>
    public void Describe(int chunk, in DirtyChunkDescriptor descriptor) => memory.Describe(chunk, descriptor);

    /// <summary>Counts a chunk that will not be written to any more.</summary>
    public void CountSealed() => Interlocked.Increment(ref _sealed);

    /// <summary>Gives a chunk back and lets the first waiter try again.</summary>
    public void Release(int chunk, bool wasSealed)
    {
        lock (_gate)
        {
            memory.Release(chunk);
            _taken--;
            if (wasSealed) Interlocked.Decrement(ref _sealed);
        }

        WakeOne();
    }

    /// <summary>Completes when it is worth trying again: a chunk came free, or the store has no space.</summary>
    /// <param name="inode">Who wants to write.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask WaitAsync(InodeId inode, CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter;
        lock (_gate)
        {
            if (_isOutOfSpace || _taken < memory.ChunkCount) return;
            waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Enqueue(waiter);
        }

        using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), waiter);
        var began = waits.Begin();
        try
        {
            await waiter.Task;
        }
        finally
        {
            if (waits.IsLong(began)) waits.Note(inode, began, "dirty memory, full of what is not stored");

            // A chunk that was released for a waiter who then uses only a part of the room, or none, is offered on.
            if (Taken < memory.ChunkCount) WakeOne();
        }
    }

    // Who stopped waiting may still be in the queue, and is passed over.
    private void WakeOne()
    {
        TaskCompletionSource? next;
        do
        {
            lock (_gate) _waiters.TryDequeue(out next);
        }
        while (next is not null && !next.TrySetResult());
    }
}
