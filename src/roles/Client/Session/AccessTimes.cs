using FlexFs.Client.Inodes;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Session;

/// <summary>When inodes were read, told to the server many at a time, as relatime has it: most reads change nothing.</summary>
/// <remarks>
/// Its lock guards the table. Access times are shown at once and told within a second; a mount that dies forgets them. A time that a
/// program sets is not overtaken: <see cref="BeforeChangeAsync"/>. Bounded: at the bound reads are not noted.
/// </remarks>
internal sealed class AccessTimes(MetadataSession session, bool isOff)
{
    private const int InodesMax = 16384;
    private const long DayNanoseconds = 24 * 3600 * Instant.NanosecondsPerSecond;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<InodeId, Instant> _waiting = [];
    private readonly Dictionary<InodeId, Instant> _underWay = [];
    private Task _sending = Task.CompletedTask;
    private int _count;

    /// <summary>Something waits. Set once.</summary>
    public Action OnWork { get; set; } = static () => { };

    /// <summary>The server has been told of a read. Set once.</summary>
    public Action<InodeId, Instant> OnTold { get; set; } = static (_, _) => { };

    /// <summary>Whether nothing waits to be told.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate) return _waiting.Count == 0;
        }
    }

    /// <summary>A file is read now.</summary>
    /// <returns>Whether its access time moves by that.</returns>
    public bool Note(CachedInode inode)
    {
        if (isOff) return false;
        Attributes known;
        lock (inode.Gate)
        {
            known = inode.Known with { AccessedAt = Instant.Max(inode.Known.AccessedAt, inode.NotedAt) };
            var now = session.Now;
            if (!IsDue(known, now)) return false;
            inode.NotedAt = now;
        }

        Note(known);
        return true;
    }

    /// <summary>An inode is read now.</summary>
    public void Note(in Attributes known)
    {
        if (isOff) return;
        var now = session.Now;
        if (!IsDue(known, now)) return;
        lock (_gate)
        {
            if (_waiting.ContainsKey(known.Inode) || _underWay.ContainsKey(known.Inode) || _waiting.Count == InodesMax) return;
            _waiting.Add(known.Inode, now);
            Volatile.Write(ref _count, _waiting.Count + _underWay.Count);
        }

        OnWork();
    }

    /// <summary>Attributes with what is not told yet.</summary>
    public Attributes Show(in Attributes attributes)
    {
        if (Volatile.Read(ref _count) == 0) return attributes;
        lock (_gate)
        {
            if (!_waiting.TryGetValue(attributes.Inode, out var at) && !_underWay.TryGetValue(attributes.Inode, out at))
            {
                return attributes;
            }

            return attributes with { AccessedAt = Instant.Max(at, attributes.AccessedAt) };
        }
    }

    /// <summary>A program sets the access time: what is noted must not come after it.</summary>
    public async ValueTask BeforeChangeAsync(InodeId inode)
    {
        if (Volatile.Read(ref _count) == 0) return;
        Task sending;
        lock (_gate)
        {
            _waiting.Remove(inode);
            Volatile.Write(ref _count, _waiting.Count + _underWay.Count);
            if (!_underWay.ContainsKey(inode)) return;
            sending = _sending;
        }

        await sending;
    }

    /// <summary>Sends what waits, if nothing is under way.</summary>
    public async ValueTask SendAsync()
    {
        TaskCompletionSource done;
        AccessTime[] times;
        lock (_gate)
        {
            if (_waiting.Count == 0 || !_sending.IsCompleted) return;
            times = [.. _waiting.Take(NoteAccessRequest.InodesMax)
                .Select(static pair => new AccessTime { Inode = pair.Key, At = pair.Value })];
            foreach (var time in times)
            {
                _waiting.Remove(time.Inode);
                _underWay.Add(time.Inode, time.At);
            }

            done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _sending = done.Task;
        }

        // Refused (a full disk, a read-only volume, a session that ended), the times of reads are forgotten.
        var told = await session.MutateAsync(Opcode.NoteAccess, new NoteAccessRequest { Inodes = [.. times] });
        if (told.IsOk)
        {
            foreach (var time in times) OnTold(time.Inode, time.At);
        }

        lock (_gate)
        {
            _underWay.Clear();
            Volatile.Write(ref _count, _waiting.Count);
        }

        done.SetResult();
    }

    // mount(8), relatime: earlier than the last change, or more than a day old.
    private static bool IsDue(in Attributes known, Instant now) =>
        known.AccessedAt.CompareTo(known.ModifiedAt) <= 0 || known.AccessedAt.CompareTo(known.ChangedAt) <= 0
        || now.Nanoseconds - known.AccessedAt.Nanoseconds >= DayNanoseconds;
}
