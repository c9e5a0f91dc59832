using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Metadata.Records;

namespace FlexFs.Metadata.Operations.Internal;

/// <summary>The life of sessions.</summary>
internal static class Sessions
{
    public static Outcome Begin(OperationContext c, in BeginSessionRequest request)
    {
        if (c.Volume == default) return Errno.ENOENT;
        var session = new SessionId(c.Volume.NextSession);
        c.PutVolume(c.Volume with { NextSession = session.Value + 1 });
        c.Transaction.Put(Keys.Session(session), new SessionRecord
        {
            Key = request.Key,
            Incarnation = 1,
            ClientName = request.ClientName,
            Begin = c.Now,
            IsReadOnly = request.IsReadOnly,
            UsesLeases = request.UsesLeases,
        });
        return Outcome.Of(InodeId.None, session.Value);
    }

    public static Outcome Resume(OperationContext c, in ResumeSessionRequest request)
    {
        if (!c.TryGetSession(request.Session, out var record)) return Errno.ESTALE;
        if (record.Incarnation == EndSession.EndedIncarnation) return Errno.ESTALE;
        if (request.Incarnation == EndSession.EndedIncarnation) return Errno.EACCES;
        if (record.Key != request.Key || request.Incarnation <= record.Incarnation) return Errno.EACCES;
        c.Transaction.Put(Keys.Session(request.Session), record with { Incarnation = request.Incarnation });
        return Outcome.Of(InodeId.None, request.Session.Value);
    }

    public static Outcome Expire(OperationContext c, in ExpireSessionRequest request) =>
        Outcome.Of(InodeId.None, EndSession.Step(c, request.Session) ? 0UL : 1UL);

    public static Outcome List(OperationContext c, in ListRequest request)
    {
        if (!Paging.TryScan(c, KeyFamily.Session, request, out var page)) return Errno.EINVAL;
        var sessions = ImmutableArray.CreateBuilder<SessionDescription>();
        foreach (var pair in page.Pairs)
        {
            var record = State.Transaction.RecordOf<SessionRecord>(pair);
            sessions.Add(new SessionDescription
            {
                Session = new SessionId(Keys.NumberAt(pair.Key, 1)),
                ClientName = record.ClientName,
                Begin = record.Begin,
                IsReadOnly = record.IsReadOnly,
                UsesLeases = record.UsesLeases,
                IsEnding = record.Incarnation == EndSession.EndedIncarnation,
            });
        }

        return c.Reply(new SessionListReply { Sessions = sessions.DrainToImmutable(), IsEnd = page.IsComplete });
    }
}
