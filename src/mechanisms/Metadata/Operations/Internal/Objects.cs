using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Metadata.Records;

namespace FlexFs.Metadata.Operations.Internal;

/// <summary>What the reaper of objects needs.</summary>
internal static class Objects
{
    public static Outcome ListCondemned(OperationContext c, in ListRequest request)
    {
        if (!Paging.TryScan(c, KeyFamily.Condemned, request, out var page)) return Errno.EINVAL;
        var objects = ImmutableArray.CreateBuilder<CondemnedObject>();
        foreach (var pair in page.Pairs)
        {
            var record = State.Transaction.RecordOf<CondemnedRecord>(pair);
            objects.Add(new CondemnedObject
            {
                Object = new ObjectId(Keys.NumberAt(pair.Key, 1)),
                Since = record.Since,
                StoredBytes = record.StoredBytes,
            });
        }

        // With a batch open its time is the last one's, and more may be condemned at that time.
        var last = c.Volume.LastCommitAt;
        var before = c.Now == last ? last : new Instant(last.Nanoseconds + 1);
        return c.Reply(new CondemnedListReply { Objects = objects.DrainToImmutable(), IsEnd = page.IsComplete, Before = before });
    }

    public static Outcome ForgetCondemned(OperationContext c, in IdsRequest request)
    {
        if (request.Objects.IsDefaultOrEmpty) return Outcome.Ok;
        foreach (var id in request.Objects)
        {
            c.Transaction.Delete(Keys.Condemned(id));

            // From now on nothing says that the object is gone, so its id must not be committed once more (a late file of a pack):
            // the range is closed, and a client that still uses it is answered EBADF and uploads again under a new one.
            var range = Keys.IdRange(ObjectIds.RangeOf(id));
            if (c.Transaction.TryGet<IdRangeRecord>(range, out var record) && !record.IsClosed)
            {
                c.Transaction.Put(range, record with { IsClosed = true });
            }
        }

        return Outcome.Ok;
    }

    public static Outcome AreKnown(OperationContext c, in IdsRequest request)
    {
        var states = ImmutableArray.CreateBuilder<ObjectState>();
        foreach (var id in request.Objects.IsDefault ? [] : request.Objects) states.Add(StateOf(c, id));
        return c.Reply(new ObjectStatesReply { States = states.DrainToImmutable() });
    }

    private static ObjectState StateOf(OperationContext c, ObjectId id)
    {
        if (c.TryGetObject(id, out _)) return ObjectState.Live;
        if (c.Transaction.Exists(Keys.Condemned(id))) return ObjectState.Condemned;
        return c.Transaction.TryGet<IdRangeRecord>(Keys.IdRange(ObjectIds.RangeOf(id)), out var range)
            && !range.IsClosed && c.TryGetSession(range.Session, out _)
                ? ObjectState.Pending
                : ObjectState.Unknown;
    }
}
