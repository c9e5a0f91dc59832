using FlexFs.Client.Reading;
using FlexFs.Client.Session;
using FlexFs.Client.Waiting;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client.Writing;

/// <summary>Brings sealed bytes into the store, several objects at once.</summary>
/// <remarks>
/// At most <see cref="FileSystemOptions.UploadsMax"/> are under way; the others wait in order. A failure is tried again
/// with growing
/// pauses up to the budget; want of space is reported at once. Whatever happens, the bytes stay dirty until they are
/// committed.
/// </remarks>
internal sealed class Uploader(
    IVolumeObjects objects,
    ObjectIds ids,
    DirtyBudget budget,
    FileReader reader,
    FileSystemOptions options,
    TimeProvider time,
    SlowWaits waits,
    Random chance,
    ILogger log) : IDisposable
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(10);
    private readonly AsyncWindow _window = new(options.UploadsMax);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Who is under way.</summary>
    public AsyncWindow Window => _window;

    /// <summary>An upload was stored. Set once, before any upload.</summary>
    public Action<InodeWriter> OnStored { get; set; } = static _ => { };

    /// <summary>Begins an attempt, unless one is under way or it is stored; whether it did.</summary>
    public bool Start(InodeWriter writer, Upload upload)
    {
        TaskCompletionSource<Errno> attempt;
        lock (writer.Inode.Gate)
        {
            if (writer.IsFenced || upload.State != UploadState.Waiting) return false;
            upload.State = UploadState.Running;
            attempt = new TaskCompletionSource<Errno>(TaskCreationOptions.RunContinuationsAsynchronously);
            upload.Attempt = attempt.Task;
        }

        _ = RunAsync(writer, upload, attempt);
        return true;
    }

    /// <summary>Ends all pauses: attempts under way are the last.</summary>
#pragma warning disable VSTHRD103 // CancelAsync would leave the caller's context for the thread pool
    public void Stop() => _stopping.Cancel();
#pragma warning restore VSTHRD103

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync(InodeWriter writer, Upload upload, TaskCompletionSource<Errno> attempt)
    {
        var errno = Errno.EIO;
        var descriptor = default(ObjectDescriptor);
        try
        {
            (errno, descriptor) = await StoreAsync(writer, upload);
        }
        catch (Exception e)
        {
            ClientLog.Unexpected(log, e, "an upload");
        }

        lock (writer.Inode.Gate)
        {
            upload.State = errno == Errno.OK ? UploadState.Stored : UploadState.Waiting;
            upload.Descriptor = descriptor;
        }

        budget.IsOutOfSpace = ErrnoMap.IsNoSpace(errno);
        attempt.SetResult(errno);
        if (errno == Errno.OK) OnStored(writer);
    }

    private async ValueTask<(Errno Errno, ObjectDescriptor Descriptor)> StoreAsync(InodeWriter writer, Upload upload)
    {
        var began = time.GetTimestamp();
        var pause = PauseMin;
        for (var number = 1; ; number++)
        {
            await _window.EnterAsync();
            Errno errno;
            try
            {
                errno = await PrepareAsync(writer, upload);
                if (errno != Errno.OK) return (errno, default);
                if (IsEmpty(writer, upload)) return (Errno.OK, default);
                var stored = await PutAsync(writer, upload);
                if (stored.IsOk) return (Errno.OK, stored.Value);
                errno = stored.Errno;
                ClientLog.UploadRefused(log, writer.Inode.Id, upload.Object, errno, number);
                if (errno == Errno.EEXIST) upload.Object = ObjectId.None;
            }
            catch (Exception e) when (e is not InvariantException)
            {
                errno = ErrnoMap.Of(e);
                ClientLog.UploadFailed(log, e, writer.Inode.Id, upload.Object, errno, number);
            }
            finally
            {
                _window.Exit();
            }

            if (ErrnoMap.IsNoSpace(errno) || _stopping.IsCancellationRequested || writer.IsFenced) return (errno, default);
            if (time.GetElapsedTime(began) + pause > options.StoreRetryBudget) return (errno, default);
            if (!await PauseAsync(pause)) return (errno, default);
            pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
        }
    }

    private async ValueTask<Result<ObjectDescriptor>> PutAsync(InodeWriter writer, Upload upload)
    {
        var began = waits.Begin();
        try
        {
            return await objects.WriteAsync(upload.Object, upload.Content, CancellationToken.None);
        }
        finally
        {
            if (waits.IsLong(began)) waits.Note(writer.Inode.Id, began, $"the object store, PUT of {upload.Object}");
        }
    }

    // What a truncation emptied needs no object: it would only take space, maybe what was to be made by the truncation.
    private static bool IsEmpty(InodeWriter writer, Upload upload)
    {
        lock (writer.Inode.Gate) return upload.Extents.Count == 0;
    }

    private async ValueTask<Errno> PrepareAsync(InodeWriter writer, Upload upload)
    {
        if (upload.Object == ObjectId.None)
        {
            var id = await ids.NextAsync();
            if (!id.IsOk) return id.Errno;
            upload.Object = id.Value;
        }

        return upload.RewritesBlock is { } block ? await RewriteAsync(writer, upload, block) : Errno.OK;
    }

    private async ValueTask<Errno> RewriteAsync(InodeWriter writer, Upload upload, ulong block)
    {
        while (true)
        {
            int truncations;
            lock (writer.Inode.Gate) truncations = writer.Truncations;
            var read = await reader.ReadBlockAsync(writer.Inode, block);
            if (!read.IsOk) return read.Errno;
            lock (writer.Inode.Gate)
            {
                // What was cut off of the dirty bytes while they were read must not come back with the whole.
                if (writer.Truncations != truncations) continue;
                var (bytes, basis) = read.Value;
                var size = writer.Size(writer.Inode.Known.SizeBytes) - ((long)block << writer.BlockSizeLog2);
                upload.Rewrite(basis, bytes.AsMemory(0, (int)Math.Clamp(size, 0, bytes.Length)));
                return Errno.OK;
            }
        }
    }

    // Shortened by chance by up to a half, so that many mounts do not come back at once.
    private async ValueTask<bool> PauseAsync(TimeSpan pause)
    {
        double part;
        lock (chance) part = 0.5 + (chance.NextDouble() / 2);
        try
        {
            await Task.Delay(pause * part, time, _stopping.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
