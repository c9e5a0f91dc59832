using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Lists entries behind a cookie, in cookie order.</summary>
internal static class ReadDirectory
{
    public static Outcome Run(OperationContext c, in ReadDirectoryRequest request)
    {
        if (request.EntriesMax is 0 or > Limits.ReadDirectoryEntriesMax) return Errno.EINVAL;
        if (!c.TryGetInode(request.Inode, out var directory)) return Errno.ESTALE;
        if (directory.Type != FileType.Directory) return Errno.ENOTDIR;
        var parent = request.Inode == InodeId.Root ? InodeId.Root : directory.Home;
        var end = Keys.After(Keys.EntryOrder(request.Inode, ulong.MaxValue));
        var from = request.AfterCookie == ulong.MaxValue ? end : Keys.EntryOrder(request.Inode, request.AfterCookie + 1);
        var entries = ImmutableArray.CreateBuilder<DirectoryEntry>();
        var isEnd = directory.SizeBytes == 0 || request.AfterCookie >= directory.NextCookie - 1;
        while (!isEnd && entries.Count == 0)
        {
            // A page whose names were all removed since its snapshot is empty and not the end: the next one follows.
            var page = c.Transaction.Scan(from, end, (int)request.EntriesMax);
            if (!c.IsComplete) return Outcome.Ok;
            isEnd = page.IsComplete;
            from = page.Resume;
            foreach (var pair in page.Pairs)
            {
                if (entries.Count == (int)request.EntriesMax)
                {
                    isEnd = false;
                    break;
                }

                entries.Add(Read(c, request, Keys.NumberAt(pair.Key, 9), (byte[])pair.Content));
            }
        }

        return c.Reply(new ReadDirectoryReply
        {
            Entries = entries.DrainToImmutable(),
            IsEnd = isEnd,
            Parent = parent,
            Lease = c.Offer(request.Inode),
        });
    }

    private static DirectoryEntry Read(OperationContext c, in ReadDirectoryRequest request, ulong cookie, byte[] name)
    {
        c.TryGetEntry(request.Inode, name, out var entry);
        var listed = new DirectoryEntry { Cookie = cookie, Inode = entry.Child, Type = entry.Type, Name = name };
        if (!request.WithAttributes || entry.Child == InodeId.None) return listed;
        c.TryGetInode(entry.Child, out var record);

        // A listing waits for nobody: who wants to know asks for this inode alone.
        return c.IsWrittenElsewhere(entry.Child) ? listed : listed with { Attributes = c.Show(entry.Child, record) };
    }
}
