using System.Collections.Concurrent;
using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Fuse.Protocol;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Mount.Bridge;

/// <summary>Open directories and their listings.</summary>
/// <remarks>
/// The kernel asks for a few KiB at a time; a handle fetches up to 1,024 entries with their attributes in one request and hands them out.
/// A page that was fetched before this mount changed anything is not used further, so a program never sees less than it was told.
/// Offsets: 1 is behind ".", 2 behind "..", cookie + 2 behind an entry; they mean the same in every handle, on every host, for ever.
/// </remarks>
internal sealed class DirectoryOperations(BridgeContext context)
{
    private const int FirstPage = 128;
    private const int NextPage = 1024;
    private const ulong CookieBase = 2;
    private readonly ConcurrentDictionary<ulong, OpenDirectory> _open = new();
    private ulong _lastHandle;

    internal async ValueTask OpenDirAsync(FuseRequest request, FuseOpenIn args)
    {
        var inode = context.Inode(request.NodeId);
        var found = await context.FileSystem.GetAttributesAsync(inode, BridgeContext.Interrupt(request));
        if (!found.IsOk)
        {
            request.Reply.Error(found.Errno);
            return;
        }

        // Bit 63 keeps them apart from the handles of files in the region's table.
        var handle = Interlocked.Increment(ref _lastHandle) | (1UL << 63);
        var errno = context.Handles.Add(handle, inode, args.Flags);
        if (errno != Errno.OK)
        {
            request.Reply.Error(errno);
            return;
        }

        context.FileSystem.NoteAccess(found.Value);
        _open[handle] = new OpenDirectory(inode);
        context.OpenDirectories.Add(found.Value);
        if (!request.Reply.Open(new FuseOpenOut { Fh = handle })) Release(handle);
    }

    internal ValueTask ReleaseDirAsync(FuseRequest request, FuseReleaseIn args)
    {
        Release(args.Fh);
        request.Reply.Ok();
        return default;
    }

    internal async ValueTask ReadAsync(FuseRequest request, FuseReadIn args, bool withAttributes)
    {
        var directory = _open.GetValueOrDefault(args.Fh) ?? new OpenDirectory(context.Inode(request.NodeId));
        var offset = args.Offset;
        var writer = new FuseDirectoryWriter(request.ReplyBuffer((int)args.Size));
        while (true)
        {
            var page = directory.Page;
            if (!IsUsable(page, offset, withAttributes))
            {
                var fetched = await FetchAsync(directory, offset, withAttributes, BridgeContext.Interrupt(request));
                if (!fetched.IsOk)
                {
                    // getdents(2): ENOENT for a directory that was removed, which readdir(3) takes for its end. The kernel says
                    // so itself, unless another mount removed it.
                    request.Reply.Error(fetched.Errno == Errno.ESTALE ? Errno.ENOENT : fetched.Errno);
                    return;
                }

                page = fetched.Value;
            }

            if (Answers(request, ref writer, page!, ref offset, directory.Inode, withAttributes)) return;
        }
    }

    private void Release(ulong handle)
    {
        if (_open.TryRemove(handle, out var directory)) context.OpenDirectories.Remove(directory.Inode);
        context.Handles.Remove(handle);
    }

    // Answers with what a page has behind the offset, if it has anything: what the kernel may keep of it is decided and given in one go.
    private bool Answers(
        FuseRequest request, ref FuseDirectoryWriter writer, Page page, ref ulong offset, InodeId directory, bool withAttributes)
    {
        using var giving = context.Kernel.Give();
        Write(giving, ref writer, page, ref offset, directory, withAttributes);
        if (writer.IsEmpty && !page.Reply.IsEnd) return false;
        request.Reply.Data(writer.Written);
        return true;
    }

    // Adds what follows the offset, as far as there is room, and moves it.
    private static void Write(
        in KernelCaches.Giving giving, ref FuseDirectoryWriter writer, Page page, ref ulong offset, InodeId directory,
        bool withAttributes)
    {
        if (offset == 0)
        {
            if (!Add(ref writer, "."u8, directory, 1, withAttributes)) return;
            offset = 1;
        }

        if (offset == 1)
        {
            if (!Add(ref writer, ".."u8, page.Reply.Parent, CookieBase, withAttributes)) return;
            offset = CookieBase;
        }

        for (var i = page.IndexAfter(offset - CookieBase); i < page.Reply.Entries.Length; i++)
        {
            var entry = page.Reply.Entries[i];
            var next = entry.Cookie + CookieBase;
            bool fits;
            if (!withAttributes) fits = writer.TryAdd(entry.Name.Span, entry.Inode.Value, next, entry.Type);
            else
            {
                // Without attributes the entry only lists the name: node id 0 (fuse_direntplus_link).
                var plus = entry.Attributes is { } attributes ? giving.Entry(directory, entry.Name.Span, attributes) : default;
                fits = writer.TryAddPlus(entry.Name.Span, plus, entry.Inode.Value, next, entry.Type);
            }

            if (!fits) return;
            offset = next;
        }
    }

    private static bool Add(
        ref FuseDirectoryWriter writer, ReadOnlySpan<byte> name, InodeId inode, ulong next, bool withAttributes) =>
        withAttributes
            ? writer.TryAddPlus(name, default, inode.Value, next, FileType.Directory)
            : writer.TryAdd(name, inode.Value, next, FileType.Directory);

    private bool IsUsable(Page? page, ulong offset, bool withAttributes) =>
        page is not null && page.Changes == context.Changes.Value && (page.HasAttributes || !withAttributes)
        && offset >= CookieBase && page.Holds(offset - CookieBase);

    private async ValueTask<Result<Page>> FetchAsync(
        OpenDirectory directory, ulong offset, bool withAttributes, CancellationToken interrupt)
    {
        var changes = context.Changes.Value;
        var after = offset <= CookieBase ? 0 : offset - CookieBase;
        var isNext = directory.Page is { } last && last.Changes == changes;
        var reply = await context.FileSystem.ReadDirectoryAsync(
            directory.Inode, after, isNext ? NextPage : FirstPage, withAttributes, interrupt);
        if (!reply.IsOk) return reply.Errno;
        var page = new Page(reply.Value, after, changes, withAttributes);
        directory.Page = page;
        return page;
    }

    private sealed class OpenDirectory(InodeId inode)
    {
        internal InodeId Inode { get; } = inode;

        // Replaced as a whole, so that two readers of one handle disturb nobody.
        internal volatile Page? Page;
    }

    private sealed record Page(ReadDirectoryReply Reply, ulong After, long Changes, bool HasAttributes)
    {
        // Whether the listing goes on in this page behind the cookie.
        internal bool Holds(ulong cookie) =>
            cookie >= After && (Reply.IsEnd || (Reply.Entries.Length > 0 && cookie < Reply.Entries[^1].Cookie));

        internal int IndexAfter(ulong cookie)
        {
            var (low, high) = (0, Reply.Entries.Length);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (Reply.Entries[middle].Cookie <= cookie) low = middle + 1;
                else high = middle;
            }

            return low;
        }
    }
}
