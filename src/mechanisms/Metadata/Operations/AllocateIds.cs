using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>A range of object ids that only this session may commit.</summary>
internal static class AllocateIds
{
    public static Outcome Run(OperationContext c, in AllocateIdsRequest request)
    {
        var counter = c.Volume.NextObject;
        if (counter + AllocateIdsRequest.Count > 1UL << ObjectId.CounterBits) return Errno.ENOSPC;
        var first = ObjectId.Of(c.Volume.Incarnation, counter).Value;
        c.PutVolume(c.Volume with { NextObject = counter + AllocateIdsRequest.Count });
        c.Transaction.Put(Keys.IdRange(first), new IdRangeRecord { Session = c.Session });
        c.Transaction.PutBytes(Keys.SessionRange(c.Session, first), []);
        return Outcome.Of(InodeId.None, first);
    }
}
