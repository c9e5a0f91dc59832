using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Metadata.Extents;
using FlexFs.Metadata.Operations;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.Storage;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Verify;

/// <summary>A full walk over a volume: whether its records say one thing (invariant 3, and the engine's side of 4 and 5).</summary>
/// <remarks>Pure. Holds the whole volume in memory, about 500 bytes for each inode.</remarks>
public static class VolumeVerifier
{
    /// <summary>What is wrong; empty when nothing is.</summary>
    /// <param name="pairs">All pairs of the column Current, of one snapshot, in any order.</param>
    public static IReadOnlyList<Finding> Verify(IEnumerable<StorePair> pairs)
    {
        var findings = new List<Finding>();
        var v = VolumeContents.Read(pairs, findings);
        if (v.Volume is not { } volume)
        {
            findings.Add(new Finding("a volume has its record", "there is none"));
            return findings;
        }

        Names(v, findings);
        Inodes(v, volume, findings);
        Contents(v, volume, findings);
        UsageTotals(v, findings);
        Sessions(v, volume, findings);
        return findings;
    }

    private static void Names(VolumeContents v, List<Finding> findings)
    {
        foreach (var (place, entry) in v.Entries)
        {
            var parent = v.Inodes.TryGetValue(place.Parent, out var directory);
            if (!parent || directory.Type != FileType.Directory || directory.LinkCount == 0)
            {
                findings.Add(new Finding("a name is in a directory that exists", place.ToString()));
            }

            if (!v.Inodes.TryGetValue(entry.Child, out var child))
            {
                findings.Add(new Finding("a name's inode exists", $"{place} is {entry.Child}"));
            }
            else if (child.Type != entry.Type)
            {
                findings.Add(new Finding("a name has its inode's type", $"{place}: {entry.Type}, {child.Type}"));
            }

            if (v.Order.GetValueOrDefault((place.Parent, entry.Cookie)) != place.Name)
            {
                findings.Add(new Finding("a name has its place in the listing", $"{place}, cookie {entry.Cookie}"));
            }

            if (entry.Cookie < Directories.FirstCookie || entry.Cookie >= directory.NextCookie)
            {
                findings.Add(new Finding("cookies are below the next one", $"{place}: {entry.Cookie}, {directory.NextCookie}"));
            }

            if (!v.Links.TryGetValue(entry.Child, out var links) || links.All(link => link.Place != place))
            {
                findings.Add(new Finding("a name is found from its inode", $"{place} is {entry.Child}"));
            }
        }

        foreach (var ((parent, cookie), name) in v.Order)
        {
            if (!v.Entries.TryGetValue(new PlaceOfName(parent, name), out var entry) || entry.Cookie != cookie)
            {
                findings.Add(new Finding("a place in the listing is a name's", $"'{name}' in {parent}, cookie {cookie}"));
            }
        }

        foreach (var (inode, links) in v.Links)
        {
            foreach (var (place, _) in links)
            {
                if (!v.Entries.TryGetValue(place, out var entry) || entry.Child != inode)
                {
                    findings.Add(new Finding("a link is a name of its inode", $"{inode}: {place}"));
                }
            }
        }
    }

    private static void Inodes(VolumeContents v, VolumeRecord volume, List<Finding> findings)
    {
        var names = new Dictionary<InodeId, (long Entries, uint Directories)>();
        foreach (var (place, entry) in v.Entries)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(names, place.Parent, out _);
            count.Entries++;
            if (entry.Type == FileType.Directory) count.Directories++;
        }

        if (!v.Inodes.ContainsKey(InodeId.Root)) findings.Add(new Finding("the root exists", "it does not"));
        foreach (var (inode, record) in v.Inodes)
        {
            var links = v.Links.GetValueOrDefault(inode) ?? [];
            var isDirectory = record.Type == FileType.Directory;
            var held = names.GetValueOrDefault(inode);
            var isNamed = links.Count > 0 || inode == InodeId.Root;
            var expected = !isNamed ? 0 : isDirectory ? 2 + held.Directories : (uint)links.Count;
            Equal("link counts are those of a walk", inode, record.LinkCount, expected);
            if (isDirectory) Equal("a directory counts its entries", inode, record.SizeBytes, held.Entries);
            if (isDirectory && inode != InodeId.Root && links.Count > 1)
            {
                findings.Add(new Finding("a directory has one name", $"{inode} has {links.Count}"));
            }

            Equal("what has no name is an orphan, and nothing else", inode, v.Orphans.Contains(inode), !isNamed);
            if (inode.Value >= volume.NextInode) findings.Add(new Finding("inode ids are below the next one", $"{inode}"));
            if (links.Count == 0)
            {
                Equal("what has no name has no home", inode, record.Home, InodeId.None);
                continue;
            }

            var oldest = links.Min(link => link.Begin);
            if (!links.Any(link => link.Begin == oldest && link.Place.Parent == record.Home))
            {
                findings.Add(new Finding("an inode's home holds its oldest name", $"{inode}: {record.Home}"));
            }
        }

        foreach (var orphan in v.Orphans.Where(orphan => !v.Inodes.ContainsKey(orphan)))
        {
            findings.Add(new Finding("an orphan's inode exists", $"{orphan}"));
        }

        void Equal<T>(string rule, InodeId inode, T found, T expected)
        {
            if (!EqualityComparer<T>.Default.Equals(found, expected))
            {
                findings.Add(new Finding(rule, $"{inode}: has {found}, a walk finds {expected}"));
            }
        }
    }

    private static void Contents(VolumeContents v, VolumeRecord volume, List<Finding> findings)
    {
        var allocated = new Dictionary<InodeId, long>();
        var live = new Dictionary<ObjectId, ulong>();
        foreach (var (inode, index, block) in v.Blocks)
        {
            var extents = block.Extents.AsSpan();
            var where = $"{inode}, block {index}";
            if (!v.Inodes.TryGetValue(inode, out var file) || file.Type != FileType.Regular)
            {
                findings.Add(new Finding("blocks are of regular files", where));
            }

            if (extents.IsEmpty || extents.Length > Limits.ExtentsPerBlockMax
                || !ExtentOverlay.IsValid(extents, 1u << volume.BlockSizeLog2))
            {
                findings.Add(new Finding("extents are sorted, apart from each other and within the block", where));
            }

            CollectionsMarshal.GetValueRefOrAddDefault(allocated, inode, out _) += ExtentOverlay.AllocatedBytes(extents);
            foreach (var extent in extents)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(live, extent.Object, out _) += extent.LengthBytes;
                var end = (long)(index << volume.BlockSizeLog2) + extent.BlockOffset + extent.LengthBytes;
                if (end > file.SizeBytes) findings.Add(new Finding("extents end with the file", where));
                if (!v.Objects.TryGetValue(extent.Object, out var target)
                    || (ulong)extent.ObjectOffset + extent.LengthBytes > target.PlainBytes)
                {
                    findings.Add(new Finding("an extent lies within its object", $"{where}: {extent}"));
                }
            }
        }

        foreach (var (inode, record) in v.Inodes)
        {
            var isInline = (record.Flags & InodeFlags.IsInline) != 0;
            var bytes = isInline ? ExtentOverlay.UnitBytes : allocated.GetValueOrDefault(inode);
            if (isInline && allocated.ContainsKey(inode))
            {
                findings.Add(new Finding("an inline file has no blocks", $"{inode}"));
            }

            if (record.AllocatedBytes != bytes)
            {
                findings.Add(new Finding(
                    "allocated bytes are those of a walk", $"{inode}: has {record.AllocatedBytes}, a walk finds {bytes}"));
            }

            var inlineBytes = v.InlineBytes.GetValueOrDefault(inode, -1);
            var isSymlink = record.Type == FileType.Symlink;
            if (inlineBytes >= 0 != (isInline || isSymlink)
                || (isSymlink && inlineBytes != record.SizeBytes)
                || (isInline && (inlineBytes == 0 || inlineBytes > record.SizeBytes)))
            {
                findings.Add(new Finding("inline data is where the inode says", $"{inode}: {inlineBytes} bytes"));
            }

            var xattrs = v.Xattrs.GetValueOrDefault(inode);
            if ((record.Flags & InodeFlags.HasXattrs) != 0 != (xattrs.Names > 0)
                || (record.Flags & InodeFlags.HasAccessAcl) != 0 != v.WithAccessAcl.Contains(inode)
                || (record.Flags & InodeFlags.HasDefaultAcl) != 0 != v.WithDefaultAcl.Contains(inode))
            {
                findings.Add(new Finding("the inode knows whether it has attributes", $"{inode}"));
            }

            if ((record.XattrNameBytes, record.XattrValueBytes) != xattrs)
            {
                findings.Add(new Finding(
                    "bytes of attributes are those of a walk",
                    $"{inode}: has {(record.XattrNameBytes, record.XattrValueBytes)}, a walk finds {xattrs}"));
            }
        }

        foreach (var inode in v.InlineBytes.Keys.Concat(v.Xattrs.Keys).Where(inode => !v.Inodes.ContainsKey(inode)))
        {
            findings.Add(new Finding("what is beside an inode has one", $"{inode}"));
        }

        foreach (var (id, record) in v.Objects)
        {
            if (record.LiveBytes != live.GetValueOrDefault(id) || record.LiveBytes == 0)
            {
                findings.Add(new Finding(
                    "live bytes are those of a walk", $"object {id}: has {record.LiveBytes}, a walk finds {live.GetValueOrDefault(id)}"));
            }

            if (v.Condemned.Contains(id)) findings.Add(new Finding("what is live is not condemned", $"object {id}"));
            if (id.Value >= ObjectId.Of(volume.Incarnation, volume.NextObject).Value)
            {
                findings.Add(new Finding("an object's id was handed out", $"object {id}"));
            }
        }
    }

    private static void UsageTotals(VolumeContents v, List<Finding> findings)
    {
        var directories = new Dictionary<InodeId, UsageRecord>();
        var owners = new Dictionary<(byte Kind, uint Id), UsageRecord>();
        foreach (var (inode, record) in v.Inodes)
        {
            Add(ref CollectionsMarshal.GetValueRefOrAddDefault(owners, ((byte)0, record.UserId), out _), record);
            Add(ref CollectionsMarshal.GetValueRefOrAddDefault(owners, ((byte)1, record.GroupId), out _), record);
            if (v.Orphans.Contains(inode)) continue;
            var above = record.Type == FileType.Directory ? inode : record.Home;
            var steps = 0;
            while (above != InodeId.None && steps++ <= v.Inodes.Count)
            {
                Add(ref CollectionsMarshal.GetValueRefOrAddDefault(directories, above, out _), record);
                above = v.Inodes.TryGetValue(above, out var upper) ? upper.Home : InodeId.None;
            }

            if (steps > v.Inodes.Count) findings.Add(new Finding("every home is below the root", $"{inode}"));
        }

        Compare("usage of directories is that of a walk", v.DirectoryUsage, directories);
        Compare("usage of owners is that of a walk", v.OwnerUsage, owners);

        static void Add(ref UsageRecord usage, in InodeRecord record) => usage = new UsageRecord
        {
            AllocatedBytes = usage.AllocatedBytes + record.AllocatedBytes,
            Inodes = usage.Inodes + 1,
        };

        void Compare<T>(string rule, Dictionary<T, UsageRecord> found, Dictionary<T, UsageRecord> expected)
            where T : notnull
        {
            foreach (var key in found.Keys.Union(expected.Keys))
            {
                var (has, walk) = (found.GetValueOrDefault(key), expected.GetValueOrDefault(key));
                if (has != walk) findings.Add(new Finding(rule, $"{key}: has {has}, a walk finds {walk}"));
            }
        }
    }

    private static void Sessions(VolumeContents v, VolumeRecord volume, List<Finding> findings)
    {
        foreach (var session in v.WithReplies.Where(session => !v.Sessions.ContainsKey(session)))
        {
            findings.Add(new Finding("a window is a session's", $"{session}"));
        }

        foreach (var (first, range) in v.IdRanges)
        {
            if (!v.Sessions.ContainsKey(range.Session) || !v.SessionRanges.Contains((range.Session, first)))
            {
                findings.Add(new Finding("an id range is a session's, and found from it", $"range {first} of {range.Session}"));
            }
        }

        foreach (var (session, first) in v.SessionRanges)
        {
            if (!v.IdRanges.TryGetValue(first, out var range) || range.Session != session)
            {
                findings.Add(new Finding("a session's id range is its own", $"range {first} of {session}"));
            }
        }

        foreach (var session in v.Sessions.Keys.Where(session => session.Value >= volume.NextSession))
        {
            findings.Add(new Finding("session ids are below the next one", $"{session}"));
        }
    }
}
