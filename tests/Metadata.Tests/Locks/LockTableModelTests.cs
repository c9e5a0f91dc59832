using CsCheck;
using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.Metadata.Locks;

namespace FlexFs.Metadata.Tests.Locks;

/// <summary>Random calls on the table beside a plain model; what it says of itself is checked after every call.</summary>
public sealed class LockTableModelTests
{
    private static readonly Gen<(int What, int Who, ulong Start, ulong End)[]> Calls = Gen.Select(
        Gen.Int[0, 99], Gen.Int[0, 5], Gen.ULong[0, ByteModel.Bytes - 1], Gen.ULong[0, ByteModel.Bytes]).Array[1, 150];

    [Fact]
    public void Locks_are_those_of_a_model_with_an_element_for_each_byte_and_nobody_waits_who_could_go() => Calls.Sample(
        calls =>
        {
            var run = new Run();
            foreach (var (what, who, start, end) in calls) run.Step(what, who, start, end);
            run.End();
        },
        iter: 1_000);

    private sealed class Run
    {
        private static readonly InodeId Inode = new(5);
        private readonly LockTable _table = new(new LockLimits());
        private readonly ByteModel _model = new();
        private readonly SortedDictionary<ulong, LockWish> _waiting = [];
        private ulong _ticket;
        private Instant _now = new(1);

        public void Step(int what, int who, ulong start, ulong end)
        {
            _now = _now.Plus(TimeSpan.FromMilliseconds(what));
            var owner = new LockOwner(new SessionId(1 + ((ulong)who / 2)), (ulong)who);
            var kind = what % 4 == 0 ? LockKind.Flock : LockKind.Record;
            var range = kind == LockKind.Flock || start > end
                ? kind == LockKind.Flock ? LockRange.Whole : new LockRange(start, LockRange.LastByte)
                : end == ByteModel.Bytes ? new LockRange(start, LockRange.LastByte) : new LockRange(start, end);
            var wish = new LockWish(Inode, kind, owner, range, what % 3 == 0 ? LockType.Exclusive : LockType.Shared, 0);
            switch (what)
            {
                case < 60:
                    Acquire(wish, waits: what < 35);
                    break;
                case < 85:
                    _model.Set(kind, owner, range, null);
                    Assert.Equal(Errno.OK, _table.Release(Inode, kind, owner, range, _now));
                    break;
                case < 92 when _waiting.Count > 0:
                    var ticket = _waiting.Keys.ElementAt(who % _waiting.Count);
                    _table.Cancel(_waiting[ticket].Owner.Session, ticket, _now);
                    break;
                case < 96:
                    _table.Relax(_now);
                    break;
                default:
                    _model.Drop(o => o.Session == owner.Session);
                    _table.ReleaseSession(owner.Session, _now);
                    break;
            }

            Settle();
            Compare();
        }

        public void End()
        {
            for (ulong session = 1; session <= 3; session++) _table.ReleaseSession(new SessionId(session), _now);
            while (_table.TryTakeDone(out _))
            {
            }

            Assert.Equal((0, 0, 0), (_table.RangeCount, _table.WaiterCount, _table.SpaceCount));
        }

        private void Acquire(in LockWish wish, bool waits)
        {
            // A conversion of flock(2) lets go first.
            var owner = wish.Owner;
            var own = wish.Kind == LockKind.Flock ? _model.Ranges().FirstOrDefault(r => (r.Item1, r.Item2) == (LockKind.Flock, owner)) : default;
            if (wish.Kind == LockKind.Flock && own.Item4 != wish.Type) _model.Set(wish.Kind, owner, LockRange.Whole, null);
            var could = _model.MayHave(wish);
            var answer = _table.Acquire(wish, waits, _now);
            if (answer == LockAnswer.Granted)
            {
                _model.Set(wish.Kind, owner, wish.Range, wish.Type);
                return;
            }

            if (!waits) Assert.False(could);
            if (!waits || answer == LockAnswer.Deadlock) return;
            Assert.Equal(LockAnswer.Busy, answer);
            Assert.Null(_table.Enqueue(wish, ++_ticket, null, _now));
            _waiting.Add(_ticket, wish);
        }

        private void Settle()
        {
            while (_table.TryTakeDone(out var waiter))
            {
                Assert.True(_waiting.Remove(waiter.Ticket));
                if (waiter.Outcome != Errno.OK) continue;
                _model.Set(waiter.Wish.Kind, waiter.Wish.Owner, waiter.Wish.Range, waiter.Wish.Type);
            }
        }

        private void Compare()
        {
            var held = _table.Held().Select(l => (l.Wish.Kind, l.Wish.Owner, l.Wish.Range, l.Wish.Type));
            Assert.Equal(_model.Ranges().OrderBy(r => r.ToString()), held.OrderBy(r => r.ToString()));
            Assert.Equal(_model.Ranges().Count(), _table.RangeCount);
            Assert.Equal(_waiting.Count, _table.WaiterCount);
            foreach (var (kind, owner, range, type) in _model.Ranges())
            {
                Assert.True(_model.MayHave(new LockWish(Inode, kind, owner, range, type, 0)), $"{owner} has what another has");
            }

            var ahead = new List<LockWish>();
            foreach (var ((wish, _), blocker) in _table.Waiting())
            {
                var waitsForEarlier = ahead.Any(w => w.Kind == wish.Kind && w.Owner != wish.Owner && w.Range.Overlaps(wish.Range)
                    && (w.Type == LockType.Exclusive || wish.Type == LockType.Exclusive));
                Assert.True(!_model.MayHave(wish) || (waitsForEarlier && !_model.Has(wish.Kind, wish.Owner)), $"{wish} waits for nothing; held {string.Join("; ", _model.Ranges())}; waiting {string.Join("; ", _table.Waiting())}");
                var isNamed = blocker is { } who && (who.Holds ? !_model.MayHave(wish) : ahead.Exists(w => w.Owner == who.Owner));
                Assert.True(isNamed, $"{wish} waits for {blocker}");
                ahead.Add(wish);
            }
        }
    }
}
