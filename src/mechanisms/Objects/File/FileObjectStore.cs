using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Objects.File.Native;

namespace FlexFs.Objects.File;

/// <summary>A folder as a store: on a local disk, NFS or a SAN.</summary>
/// <remarks>
/// 1. An object gets its name after its bytes are synced, and the put is answered after its folder is: no crash leaves a name
///    with other bytes, or an answered put without its name.
/// 2. A name that exists is never replaced.
/// 3. A crash leaves at most a file whose name begins with '.'; nobody sees it, and a listing removes it after a day.
/// 4. The folder itself is never made: when its disk is not mounted, the store fails instead of starting an empty one.
/// Blocking calls run where the caller said. Any number of calls at a time.
/// </remarks>
public sealed class FileObjectStore : IObjectStore
{
    private const string LeftoverPrefix = ".put-";
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromDays(1);
    private readonly IBlockingWork _work;
    private readonly TimeProvider _clock;
    private readonly string _folder;
    private readonly string _putPrefix;
    private long _puts;

    /// <summary>The store in a folder that exists.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="work">Where blocking calls run.</param>
    /// <param name="clock">For times in messages and the age of leftovers.</param>
    public FileObjectStore(string folder, IBlockingWork work, TimeProvider clock)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(clock);
        _folder = Path.GetFullPath(folder);
        _work = work;
        _clock = clock;

        // Two hosts may share the folder by NFS: host, process and start time keep their temporary names apart.
        _putPrefix = $"{LeftoverPrefix}{Environment.MachineName}-{Environment.ProcessId}-{clock.GetTimestamp():x}-";
    }

    /// <inheritdoc/>
    public string Location => _folder;

    /// <inheritdoc/>
    public ValueTask<PutOutcome> PutAsync(
        ObjectName name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _work.RunAsync((Store: this, name, bytes), static call => call.Store.Put(call.name, call.bytes.Span));
    }

    /// <inheritdoc/>
    public ValueTask<ObjectRange> GetAsync(
        ObjectName name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        return _work.RunAsync(
            (Store: this, name, offset, destination),
            static call => call.Store.Get(call.name, call.offset, call.destination.Span));
    }

    /// <inheritdoc/>
    public ValueTask<long?> LengthAsync(ObjectName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _work.RunAsync((Store: this, name), static call =>
        {
            var range = call.Store.Get(call.name, 0, default);
            return range.IsFound ? range.ObjectBytes : (long?)null;
        });
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(IReadOnlyList<ObjectName> names, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(names);
        Check.That(names.Count <= ObjectStoreLimits.NamesPerDeleteMax);
        cancellationToken.ThrowIfCancellationRequested();
        await _work.RunAsync((Store: this, names), static call =>
        {
            call.Store.Delete(call.names);
            return true;
        });
    }

    /// <inheritdoc/>
    public ValueTask<ObjectPage> ListAsync(
        string prefix, string? continuation, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        Check.That(limit is > 0 and <= ObjectStoreLimits.NamesPerPageMax);
        cancellationToken.ThrowIfCancellationRequested();
        return _work.RunAsync(
            (Store: this, prefix, continuation, limit),
            static call => call.Store.List(call.prefix, call.continuation, call.limit));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    private PutOutcome Put(ObjectName name, ReadOnlySpan<byte> bytes)
    {
        var started = _clock.GetTimestamp();
        var path = PathOf(name);
        var parent = Path.GetDirectoryName(path)!;
        var temporary = Path.Combine(parent, $"{_putPrefix}{Interlocked.Increment(ref _puts):x}");
        var file = FileCalls.Open(temporary, FileCalls.WriteOnly | FileCalls.Create | FileCalls.Exclusive);
        if (file == -(int)Errno.ENOENT)
        {
            var made = MakeFolders(parent);
            if (IsOutOfSpace(made)) return PutOutcome.OutOfSpace;
            if (made != 0) throw Failed("put of", name, made, started);
            file = FileCalls.Open(temporary, FileCalls.WriteOnly | FileCalls.Create | FileCalls.Exclusive);
        }

        if (IsOutOfSpace(-file)) return PutOutcome.OutOfSpace;
        if (file < 0) throw Failed("put of", name, -file, started);
        var error = FileCalls.WriteAll(file, bytes);
        if (error == 0) error = FileCalls.Sync(file);
        FileCalls.Close(file);
        if (error == 0) error = FileCalls.RenameToNew(temporary, path);
        if (error == 0) error = SyncFolder(parent);
        if (error == 0) return PutOutcome.Stored;
        _ = FileCalls.Unlink(temporary);
        if (error == (int)Errno.EEXIST) return CompareExisting(name, bytes, parent, started);
        return IsOutOfSpace(error) ? PutOutcome.OutOfSpace : throw Failed("put of", name, error, started);
    }

    // The same put again, or another object under this name. The former's folder may not be synced yet.
    private PutOutcome CompareExisting(ObjectName name, ReadOnlySpan<byte> bytes, string parent, long started)
    {
        var there = new byte[bytes.Length];
        var range = Get(name, 0, there);
        if (!range.IsFound || range.ObjectBytes != bytes.Length || !bytes.SequenceEqual(there)) return PutOutcome.Conflict;
        var error = SyncFolder(parent);
        return error == 0 ? PutOutcome.Stored : throw Failed("put of", name, error, started);
    }

    private ObjectRange Get(ObjectName name, long offset, Span<byte> destination)
    {
        var started = _clock.GetTimestamp();
        var file = FileCalls.Open(PathOf(name), FileCalls.ReadOnly);
        if (file is -(int)Errno.ENOENT or -(int)Errno.ENOTDIR)
        {
            ThrowIfFolderIsGone("get of", name, started);
            return ObjectRange.NotFound;
        }

        if (file < 0) throw Failed("get of", name, -file, started);
        try
        {
            var length = FileCalls.Length(file);
            var count = length < 0 ? (int)length : FileCalls.ReadAll(file, destination, offset);
            return count < 0 ? throw Failed("get of", name, -count, started) : new ObjectRange(true, count, length);
        }
        finally
        {
            FileCalls.Close(file);
        }
    }

    private void Delete(IReadOnlyList<ObjectName> names)
    {
        var started = _clock.GetTimestamp();
        foreach (var name in names)
        {
            var error = FileCalls.Unlink(PathOf(name));
            if (error == (int)Errno.ENOENT) ThrowIfFolderIsGone("deletion of", name, started);
            else if (error != 0) throw Failed("deletion of", name, error, started);
        }
    }

    private ObjectPage List(string prefix, string? continuation, int limit)
    {
        var started = _clock.GetTimestamp();
        try
        {
            var removeBefore = _clock.GetUtcNow() - LeftoverAge;
            var walk = new FolderWalk(_folder, prefix, continuation, limit, LeftoverPrefix, removeBefore);
            return walk.Run();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new ObjectStoreException(
                $"listing of '{prefix}'", Location, cause.Message, isTransient: cause is not UnauthorizedAccessException,
                _clock.GetElapsedTime(started), 1, cause);
        }
    }

    // Folders appear as they are needed, each durable before anything is put in it.
    private int MakeFolders(string path)
    {
        if (path.Length <= _folder.Length) return (int)Errno.ENOENT;
        var parent = Path.GetDirectoryName(path)!;
        var error = FileCalls.MakeFolder(path);
        if (error == (int)Errno.ENOENT)
        {
            error = MakeFolders(parent);
            if (error != 0) return error;
            error = FileCalls.MakeFolder(path);
        }

        // Who found it there may have been faster than the sync of who made it.
        return error is 0 or (int)Errno.EEXIST ? SyncFolder(parent) : error;
    }

    private static int SyncFolder(string path)
    {
        var folder = FileCalls.Open(path, FileCalls.ReadOnly | FileCalls.Directory);
        if (folder < 0) return -folder;
        var error = FileCalls.Sync(folder);
        FileCalls.Close(folder);
        return error;
    }

    private string PathOf(ObjectName name) => Path.Combine(_folder, name.Text);

    // An unmounted disk must not look like a store without objects: a missing file is an answer only below an existing folder.
    private void ThrowIfFolderIsGone(string operation, ObjectName name, long started)
    {
        if (!Directory.Exists(_folder)) throw Failed(operation, name, (int)Errno.ENOENT, started);
    }

    private ObjectStoreException Failed(string operation, ObjectName name, int error, long started)
    {
        var reason = $"{(Errno)error}: {Marshal.GetPInvokeErrorMessage(error)}";
        if (error == (int)Errno.ENOENT) reason += "; the store's folder is gone: check that its disk is mounted";
        var isTransient = (Errno)error is Errno.EIO or Errno.EAGAIN or Errno.EBUSY or Errno.ENFILE or Errno.EMFILE
            or Errno.ENOMEM or Errno.ESTALE or Errno.ETIMEDOUT;
        return new ObjectStoreException(
            $"{operation} {name}", Location, reason, isTransient, _clock.GetElapsedTime(started));
    }

    private static bool IsOutOfSpace(int error) => (Errno)error is Errno.ENOSPC or Errno.EDQUOT;
}
