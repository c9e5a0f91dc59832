using System.Collections.Immutable;
using FlexFs.Client;
using FlexFs.Client.Leases;
using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Fuse.Protocol;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Mount.Bridge;

/// <summary>What the kernel is given to keep, and what it is told to drop.</summary>
/// <remarks>
/// 1. An answer may be kept for what is left of the lease, and of names for as long as the settings let it: a mount that hangs serves
///    nothing that is older.
/// 2. Whether it may be kept is decided, and the answer given, in one go that no notification gets into (<see cref="Give"/>): an answer
///    that came after the notification would bring back what it dropped.
/// 3. A name that the kernel was not given, or only long ago, needs no notification. One that it has is expired; the kernel takes the
///    directory's lock for that, which this mount's own change of the directory may hold while it waits, at the server, for another host
///    that waits for this very notification. So that is not waited for: everything is made stale at once (FUSE_NOTIFY_INC_EPOCH), or
///    where something is mounted below, which that would detach, the name's time runs out.
/// 4. In a directory in which other hosts change names that the kernel has, it is given none for a while.
/// </remarks>
internal sealed class KernelCaches : IKernelCaches, IDisposable
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan SharedFor = TimeSpan.FromSeconds(10);
    private readonly FileSystem _fileSystem;
    private readonly TimeSpan _attributesValid;
    private readonly TimeSpan _entriesValid;
    private readonly string _mountPoint;
    private readonly TimeProvider _time;
    private readonly ReaderWriterLockSlim _answers = new();
    private readonly GivenNames _given;
    private readonly GivenNames _shared;

    internal KernelCaches(FileSystem fileSystem, MountSettings settings, TimeProvider time)
    {
        _fileSystem = fileSystem;
        _attributesValid = settings.AttributesValid;
        _entriesValid = settings.EntriesValid;
        _mountPoint = settings.MountPoint;
        _time = time;
        _given = new GivenNames(time);
        _shared = new GivenNames(time);
    }

    /// <summary>Tells the kernel; there from before the first request on.</summary>
    internal FuseNotifier? Notifier { get; set; }

    /// <summary>Begins an answer: what it gives to be kept is still true when the answer is written, before this is disposed.</summary>
    internal Giving Give() => new(this);

    /// <summary>A name of this mount was moved by the kernel, with what is left of its time.</summary>
    internal void Moved(InodeId parent, ReadOnlySpan<byte> name)
    {
        _given.Note(parent, name, _entriesValid);
        _given.Note(parent, default, _entriesValid);
    }

    /// <inheritdoc/>
    public async ValueTask DropAsync(InodeId inode, InodeParts parts, IReadOnlyList<ReadOnlyMemory<byte>> names)
    {
        // Answers that were decided before this are given; those to come know that they may not be kept.
        _answers.EnterWriteLock();
        _answers.ExitWriteLock();
        if (Notifier is not { } notifier) return;
        var node = NodeOf(inode);
        if ((parts & InodeParts.Attributes) != 0) _ = notifier.InvalidateAttributes(node);
        if ((parts & InodeParts.Names) != 0) await ExpireAsync(notifier, inode, names);
        if ((parts & InodeParts.Data) != 0) _ = await notifier.InvalidateDataAsync(node, 0, 0);
    }

    /// <summary>Nothing that was given holds any more: the session is another one. Waits for nothing.</summary>
    internal void DropAll(IReadOnlyCollection<InodeId> inodes)
    {
        if (Notifier is not { } notifier) return;
        if (!HasMountsBelow()) _ = notifier.IncrementEpoch();
        _ = Task.WhenAll(inodes.Select(inode => DropRangeAsync(inode, default)));
    }

    /// <inheritdoc/>
    public async ValueTask DropPagesAsync(InodeId inode, FileRange range) => await DropRangeAsync(inode, range);

    /// <summary>
    /// The leases have run out, or may have been taken: pages go, since they have no time of their own. Those that are just being read,
    /// which the kernel holds locked, go last, and nothing else waits for them.
    /// </summary>
    internal async Task DropPagedAsync(IReadOnlyCollection<(InodeId Inode, ImmutableArray<FileRange> BeingRead)> paged)
    {
        var dropping = new List<Task>(paged.Count);
        foreach (var (inode, beingRead) in paged)
        {
            var from = 0L;
            foreach (var read in beingRead.Sort(static (a, b) => a.From.CompareTo(b.From)))
            {
                if (read.From > from) dropping.Add(DropRangeAsync(inode, new FileRange(from, read.From)));
                from = Math.Max(from, read.End);
            }

            dropping.Add(DropRangeAsync(inode, new FileRange(from, long.MaxValue)));
        }

        await Task.WhenAll(dropping);
        await Task.WhenAll(paged.Where(of => of.BeingRead.Length > 0).Select(of => DropRangeAsync(of.Inode, default)));
    }

    /// <inheritdoc/>
    public void Dispose() => _answers.Dispose();

    // Without an end: all of it.
    private Task DropRangeAsync(InodeId inode, FileRange range)
    {
        var length = range.End is 0 or long.MaxValue ? 0 : range.End - range.From;
        return Notifier is { } notifier ? notifier.InvalidateDataAsync(NodeOf(inode), range.From, length).AsTask() : Task.CompletedTask;
    }

    private async ValueTask ExpireAsync(FuseNotifier notifier, InodeId directory, IReadOnlyList<ReadOnlyMemory<byte>> names)
    {
        var left = names.Count == 0 ? _given.Left(directory, default) : TimeSpan.Zero;
        var expiring = new List<Task>(names.Count);
        foreach (var name in names)
        {
            var valid = _given.Left(directory, name.Span);
            if (valid <= TimeSpan.Zero) continue;
            if (valid > left) left = valid;
            expiring.Add(notifier.ExpireEntryAsync(NodeOf(directory), name).AsTask());
        }

        if (left <= TimeSpan.Zero) return;
        _shared.Note(directory, default, SharedFor);
        if (names.Count > 0)
        {
            var expired = Task.WhenAll(expiring);
            if (await Task.WhenAny(expired, Task.Delay(LockPatience, _time)) == expired) return;
        }

        if (!HasMountsBelow() && notifier.IncrementEpoch() == Errno.OK) return;
        await Task.Delay(left, _time);
    }

    private bool HasMountsBelow()
    {
        var below = _mountPoint.TrimEnd('/') + "/";
        foreach (var entry in MountTable.Read())
        {
            if (entry.MountPoint.StartsWith(below, StringComparison.Ordinal)) return true;
        }

        return false;
    }

    private ulong NodeOf(InodeId inode) => inode == _fileSystem.Root ? InodeId.Root.Value : inode.Value;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>One answer, or one reply with several.</summary>
    internal readonly ref struct Giving
    {
        private readonly KernelCaches _caches;
        private readonly TimeSpan _left;

        internal Giving(KernelCaches caches)
        {
            _caches = caches;
            caches._answers.EnterReadLock();
            _left = caches._fileSystem.LeaseLeft;
        }

        /// <summary>An entry: the attributes of now if they may be kept, else those that are given, for no time.</summary>
        internal FuseEntryOut Entry(InodeId parent, ReadOnlySpan<byte> name, in Attributes attributes)
        {
            var valid = Resolve(attributes, out var now);
            return Replies.Entry(now, valid, Name(parent, name, attributes.Inode));
        }

        /// <summary>That there is no such name.</summary>
        /// <returns>For how long; not at all when it may not be kept.</returns>
        internal TimeSpan Absent(InodeId parent, ReadOnlySpan<byte> name) => Name(parent, name, InodeId.None);

        /// <summary>Attributes of now if they may be kept, else those that are given, for no time.</summary>
        internal TimeSpan Resolve(in Attributes told, out Attributes now)
        {
            now = told;
            var isKept = _left > TimeSpan.Zero && _caches._fileSystem.TryGive(told.Inode, out now);
            if (!isKept) now = told;
            if (now is not { LinkCount: 0, Type: not FileType.Directory } || _caches._fileSystem.IsOpen(now.Inode))
            {
                return isKept ? Min(_left, _caches._attributesValid) : TimeSpan.Zero;
            }

            // Another host removed or replaced it after its name was looked up: the caller sees it as it was then. With a link count of
            // zero the kernel would refuse to give it a name with ENOENT without asking, where a name was all the time (vfs_link,
            // fs/namei.c); asked, the server says that it has gone, and the kernel looks the path up once more.
            now = now with { LinkCount = 1 };
            return TimeSpan.Zero;
        }

        public void Dispose() => _caches._answers.ExitReadLock();

        private TimeSpan Name(InodeId parent, ReadOnlySpan<byte> name, InodeId inode)
        {
            var valid = Min(_left, _caches._entriesValid);
            if (valid <= TimeSpan.Zero || _caches._shared.Left(parent, default) > TimeSpan.Zero) return TimeSpan.Zero;
            if (!_caches._fileSystem.MayGive(parent, name, inode)) return TimeSpan.Zero;
            _caches._given.Note(parent, name, valid);
            _caches._given.Note(parent, default, valid);
            return valid;
        }
    }
}
