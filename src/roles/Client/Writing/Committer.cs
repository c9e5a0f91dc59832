using FlexFs.Client.Reading;
using FlexFs.Client.Session;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client.Writing;

/// <summary>
/// Tells the metadata server what is in the store: one CommitWrite for as many uploads as fit, one at a time for each
/// inode.
/// </summary>
/// <remarks>
/// Round trips: one for a commit. What the server may answer besides success, and what is done: E2BIG (a block in too
/// many pieces): the
/// block is read and written as a whole; EAGAIN (another client wrote inline bytes, or to a block that is written as a
/// whole): read and merge; EBADF (ids of a closed range):
/// store again under new ids; no space: the bytes are kept; the inode is gone, or a bug: the bytes are lost and each
/// handle is told once.
/// </remarks>
internal sealed class Committer(
    MetadataSession session, ObjectIds ids, Uploader uploader, FileReader reader, ILogger log)
{
    private const int RoundsMax = 16;

    // Each is a commit of another client that was quicker.
    private const int OvertakenMax = 256;

    /// <summary>
    /// Commits what is stored, up to the first upload that is not, and pending attributes once no bytes are left before
    /// them.
    /// </summary>
    public async ValueTask<Errno> CommitAsync(InodeWriter writer)
    {
        await writer.Committing.EnterAsync();
        try
        {
            return await CommitStoredAsync(writer);
        }
        finally
        {
            writer.Committing.Exit();
        }
    }

    private async ValueTask<Errno> CommitStoredAsync(InodeWriter writer)
    {
        for (int failures = 0, overtaken = 0; failures < RoundsMax && overtaken < OvertakenMax;)
        {
            var plan = CommitPlan.Make(writer);
            Errno errno;
            switch (plan.Kind)
            {
                case CommitKind.Nothing:
                    return Errno.OK;
                case CommitKind.Fenced:
                    return Errno.EIO;
                case CommitKind.Store:
                    errno = await StoreAgainAsync(writer, plan.Uploads);
                    if (errno != Errno.OK) return errno;
                    failures++;
                    continue;
                case CommitKind.LoadInline:
                    errno = await reader.LoadInlineAsync(writer.Inode);
                    if (errno != Errno.OK) return errno;
                    failures++;
                    continue;
                case CommitKind.Rewrite:
                    errno = await ReadAgainAsync(writer, plan.Uploads);
                    if (errno != Errno.OK) return errno;
                    overtaken++;
                    continue;
                case CommitKind.Attributes:
                    errno = await CommitAttributesAsync(writer, plan);
                    if (errno != Errno.OK) return errno;
                    continue;
            }

            errno = await CommitBytesAsync(writer, plan);
            if (errno == Errno.OK) continue;
            if (errno == Errno.EAGAIN) overtaken++;
            else failures++;
            switch (errno)
            {
                case Errno.E2BIG when !plan.IsInline:
                    errno = await CompactAsync(writer, plan);
                    break;
                case Errno.EAGAIN or Errno.EINVAL when plan.IsInline:
                    errno = await reader.LoadInlineAsync(writer.Inode);
                    break;
                case Errno.EAGAIN:
                    errno = await ReadAgainAsync(writer, plan.Uploads);
                    break;
                case Errno.EBADF when !plan.IsInline:
                    ids.Drop();
                    errno = await StoreAgainAsync(writer, plan.Uploads);
                    break;
            }

            if (errno == Errno.OK) continue;
            if (!ErrnoMap.KeepsBytes(errno)) Lose(writer, errno);
            return errno;
        }

        return Errno.EIO;
    }

    private async ValueTask<Errno> CommitBytesAsync(InodeWriter writer, CommitPlan plan)
    {
        var inode = writer.Inode;
        var reply = await session.MutateAsync(Opcode.CommitWrite, plan.Request, writer.Session);
        lock (inode.Gate)
        {
            if (writer.IsFenced) return Errno.EIO;
            var errno = reply.IsOk && reply.Value.Attributes is null ? Errno.ESTALE : reply.Errno;
            writer.EndCarried(errno == Errno.OK);
            if (errno != Errno.OK) return errno;
            inode.LearnOwnChange(reply.Value.Attributes!.Value);
            if (plan.IsInline) inode.LearnInline(plan.Request.InlineData, plan.Request.ExpectedDataVersion + 1);
            else writer.BaseVersion = 0;
            foreach (var upload in plan.Uploads) writer.Forget(upload);
            return Errno.OK;
        }
    }

    private async ValueTask<Errno> CommitAttributesAsync(InodeWriter writer, CommitPlan plan)
    {
        var request = new SetAttributesRequest { Inode = writer.Inode.Id, Change = plan.Request.Change!.Value };
        var reply = await session.MutateAsync(Opcode.SetAttributes, request, writer.Session);
        lock (writer.Inode.Gate)
        {
            if (writer.IsFenced) return Errno.EIO;
            // A change that the server refuses is not kept: nothing would be different the next time.
            var keeps = !reply.IsOk && ErrnoMap.KeepsBytes(reply.Errno);
            writer.EndCarried(isDone: !keeps);
            if (reply.IsOk && reply.Value.Attributes is { } attributes) writer.Inode.Learn(attributes);
            return reply.Errno;
        }
    }

    private async ValueTask<Errno> StoreAgainAsync(InodeWriter writer, IReadOnlyList<Upload> uploads)
    {
        lock (writer.Inode.Gate)
        {
            if (writer.IsFenced) return Errno.EIO;
            foreach (var upload in uploads)
            {
                upload.Object = ObjectId.None;
                upload.State = UploadState.Waiting;
            }
        }

        return await StoreAsync(writer, uploads);
    }

    private async ValueTask<Errno> StoreAsync(InodeWriter writer, IReadOnlyList<Upload> uploads)
    {
        foreach (var upload in uploads) uploader.Start(writer, upload);
        var result = Errno.OK;
        foreach (var upload in uploads)
        {
            var errno = await upload.Attempt;
            if (result == Errno.OK) result = errno;
        }

        return result;
    }

    // The server has inline bytes that this client did not have when it sealed: they go into extents before all others.
    private async ValueTask<Errno> AddBaseAsync(InodeWriter writer)
    {
        var errno = await reader.LoadInlineAsync(writer.Inode);
        if (errno != Errno.OK) return errno;
        Upload? upload;
        lock (writer.Inode.Gate)
        {
            if (writer.IsFenced) return Errno.EIO;
            upload = writer.SealBase();
        }

        return upload is null ? Errno.OK : await StoreAsync(writer, [upload]);
    }

    // Others have changed the file: the record's bytes, if there are any, and blocks that are written as a whole are read once more.
    private async ValueTask<Errno> ReadAgainAsync(InodeWriter writer, IReadOnlyList<Upload> uploads)
    {
        var errno = await AddBaseAsync(writer);
        if (errno != Errno.OK) return errno;
        Upload[] wholes = [.. uploads.Where(static upload => upload.Basis is not null)];
        lock (writer.Inode.Gate)
        {
            writer.Inode.ForgetExtents();
            foreach (var whole in wholes) whole.RewriteAgain();
        }

        return await StoreAsync(writer, wholes);
    }

    // Blocks that would be in too many pieces are stored as a whole. What a block shows now holds all that the pieces
    // have, so these
    // are dropped; the whole goes before everything else, since all that was written later lies on top of it.
    private async ValueTask<Errno> CompactAsync(InodeWriter writer, CommitPlan plan)
    {
        foreach (var block in plan.Blocks)
        {
            var count = await reader.CountExtentsAsync(writer.Inode, block);
            if (!count.IsOk) return count.Errno;
            if (count.Value + (2 * plan.ExtentsOf(block)) <= Limits.ExtentsPerBlockMax) continue;
            Upload whole;
            lock (writer.Inode.Gate)
            {
                if (writer.IsFenced) return Errno.EIO;
                whole = writer.NewUpload(at: 0);
                whole.RewritesBlock = block;
            }

            var errno = await StoreAsync(writer, [whole]);
            lock (writer.Inode.Gate)
            {
                if (writer.IsFenced) return Errno.EIO;
                if (errno != Errno.OK)
                {
                    writer.Uploads.Remove(whole);
                    return errno;
                }

                foreach (var upload in plan.Uploads) upload.Extents.RemoveAll(extent => extent.Block == block);
            }
        }

        return Errno.OK;
    }

    private void Lose(InodeWriter writer, Errno errno)
    {
        lock (writer.Inode.Gate)
        {
            if (writer.IsFenced) return;
            writer.Drop(errno);
        }

        ClientLog.WriteLost(log, writer.Inode.Id, errno);
    }
}
