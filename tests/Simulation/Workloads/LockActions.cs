using FlexFs.Client.Handles;
using FlexFs.Client.Locks;
using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.Protocol.Metadata;
using FlexFs.Simulation.Checkers;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Workloads;

/// <summary>A program that locks bytes and files, which others do too.</summary>
/// <remarks>It waits only where nobody can wait for it in a circle that the server does not see: with flock(2) only while it has nothing.</remarks>
public sealed class LockActions(RunState run, SimulatedClient client, ulong program)
{
    private const int HandlesMax = 2;
    private readonly SimulatedWorld _world = run.World;
    private readonly List<Opened> _open = [];

    /// <summary>One operation.</summary>
    public async Task StepAsync()
    {
        var chance = _world.Chance;
        if (_open.Count == 0 || (_open.Count < HandlesMax && chance.OneIn(5)))
        {
            await OpenAsync();
        }
        else
        {
            var file = chance.Of(_open);
            switch (chance.Below(8))
            {
                case < 4:
                    await LockAsync(file);
                    break;
                case < 7 when file.Held.Count > 0:
                    await UnlockAsync(file, chance.Of(file.Held));
                    break;
                default:
                    await CloseAsync(file);
                    break;
            }
        }

        run.Locks.Check();
    }

    /// <summary>Lets everything go.</summary>
    public async Task EndAsync()
    {
        foreach (var file in _open.ToArray()) await CloseAsync(file);
    }

    private async Task OpenAsync()
    {
        var known = _world.Chance.Of(run.Files);
        var opened = await client.Files.OpenAsync(known.Inode, OpenFlags.ReadWrite);
        run.Expect(opened.Errno, client, $"open of {known.Tag}", Errno.ESTALE);
        if (opened.IsOk) _open.Add(new Opened(known, opened.Value.Handle));
    }

    private async Task LockAsync(Opened file)
    {
        var chance = _world.Chance;
        var kind = chance.OneIn(3) ? LockKind.Flock : LockKind.Record;
        var of = kind == LockKind.Flock ? file.Held : _open.Where(o => o.Known.Tag == file.Known.Tag).SelectMany(o => o.Held);
        var old = of.FirstOrDefault(held => held.Kind == kind);
        if (old is not null && !file.Held.Contains(old)) return;

        // One lock of each kind and file: asked for again, it is converted.
        var start = (ulong)chance.Below(4);
        var attempt = new LockAttempt
        {
            Tag = file.Known.Tag,
            Kind = kind,
            Owner = kind == LockKind.Flock ? file.Handle : program,
            Client = client,
            Type = chance.OneIn(3) ? LockType.Shared : LockType.Exclusive,
            Range = old?.Range ?? (kind == LockKind.Flock ? LockRange.Whole : new LockRange(start, start + (ulong)chance.Below(3))),
            Asked = run.NextEvent(),
        };
        if (old is not null) old.IsLeaving = true;
        run.Locks.Asked(attempt);
        var waits = MayWait(kind) && !chance.OneIn(4);
        var session = client.SessionNumber;
        using var patience = new CancellationTokenSource(
            waits && chance.OneIn(3) ? TimeSpan.FromMilliseconds(chance.Between(1, 8000)) : Timeout.InfiniteTimeSpan, client.Process.Clock);
        var granted = await client.Files.Locks.LockAsync(file.Handle, SpecOf(attempt), waits, patience.Token);
        var answered = run.NextEvent();
        _world.Note($"{(waits ? "wait" : "try")} -> {granted.Errno} (event {answered}): {attempt}");
        _world.Marks.Reached($"locks: {(waits ? "a wait" : "a try")} ended with {granted.Errno}");
        run.Expect(granted.Errno, client, $"{attempt}", Errno.EAGAIN, Errno.EDEADLK, Errno.EINTR, Errno.ESTALE);
        if (granted.IsOk)
        {
            if (old is not null) End(file, old, answered);
            file.Held.Add(attempt);
            run.Locks.Granted(attempt, client.SessionNumber);
            return;
        }

        // A lock of flock(2) that could not be converted is gone; of fcntl(2) the old one stays.
        if (old is not null && kind == LockKind.Flock) End(file, old, answered);
        else if (old is not null) old.IsLeaving = false;
        if (granted.Errno == Errno.EAGAIN && !waits && session == client.SessionNumber) run.Locks.Refused(attempt, answered);
        else attempt.Ended = granted.Errno is Errno.EDEADLK or Errno.EINTR or Errno.EAGAIN ? answered : long.MaxValue;
    }

    private async Task UnlockAsync(Opened file, LockAttempt held)
    {
        held.IsLeaving = true;
        var errno = await client.Files.Locks.UnlockAsync(file.Handle, SpecOf(held));
        var answered = run.NextEvent();
        _world.Note($"unlock -> {errno} (event {answered}): {held}");
        run.Expect(errno, client, $"unlock of {held}");
        if (errno == Errno.OK) End(file, held, answered);
        else file.Held.Remove(held);
    }

    private async Task CloseAsync(Opened file)
    {
        _open.Remove(file);

        // close(2) by a process ends its record locks of the file, through whatever handle they were taken.
        var ended = _open.Where(o => o.Known.Tag == file.Known.Tag).SelectMany(o => o.Held).Where(held => held.Kind == LockKind.Record);
        foreach (var held in file.Held.Concat(ended).ToArray()) held.IsLeaving = true;
        var errno = await client.Files.Locks.CloseAsync(file.Handle, program);
        run.Expect(errno, client, $"close of {file.Known.Tag}");
        client.Files.Release(file.Handle);
        foreach (var other in _open.Where(o => o.Known.Tag == file.Known.Tag)) other.Held.RemoveAll(held => held.Kind == LockKind.Record);
        _world.Note($"{client.Process.Name}: close {file.Known.Tag} with {file.Held.Count} locks -> {errno}");
    }

    private bool MayWait(LockKind kind) =>
        _open.All(o => o.Held.Count == 0) || (kind == LockKind.Record && _open.All(o => o.Held.TrueForAll(held => held.Kind == LockKind.Record)));

    private static void End(Opened file, LockAttempt held, long answered)
    {
        held.Ended = answered;
        file.Held.Remove(held);
    }

    private static LockSpec SpecOf(LockAttempt attempt) => new(attempt.Kind, attempt.Owner, attempt.Type, attempt.Range, 1);

    private sealed record Opened(Known Known, ulong Handle)
    {
        public List<LockAttempt> Held { get; } = [];
    }
}
