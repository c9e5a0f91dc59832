using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Ends a session in bounded steps: a clean unmount, or its expiry.</summary>
/// <remarks>
/// The first step fences it: an incarnation that none can have, so neither requests nor a resumption are taken any more, also after a
/// restart in the middle (the service then finds it among the sessions, and expires it again). Then its opens end, then its id ranges,
/// its window and its record go. An id whose range is gone can be committed by nobody: ranges are handed out once.
/// </remarks>
internal static class EndSession
{
    /// <summary>The incarnation of a session that is being ended.</summary>
    public const ulong EndedIncarnation = ulong.MaxValue;

    public static Outcome Run(OperationContext c, in EndSessionRequest request)
    {
        var isDone = Step(c, c.Session);
        return isDone ? c.Reply(default(EmptyReply)) : Outcome.More;
    }

    /// <summary>One step. True: nothing of it is left.</summary>
    public static bool Step(OperationContext c, SessionId session)
    {
        if (!c.TryGetSession(session, out var record)) return true;
        if (record.Incarnation != EndedIncarnation)
        {
            record = record with { Incarnation = EndedIncarnation };
            c.Transaction.Put(Keys.Session(session), record);
        }

        c.Opens.First(session, c.Options.RemovalStep, c.Inodes);
        if (c.Inodes.Count > 0)
        {
            foreach (var inode in c.Inodes) Close.End(c, session, inode);
            return false;
        }

        if (!RemoveRanges(c, session)) return false;
        var prefix = Keys.Replies(session);
        var page = c.Transaction.Scan(prefix, Keys.After(prefix), Limits.RpcSlotsMax);
        foreach (var pair in page.Pairs) c.Transaction.Delete(pair.Key);
        if (!page.IsComplete) return false;
        c.Transaction.Delete(Keys.Session(session));
        return true;
    }

    private static bool RemoveRanges(OperationContext c, SessionId session)
    {
        var from = Keys.SessionRanges(session);
        var end = Keys.After(from);
        while (true)
        {
            var page = c.Transaction.Scan(from, end, c.Options.RemovalStep);
            foreach (var pair in page.Pairs)
            {
                c.Transaction.Delete(pair.Key);
                c.Transaction.Delete(Keys.IdRange(Keys.NumberAt(pair.Key, 9)));
            }

            if (page.IsComplete) return true;
            if (page.Pairs.Count > 0) return false;

            // What earlier steps removed is in the store until its batch is durable.
            from = page.Resume;
        }
    }
}
