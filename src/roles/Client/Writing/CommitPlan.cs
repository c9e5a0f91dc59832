using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Writing;

/// <summary>What a commit of one inode is to do next.</summary>
internal enum CommitKind
{
    /// <summary>Nothing can be committed now.</summary>
    Nothing,

    /// <summary>Nothing can be committed any more: the session ended.</summary>
    Fenced,

    /// <summary>Send the request with bytes.</summary>
    Bytes,

    /// <summary>Send the attributes only.</summary>
    Attributes,

    /// <summary>What was to go into the record must be stored as an object.</summary>
    Store,

    /// <summary>The record's bytes must be read first.</summary>
    LoadInline,

    /// <summary>Blocks that are written as a whole must be read again.</summary>
    Rewrite,
}

/// <summary>The next commit of one inode: decided under the inode's lock, carried out without it.</summary>
internal sealed class CommitPlan
{
    private CommitBuilder? _builder;

    private CommitPlan(CommitKind kind) => Kind = kind;

    /// <summary>What is to be done.</summary>
    public CommitKind Kind { get; }

    /// <summary>What is sent.</summary>
    public CommitWriteRequest Request { get; private init; }

    /// <summary>What it commits.</summary>
    public IReadOnlyList<Upload> Uploads { get; private init; } = [];

    /// <summary>Whether it goes into the record.</summary>
    public bool IsInline => Request.IsInline;

    /// <summary>Blocks that it changes.</summary>
    public IReadOnlyList<ulong> Blocks => _builder is null ? [] : [.. _builder.Blocks];

    /// <summary>Extents that it adds to a block.</summary>
    public int ExtentsOf(ulong block) => _builder?.ExtentsOf(block) ?? 0;

    /// <summary>Decides.</summary>
    public static CommitPlan Make(InodeWriter writer)
    {
        lock (writer.Inode.Gate)
        {
            if (writer.IsFenced) return new CommitPlan(CommitKind.Fenced);

            // What a truncation emptied needs no commit.
            while (writer.Uploads is [{ State: UploadState.Stored, IsInline: false, Extents.Count: 0 } empty, ..])
            {
                writer.Forget(empty);
            }

            if (writer.Uploads is [{ IsInline: true } inline, ..]) return MakeInline(writer, inline);
            var builder = new CommitBuilder(writer.Inode.Id, writer.BlockSizeLog2);
            foreach (var upload in writer.Uploads)
            {
                if (upload.State != UploadState.Stored || upload.IsInline || !builder.TryAdd(upload)) break;
            }

            // A whole that has bytes of the record goes with these bytes, of the same version.
            var stale = builder.Uploads.Where(upload => IsStale(upload, writer.BaseVersion)).ToArray();
            if (stale.Length > 0) return new CommitPlan(CommitKind.Rewrite) { Uploads = stale };
            return builder.Uploads.Count > 0 ? MakeExtents(writer, builder) : MakeAttributes(writer);
        }
    }

    private static CommitPlan MakeInline(InodeWriter writer, Upload inline)
    {
        var inode = writer.Inode;
        if (inline.Extents.Count == 0)
        {
            writer.Forget(inline);
            return writer.Uploads.Count == 0 && !writer.HasBytes ? MakeAttributes(writer) : Make(writer);
        }

        if (inode.IsInline && !inode.TryGetInline(out _)) return new CommitPlan(CommitKind.LoadInline);
        if (!writer.TryMakeInline(inline, out var contents))
        {
            writer.MakeObject(inline);
            return new CommitPlan(CommitKind.Store) { Uploads = [inline] };
        }

        var request = new CommitWriteRequest
        {
            Inode = inode.Id,
            Blocks = [],
            Objects = [],
            IsInline = true,
            InlineData = contents,
            ExpectedDataVersion = inode.Known.DataVersion,
            SizeAtLeastBytes = Math.Max(contents.Length, inode.Known.SizeBytes),
            ModifiedAt = inline.ModifiedAt,
            ChangedAt = writer.ChangedAt,
            Change = writer.TakePending(isAllBytes: writer.Uploads.Count == 1 && !writer.HasOpenBytes),
        };
        return new CommitPlan(CommitKind.Bytes) { Request = request, Uploads = [inline] };
    }

    private static CommitPlan MakeExtents(InodeWriter writer, CommitBuilder builder)
    {
        var isAll = builder.Uploads.Count == writer.Uploads.Count && !writer.HasOpenBytes;
        var request = builder.Build() with
        {
            // The bytes of the record that the extents have must be those of now.
            ExpectedDataVersion = writer.BaseVersion != 0 ? writer.BaseVersion : builder.InlineVersion,
            Change = writer.TakePending(isAll),
            ChangedAt = writer.ChangedAt,
        };
        return new CommitPlan(CommitKind.Bytes)
        {
            Request = request,
            Uploads = [.. builder.Uploads],
            _builder = builder,
        };
    }

    private static bool IsStale(Upload upload, ulong baseVersion) =>
        baseVersion != 0 && upload is { Basis: { Block: 0 } basis, Extents.Count: > 0 } && basis.InlineVersion != baseVersion;

    private static CommitPlan MakeAttributes(InodeWriter writer)
    {
        if (writer.HasBytes || writer.TakePending(isAllBytes: true) is not { } change)
        {
            return new CommitPlan(CommitKind.Nothing);
        }

        return new CommitPlan(CommitKind.Attributes) { Request = new CommitWriteRequest { Change = change } };
    }
}
