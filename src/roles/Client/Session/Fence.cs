using FlexFs.Client.Inodes;
using FlexFs.Client.Writing;
using FlexFs.Core;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client.Session;

/// <summary>What becomes of everything that this client knows and has written when the server ends its session.</summary>
/// <remarks>
/// Meanwhile others may have changed what it cached, and were told that it would not come back. So:
///   1. nothing that was written before is committed later, under whatever session: writers are taken off their inodes, and what they
///      send nevertheless is refused by the number of the session;
///   2. each file that lost something says EIO once to each of its handles, at the next fsync or close;
///   3. what was lost is given to the rescue, and its memory comes back when that has it and no upload reads it any more.
/// Called by the connection's loop, before anybody learns that his request ended in EIO.
/// </remarks>
internal sealed class Fence(
    InodeCache cache, OpenInodes open, ObjectIds ids, IRescue? rescue, ILogger log)
{
    private readonly Lock _gate = new();
    private readonly List<Task> _saving = [];

    /// <summary>Told of the inodes in use, of which nothing that is cached outside holds any more. Set once.</summary>
    public Action<IReadOnlyCollection<InodeId>> OnRaised { get; set; } = static _ => { };

    /// <summary>Whether anything was ever lost here.</summary>
    public bool HasLost { get; private set; }

    /// <summary>The session ended.</summary>
    /// <param name="session">Which.</param>
    /// <param name="now">The server's time.</param>
    public void Raise(SessionId session, Instant now)
    {
        ids.Drop();
        var known = cache.All();
        var lost = new List<InodeWriter>();
        foreach (var inode in known)
        {
            InodeWriter? writer;
            lock (inode.Gate)
            {
                inode.ForgetAll();
                writer = inode.Writer;
                if (writer is null) continue;
                inode.Writer = null;
                writer.IsFenced = true;
                if (writer.HasAnything || writer.IsCarrying)
                {
                    inode.Errors.Record(Errno.EIO);
                    HasLost = true;
                    lost.Add(writer);
                }
            }

            open.Abandon(writer);
        }

        OnRaised(Array.ConvertAll(known, inode => inode.Id));
        if (lost.Count == 0) return;
        lock (_gate)
        {
            _saving.RemoveAll(static task => task.IsCompleted);
            _saving.Add(SaveAsync(session, now, lost));
        }
    }

    /// <summary>Waits until everything that was lost so far is with the rescue.</summary>
    public async ValueTask SavedAsync()
    {
        Task[] saving;
        lock (_gate) saving = [.. _saving];
        foreach (var task in saving) await task;
    }

    private async Task SaveAsync(SessionId session, Instant now, List<InodeWriter> lost)
    {
        // The connection's loop has more to do.
        await Task.Yield();
        try
        {
            var files = new List<RescuedFile>(lost.Count);
            foreach (var writer in lost)
            {
                lock (writer.Inode.Gate) files.Add(writer.ToRescue());
            }

            ClientLog.Fenced(log, session, files.Count, files.Sum(f => f.Pieces.Sum(p => (long)p.Bytes.Length)));
            if (rescue is not null) await rescue.SaveAsync(new RescuedSession(session, now, files));
        }
        catch (Exception e)
        {
            // The top of its own task: the bytes are lost, which was reported already.
            ClientLog.RescueFailed(log, e, session);
        }

        foreach (var writer in lost)
        {
            Task<Errno>[] attempts;
            lock (writer.Inode.Gate) attempts = [.. writer.Uploads.Select(upload => upload.Attempt)];
            foreach (var attempt in attempts) _ = await attempt;
            lock (writer.Inode.Gate) writer.Discard();
        }
    }
}
