namespace FlexFs.LeaseModel;

/// <summary>The rules of a file's lease; each can be left out, to see that the check finds what goes wrong then.</summary>
public sealed record FileRules
{
    /// <summary>A holder commits what is dirty before it acknowledges.</summary>
    public bool FlushesBeforeAcknowledging { get; init; } = true;

    /// <summary>A holder invalidates again when READs were answered while it invalidated.</summary>
    public bool InvalidatesAgain { get; init; } = true;

    /// <summary>A holder does not acknowledge while a READ of it is at the server.</summary>
    public bool WaitsForItsReads { get; init; } = true;

    /// <summary>A lease in an answer does not count when a recall came since the question.</summary>
    public bool IgnoresOvertakenGrants { get; init; } = true;

    /// <summary>The server answers a READ of who has not acknowledged at once, from the old state.</summary>
    public bool AnswersHoldersAtOnce { get; init; } = true;

    /// <summary>A READ of who has acknowledged waits until the change is done.</summary>
    public bool OthersWait { get; init; } = true;

    /// <summary>The server fences only who must have stopped serving by itself.</summary>
    public bool FencesAfterTheTerm { get; init; } = true;

    /// <summary>A client that lost contact serves nothing from its caches after its term.</summary>
    public bool ClientFencesItself { get; init; } = true;

    /// <summary>After a restart nothing is granted until everybody has told what it holds, or its term is over.</summary>
    public bool HasGrace { get; init; } = true;

    /// <summary>A recall that was lost with its connection is sent again.</summary>
    public bool RecallsAgain { get; init; } = true;

    /// <summary>A worker asks nothing of a file before its acknowledgement was answered: the question might overtake it.</summary>
    public bool AsksAfterAcknowledgements { get; init; } = true;

    /// <summary>What a READ brought without a lease is dropped again, also when no recall came.</summary>
    public bool DropsPagesWithoutLease { get; init; } = true;

    /// <summary>What is under recall is reclaimed too: the kernel may still have pages of it.</summary>
    public bool ReclaimsUnderRecall { get; init; } = true;
}

/// <summary>
/// One file, its lease at the server, and hosts with a worker and a kernel each. Programs read and write, messages of one session
/// overtake each other, connections and the server fail, terms run out.
/// </summary>
/// <remarks>
/// Versions count the writes that programs were told of; a read must show the newest. The kernel keeps one page, and holds its
/// lock while a READ of it is not answered: an invalidation waits for that.
/// </remarks>
public sealed class FileModel(FileRules rules, int sessions, int writes, int cuts, int restarts) : IModel
{
    private const byte Read = 1;
    private const byte Write = 2;
    private const byte ToRead = 1;
    private const byte ToNone = 2;

    private enum Cell
    {
        Lease,          // what the worker believes to hold
        Cached,         // version that the worker knows, plus 1; 0 for none
        Dirty,          // whether the newest version is here and not committed
        Page,           // version of the kernel's page, plus 1
        Reading,        // a READ of the kernel: 1 at the worker, 2 its question is at the server
        Writing,        // a program wants to write and the worker needs the lease
        ReadAsked,      // a question for bytes: 1 on its way, 2 waits at the server
        ReadAnswer,     // on its way back: 1 + version * 2 + granted
        ReadOvertaken,  // a recall came since the question was sent
        WriteAsked,     // the same of a question for the write lease
        WriteAnswer,
        WriteOvertaken,
        Push,           // a recall on its way
        PushId,
        Recall,         // a recall that the worker carries out
        RecallId,
        Step,           // how far: 0 flush, 1 invalidate, 2 acknowledge
        Answered,       // a READ was answered since the invalidation
        Acknowledged,   // on its way to the server
        AcknowledgedId,
        Commit,         // 1 on its way, 2 its answer is
        IsExpired,      // the worker knows that its term is over
        IsCut,          // no connection
        Held,           // the server's record of the lease
        Recalled,       // the server's record of the recall
        RecalledId,
        IsFenced,       // the server ended the session, which does not know it yet
        HasReclaimed,   // after a restart: told what it holds
        Count,
    }

    // Ids in use at once are few, so they may come round.
    private const int IdsMax = 2;

    // Shared cells come first.
    private const int Committed = 0;
    private const int Newest = 1;
    private const int IsGrace = 2;
    private const int CutsLeft = 3;
    private const int RestartsLeft = 4;
    private const int SharedCells = 5;

    public State Initial
    {
        get
        {
            var x = new byte[SharedCells + (sessions * (int)Cell.Count)];
            x[CutsLeft] = (byte)cuts;
            x[RestartsLeft] = (byte)restarts;
            return new State(x);
        }
    }

    private static int At(int s, Cell cell) => SharedCells + (s * (int)Cell.Count) + (int)cell;

    public string? Broken(in State state)
    {
        var x = state;
        var dirty = false;
        for (var s = 0; s < sessions; s++)
        {
            if (x[At(s, Cell.Dirty)] != 0 && x[At(s, Cell.IsFenced)] == 0) dirty = true;
            if (x[At(s, Cell.Lease)] != Write || x[At(s, Cell.IsExpired)] != 0) continue;
            for (var t = 0; t < sessions; t++)
            {
                if (t != s && x[At(t, Cell.Lease)] != 0 && x[At(t, Cell.IsExpired)] == 0)
                {
                    return $"{s} holds the write lease and {t} serves from its cache";
                }
            }
        }

        return x[Newest] > x[Committed] && !dirty ? "a write that a program was told of is lost" : null;
    }

    public bool IsQuiet(in State state)
    {
        var x = state;
        if (x[IsGrace] != 0) return false;
        for (var s = 0; s < sessions; s++)
        {
            foreach (var cell in (ReadOnlySpan<Cell>)[
                Cell.Reading, Cell.Writing, Cell.ReadAsked, Cell.ReadAnswer, Cell.WriteAsked, Cell.WriteAnswer, Cell.Push,
                Cell.Recall, Cell.Acknowledged, Cell.Commit, Cell.IsCut, Cell.IsFenced, Cell.Dirty])
            {
                if (x[At(s, cell)] != 0) return false;
            }
        }

        return true;
    }

    public void AddSteps(in State state, Steps steps)
    {
        var x = state;
        for (var s = 0; s < sessions; s++)
        {
            AddPrograms(x, steps, s);
            AddWorker(x, steps, s);
            AddRecall(x, steps, s);
            AddServer(x, steps, s);
            AddFailures(x, steps, s);
        }

        if (x[IsGrace] != 0 && MayEndGrace(x)) steps.Add("the grace ends", EndGrace);
        if (x[RestartsLeft] > 0) steps.Add("the server restarts", Restart);
    }

    private void AddPrograms(in State x, Steps steps, int s)
    {
        var page = x[At(s, Cell.Page)];
        var newest = x[Newest];
        if (page != 0)
        {
            if (page - 1 != newest) steps.Add($"{s}: a program reads from the page cache", _ => "a program reads an old version");
        }
        else if (x[At(s, Cell.Reading)] == 0)
        {
            steps.Add($"{s}: the kernel sends READ", c => { c[At(s, Cell.Reading)] = 1; });
        }

        if (newest >= writes || x[At(s, Cell.Writing)] != 0) return;
        if (MayWrite(x, s)) steps.Add($"{s}: a program writes", c => Wrote(c, s));
        else if (x[At(s, Cell.Lease)] != Write) steps.Add($"{s}: a program wants to write", c => { c[At(s, Cell.Writing)] = 1; });
    }

    private static bool MayWrite(in State x, int s) => x[At(s, Cell.Lease)] == Write && x[At(s, Cell.IsExpired)] == 0
        && x[At(s, Cell.Recall)] == 0 && x[At(s, Cell.Commit)] == 0 && x[At(s, Cell.Reading)] == 0;

    private static void Wrote(byte[] c, int s)
    {
        c[Newest]++;
        c[At(s, Cell.Dirty)] = 1;
        c[At(s, Cell.Cached)] = (byte)(c[Newest] + 1);
        if (c[At(s, Cell.Page)] != 0) c[At(s, Cell.Page)] = (byte)(c[Newest] + 1);
    }

    private void AddWorker(in State x, Steps steps, int s)
    {
        var isCut = x[At(s, Cell.IsCut)] != 0;
        var mayAsk = !isCut && (x[At(s, Cell.Acknowledged)] == 0 || !rules.AsksAfterAcknowledgements);
        if (x[At(s, Cell.Reading)] == 1)
        {
            if (x[At(s, Cell.Lease)] != 0 && x[At(s, Cell.IsExpired)] == 0 && x[At(s, Cell.Cached)] != 0)
            {
                steps.Add($"{s}: the worker answers READ from its cache", c =>
                {
                    var old = c[At(s, Cell.Cached)] - 1 != c[Newest];
                    AnswerRead(c, s, c[At(s, Cell.Cached)]);
                    return old ? "a READ is answered from an old version" : null;
                });
            }
            else if (mayAsk && x[At(s, Cell.ReadAsked)] == 0 && x[At(s, Cell.ReadAnswer)] == 0)
            {
                steps.Add($"{s}: the worker asks for the bytes", c =>
                {
                    c[At(s, Cell.Reading)] = 2;
                    c[At(s, Cell.ReadAsked)] = 1;
                });
            }
        }

        if (x[At(s, Cell.Writing)] != 0)
        {
            if (MayWrite(x, s))
            {
                steps.Add($"{s}: the write goes on", c =>
                {
                    c[At(s, Cell.Writing)] = 0;
                    if (c[Newest] < writes) Wrote(c, s);
                });
            }
            else if (mayAsk && x[At(s, Cell.Lease)] != Write && x[At(s, Cell.Recall)] == 0
                && x[At(s, Cell.WriteAsked)] == 0 && x[At(s, Cell.WriteAnswer)] == 0)
            {
                steps.Add($"{s}: the worker asks for the write lease", c => { c[At(s, Cell.WriteAsked)] = 1; });
            }
        }

        if (x[At(s, Cell.ReadAnswer)] != 0) steps.Add($"{s}: the bytes arrive", c => TakeBytes(c, s));
        if (x[At(s, Cell.WriteAnswer)] != 0) steps.Add($"{s}: the write lease arrives", c => TakeWriteLease(c, s));
        if (x[At(s, Cell.Dirty)] != 0 && x[At(s, Cell.Commit)] == 0 && !isCut)
        {
            steps.Add($"{s}: the worker commits", c => { c[At(s, Cell.Commit)] = 1; });
        }

        if (x[At(s, Cell.Commit)] == 2)
        {
            steps.Add($"{s}: the commit is answered", c =>
            {
                c[At(s, Cell.Commit)] = 0;
                c[At(s, Cell.Dirty)] = 0;
            });
        }
    }

    private static void AnswerRead(byte[] c, int s, byte version)
    {
        c[At(s, Cell.Page)] = version;
        c[At(s, Cell.Reading)] = 0;
        if (c[At(s, Cell.Recall)] != 0) c[At(s, Cell.Answered)] = 1;
    }

    private void TakeBytes(byte[] c, int s)
    {
        var answer = c[At(s, Cell.ReadAnswer)] - 1;
        var version = (byte)((answer / 2) + 1);
        var counts = Counts(c, s, Cell.ReadAnswer, Cell.ReadOvertaken);
        if (counts && c[At(s, Cell.Lease)] != Write)
        {
            c[At(s, Cell.Lease)] = Read;
            c[At(s, Cell.Cached)] = version;
        }

        if (c[At(s, Cell.Reading)] != 2) return;
        AnswerRead(c, s, version);
        if (c[At(s, Cell.Lease)] != 0 || c[At(s, Cell.Recall)] != 0 || !rules.DropsPagesWithoutLease) return;

        // The page goes again, as if a recall had come; it is acknowledged to nobody.
        c[At(s, Cell.Recall)] = ToNone;
        c[At(s, Cell.RecallId)] = 0;
        c[At(s, Cell.Step)] = 0;
    }

    private void TakeWriteLease(byte[] c, int s)
    {
        var version = (byte)(((c[At(s, Cell.WriteAnswer)] - 1) / 2) + 1);
        if (!Counts(c, s, Cell.WriteAnswer, Cell.WriteOvertaken)) return;
        c[At(s, Cell.Lease)] = Write;
        c[At(s, Cell.Cached)] = version;
    }

    private bool Counts(byte[] c, int s, Cell answer, Cell overtaken)
    {
        var counts = (c[At(s, answer)] - 1) % 2 != 0 && c[At(s, Cell.IsExpired)] == 0
            && (c[At(s, overtaken)] == 0 || !rules.IgnoresOvertakenGrants);
        c[At(s, answer)] = 0;
        c[At(s, overtaken)] = 0;
        return counts;
    }

    private void AddRecall(in State x, Steps steps, int s)
    {
        if (x[At(s, Cell.Push)] != 0)
        {
            steps.Add($"{s}: the recall arrives", c =>
            {
                // One that is being carried out goes on together with it, from the beginning.
                c[At(s, Cell.Recall)] = Math.Max(c[At(s, Cell.Recall)], c[At(s, Cell.Push)]);
                c[At(s, Cell.RecallId)] = c[At(s, Cell.PushId)];
                c[At(s, Cell.Step)] = 0;
                if (c[At(s, Cell.ReadAsked)] != 0 || c[At(s, Cell.ReadAnswer)] != 0) c[At(s, Cell.ReadOvertaken)] = 1;

                // The answer tells which recalls came before it. One that is still being thought about comes after this recall.
                if (c[At(s, Cell.WriteAnswer)] != 0) c[At(s, Cell.WriteOvertaken)] = 1;
                c[At(s, Cell.Push)] = 0;
                c[At(s, Cell.PushId)] = 0;
            });
        }

        if (x[At(s, Cell.Recall)] == 0) return;

        // Who holds nothing keeps nothing, whatever the recall would let it keep: the kernel may have pages of answers without lease.
        var kind = x[At(s, Cell.Lease)] == 0 ? ToNone : x[At(s, Cell.Recall)];
        switch (x[At(s, Cell.Step)])
        {
            case 0 when x[At(s, Cell.Dirty)] == 0 || !rules.FlushesBeforeAcknowledging:
                steps.Add($"{s}: nothing is dirty any more", c => { c[At(s, Cell.Step)] = 1; });
                break;
            case 1 when kind == ToRead || x[At(s, Cell.Reading)] == 0:
                steps.Add($"{s}: the kernel drops its page", c =>
                {
                    if (kind == ToNone) c[At(s, Cell.Page)] = 0;
                    c[At(s, Cell.Answered)] = 0;
                    c[At(s, Cell.Step)] = 2;
                });
                break;
            case 2 when rules.InvalidatesAgain && kind == ToNone && x[At(s, Cell.Answered)] != 0:
                steps.Add($"{s}: READs were answered: drop again", c => { c[At(s, Cell.Step)] = 1; });
                break;
            case 2 when !rules.WaitsForItsReads || kind == ToRead || x[At(s, Cell.Reading)] != 2:
                steps.Add($"{s}: acknowledges", c =>
                {
                    c[At(s, Cell.Lease)] = kind == ToNone ? (byte)0 : Math.Min(c[At(s, Cell.Lease)], Read);
                    if (kind == ToNone) c[At(s, Cell.Cached)] = 0;
                    if (c[At(s, Cell.IsCut)] == 0 && c[At(s, Cell.RecallId)] != 0)
                    {
                        c[At(s, Cell.Acknowledged)] = kind;
                        c[At(s, Cell.AcknowledgedId)] = c[At(s, Cell.RecallId)];
                    }

                    c[At(s, Cell.Recall)] = 0;
                    c[At(s, Cell.RecallId)] = 0;
                    c[At(s, Cell.Step)] = 0;
                    c[At(s, Cell.Answered)] = 0;
                });
                break;
        }
    }

    private void AddServer(in State x, Steps steps, int s)
    {
        if (x[At(s, Cell.Commit)] == 1 && x[At(s, Cell.IsCut)] == 0 && x[At(s, Cell.IsFenced)] == 0
            && (x[IsGrace] == 0 || x[At(s, Cell.HasReclaimed)] != 0))
        {
            steps.Add($"server: the commit of {s}", c =>
            {
                c[Committed] = c[Newest];
                c[At(s, Cell.Commit)] = 2;
            });
        }

        if (x[At(s, Cell.Acknowledged)] != 0)
        {
            steps.Add($"server: the acknowledgement of {s}", c =>
            {
                var kind = c[At(s, Cell.Acknowledged)];
                var id = c[At(s, Cell.AcknowledgedId)];
                c[At(s, Cell.Acknowledged)] = 0;
                c[At(s, Cell.AcknowledgedId)] = 0;

                // It may be of a recall of before a restart, or be the second one of the same.
                if (c[At(s, Cell.Recalled)] == 0 || c[At(s, Cell.RecalledId)] != id) return;
                c[At(s, Cell.Recalled)] = 0;
                c[At(s, Cell.Held)] = kind == ToNone ? (byte)0 : Math.Min(c[At(s, Cell.Held)], Read);
            });
        }

        if ((x[IsGrace] != 0 && rules.HasGrace) || x[At(s, Cell.IsCut)] != 0) return;
        foreach (var kind in (ReadOnlySpan<byte>)[Read, Write])
        {
            var name = kind == Read ? "a read" : "a wish to write";
            var asked = x[At(s, AskedOf(kind))];
            if (asked == 1)
            {
                steps.Add($"server: {name} of {s}", c =>
                {
                    c[At(s, AskedOf(kind))] = 2;
                    _ = Decide(c, s, kind);
                });
            }
            else if (asked == 2)
            {
                var tried = x.Copy();
                if (Decide(tried, s, kind)) steps.Add($"server: {name} of {s} that waited", c => { _ = Decide(c, s, kind); });
            }
        }
    }

    private static Cell AskedOf(byte kind) => kind == Read ? Cell.ReadAsked : Cell.WriteAsked;

    // Answers a question, or sends the recalls that it needs; false when there is nothing to do yet.
    private bool Decide(byte[] c, int s, byte kind)
    {
        if (kind == Read && c[At(s, Cell.Recalled)] != 0 && rules.AnswersHoldersAtOnce)
        {
            Answer(c, s, Read, isGranted: false);
            return true;
        }

        if (c[At(s, Cell.Recalled)] != 0) return false;
        var isFree = true;
        var isGranted = true;
        var hasRecalled = false;
        for (var t = 0; t < sessions; t++)
        {
            if (t == s) continue;
            var conflicts = kind == Read ? c[At(t, Cell.Held)] == Write : c[At(t, Cell.Held)] != 0;
            if (conflicts)
            {
                isFree = false;
                if (c[At(t, Cell.Recalled)] != 0) continue;
                c[At(t, Cell.Recalled)] = kind == Read ? ToRead : ToNone;
                c[At(t, Cell.RecalledId)] = (byte)((c[At(t, Cell.RecalledId)] % IdsMax) + 1);
                if (c[At(t, Cell.IsCut)] == 0) SendRecall(c, t);
                hasRecalled = true;
            }
            else if (kind == Read && c[At(t, Cell.WriteAsked)] == 2)
            {
                // A lease would be taken away at once. Without one the bytes would be old as soon as the other one writes.
                if (rules.OthersWait) isFree = false;
                else isGranted = false;
            }
        }

        if (!isFree) return hasRecalled;
        if (isGranted) c[At(s, Cell.Held)] = Math.Max(c[At(s, Cell.Held)], kind);
        Answer(c, s, kind, isGranted);
        return true;
    }

    private static void Answer(byte[] c, int s, byte kind, bool isGranted)
    {
        c[At(s, AskedOf(kind))] = 0;
        c[At(s, kind == Read ? Cell.ReadAnswer : Cell.WriteAnswer)] = (byte)(1 + (c[Committed] * 2) + (isGranted ? 1 : 0));
    }

    private static void SendRecall(byte[] c, int s)
    {
        c[At(s, Cell.Push)] = c[At(s, Cell.Recalled)];
        c[At(s, Cell.PushId)] = c[At(s, Cell.RecalledId)];
    }

    private void AddFailures(in State x, Steps steps, int s)
    {
        if (x[At(s, Cell.IsCut)] == 0)
        {
            if (x[CutsLeft] > 0)
            {
                steps.Add($"{s}: the connection is lost", c =>
                {
                    c[CutsLeft]--;
                    Cut(c, s);
                });
            }

            return;
        }

        steps.Add($"{s}: connects again", c => Reconnect(c, s));
        if (x[At(s, Cell.IsExpired)] == 0 && rules.ClientFencesItself)
        {
            steps.Add($"{s}: its term is over, it serves nothing", c =>
            {
                c[At(s, Cell.IsExpired)] = 1;
                c[At(s, Cell.Page)] = 0;
            });
        }

        // The server's clock for this runs at least as long as the client's.
        var isDue = x[At(s, Cell.IsExpired)] != 0 || !rules.FencesAfterTheTerm || !rules.ClientFencesItself;
        if (x[At(s, Cell.Recalled)] != 0 && isDue && x[At(s, Cell.IsFenced)] == 0)
        {
            steps.Add($"server: {s} is silent past its term and is fenced", c => Fence(c, s));
        }
    }

    private static void Fence(byte[] c, int s)
    {
        c[At(s, Cell.IsFenced)] = 1;
        c[At(s, Cell.Held)] = 0;
        c[At(s, Cell.Recalled)] = 0;

        // What it had not committed is reported to its programs as lost.
        if (c[At(s, Cell.Dirty)] != 0) c[Newest] = c[Committed];
    }

    private static void Cut(byte[] c, int s)
    {
        c[At(s, Cell.IsCut)] = 1;
        if (c[At(s, Cell.ReadAsked)] != 0 || c[At(s, Cell.ReadAnswer)] != 0) c[At(s, Cell.ReadAsked)] = 1;
        if (c[At(s, Cell.WriteAsked)] != 0 || c[At(s, Cell.WriteAnswer)] != 0) c[At(s, Cell.WriteAsked)] = 1;
        if (c[At(s, Cell.Commit)] == 2) c[At(s, Cell.Commit)] = 1;
        c[At(s, Cell.ReadAnswer)] = 0;
        c[At(s, Cell.WriteAnswer)] = 0;
        c[At(s, Cell.Push)] = 0;
        c[At(s, Cell.PushId)] = 0;
        c[At(s, Cell.Acknowledged)] = 0;
        c[At(s, Cell.AcknowledgedId)] = 0;
    }

    private void Reconnect(byte[] c, int s)
    {
        c[At(s, Cell.IsCut)] = 0;
        c[At(s, Cell.IsExpired)] = 0;
        if (c[At(s, Cell.IsFenced)] != 0)
        {
            // A new session: what was cached is purged, what the kernel waits for is asked for again.
            var reading = c[At(s, Cell.Reading)];
            for (var cell = 0; cell < (int)Cell.Count; cell++) c[At(s, (Cell)cell)] = 0;
            c[At(s, Cell.Reading)] = (byte)(reading == 0 ? 0 : 1);
            c[At(s, Cell.HasReclaimed)] = 1;
            return;
        }

        if (c[IsGrace] != 0 && c[At(s, Cell.HasReclaimed)] == 0)
        {
            c[At(s, Cell.HasReclaimed)] = 1;
            c[At(s, Cell.Held)] = c[At(s, Cell.Lease)];
            if (c[At(s, Cell.Recall)] != 0 && rules.ReclaimsUnderRecall) c[At(s, Cell.Held)] = Math.Max(c[At(s, Cell.Held)], Read);
        }

        if (rules.RecallsAgain && c[At(s, Cell.Recalled)] != 0) SendRecall(c, s);
    }

    private void Restart(byte[] c)
    {
        c[RestartsLeft]--;
        c[IsGrace] = 1;
        for (var s = 0; s < sessions; s++)
        {
            if (c[At(s, Cell.IsCut)] == 0) Cut(c, s);
            c[At(s, Cell.Held)] = 0;
            c[At(s, Cell.Recalled)] = 0;
            c[At(s, Cell.HasReclaimed)] = c[At(s, Cell.IsFenced)];
        }
    }

    private bool MayEndGrace(in State x)
    {
        for (var s = 0; s < sessions; s++)
        {
            if (x[At(s, Cell.HasReclaimed)] != 0) continue;
            if (x[At(s, Cell.IsExpired)] == 0 && rules.FencesAfterTheTerm) return false;
        }

        return true;
    }

    private void EndGrace(byte[] c)
    {
        c[IsGrace] = 0;
        for (var s = 0; s < sessions; s++)
        {
            if (c[At(s, Cell.HasReclaimed)] == 0) Fence(c, s);
            c[At(s, Cell.HasReclaimed)] = 0;
        }
    }
}
