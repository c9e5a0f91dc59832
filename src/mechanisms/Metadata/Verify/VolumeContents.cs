using System.Text;
using FlexFs.Core;
using FlexFs.Metadata.Operations;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.Storage;
using FlexFs.Protocol.Metadata;
using FlexFs.Wire;

namespace FlexFs.Metadata.Verify;

/// <summary>A name of a directory, comparable. Latin-1 keeps any bytes apart.</summary>
internal readonly record struct PlaceOfName(InodeId Parent, string Name)
{
    public static PlaceOfName Of(InodeId parent, ReadOnlySpan<byte> name) => new(parent, Encoding.Latin1.GetString(name));

    public override string ToString() => $"'{Name}' in {Parent}";
}

/// <summary>Everything that a store holds, decoded and by family.</summary>
internal sealed class VolumeContents
{
    public VolumeRecord? Volume { get; private set; }

    public SortedDictionary<InodeId, InodeRecord> Inodes { get; } = [];

    public Dictionary<InodeId, int> InlineBytes { get; } = [];

    /// <summary>Bytes of names, each with an ending zero, and of values.</summary>
    public Dictionary<InodeId, (uint Names, uint Values)> Xattrs { get; } = [];

    public HashSet<InodeId> WithAccessAcl { get; } = [];

    public HashSet<InodeId> WithDefaultAcl { get; } = [];

    public Dictionary<InodeId, List<(PlaceOfName Place, Instant Begin)>> Links { get; } = [];

    public List<(InodeId Inode, ulong Index, BlockRecord Record)> Blocks { get; } = [];

    public Dictionary<PlaceOfName, EntryRecord> Entries { get; } = [];

    public Dictionary<(InodeId Parent, ulong Cookie), string> Order { get; } = [];

    public SortedDictionary<ObjectId, ObjectRecord> Objects { get; } = [];

    public HashSet<ObjectId> Condemned { get; } = [];

    public Dictionary<ulong, IdRangeRecord> IdRanges { get; } = [];

    public HashSet<(SessionId Session, ulong First)> SessionRanges { get; } = [];

    public HashSet<InodeId> Orphans { get; } = [];

    public Dictionary<SessionId, SessionRecord> Sessions { get; } = [];

    public HashSet<SessionId> WithReplies { get; } = [];

    public Dictionary<InodeId, UsageRecord> DirectoryUsage { get; } = [];

    public Dictionary<(byte Kind, uint Id), UsageRecord> OwnerUsage { get; } = [];

    public static VolumeContents Read(IEnumerable<StorePair> pairs, List<Finding> findings)
    {
        var contents = new VolumeContents();
        foreach (var pair in pairs)
        {
            try
            {
                if (!contents.TryAdd(pair.Key, pair.Value))
                {
                    findings.Add(new Finding("every key is of a known family", Finding.Describe(pair.Key)));
                }
            }
            catch (Exception wrong) when (wrong is WireException or ArgumentOutOfRangeException)
            {
                findings.Add(new Finding("every record decodes", $"{Finding.Describe(pair.Key)}: {wrong.Message}"));
            }
        }

        return contents;
    }

    private bool TryAdd(byte[] key, byte[] value)
    {
        if (key.Length == 0) return false;
        var family = (KeyFamily)key[0];
        var id = family is KeyFamily.Volume or KeyFamily.OwnerUsage ? 0 : Keys.NumberAt(key, 1);
        var inode = new InodeId(id);
        switch (family)
        {
            case KeyFamily.Volume:
                Volume = WireCodec.Read<VolumeRecord>(value);
                return key.Length == 1;
            case KeyFamily.Inode:
                Inodes[inode] = WireCodec.Read<InodeRecord>(value);
                return true;
            case KeyFamily.InlineData:
                InlineBytes[inode] = value.Length;
                return true;
            case KeyFamily.Xattr:
                var name = key.AsSpan(9);
                var xattrs = Xattrs.GetValueOrDefault(inode);
                Xattrs[inode] = (xattrs.Names + (uint)name.Length + 1, xattrs.Values + (uint)value.Length);
                if (!Acls.IsAcl(name)) return true;
                (Acls.FlagOf(name) == InodeFlags.HasAccessAcl ? WithAccessAcl : WithDefaultAcl).Add(inode);
                return PosixAcl.TryParse(value, out _);
            case KeyFamily.Link:
                if (!Links.TryGetValue(inode, out var links)) Links[inode] = links = [];
                var place = PlaceOfName.Of(new InodeId(Keys.NumberAt(key, 9)), key.AsSpan(17));
                links.Add((place, WireCodec.Read<LinkRecord>(value).Begin));
                return true;
            case KeyFamily.Block:
                Blocks.Add((inode, Keys.NumberAt(key, 9), WireCodec.Read<BlockRecord>(value)));
                return true;
            case KeyFamily.Entry:
                Entries[PlaceOfName.Of(inode, key.AsSpan(9))] = WireCodec.Read<EntryRecord>(value);
                return true;
            case KeyFamily.EntryOrder:
                Order[(inode, Keys.NumberAt(key, 9))] = Encoding.Latin1.GetString(value);
                return true;
            case KeyFamily.Object:
                Objects[new ObjectId(id)] = WireCodec.Read<ObjectRecord>(value);
                return true;
            case KeyFamily.Condemned:
                _ = WireCodec.Read<CondemnedRecord>(value);
                Condemned.Add(new ObjectId(id));
                return true;
            case KeyFamily.IdRange:
                IdRanges[id] = WireCodec.Read<IdRangeRecord>(value);
                return true;
            case KeyFamily.Orphan:
                _ = WireCodec.Read<OrphanRecord>(value);
                Orphans.Add(inode);
                return true;
            case KeyFamily.Session:
                Sessions[new SessionId(id)] = WireCodec.Read<SessionRecord>(value);
                return true;
            case KeyFamily.Reply:
                _ = WireCodec.Read<ReplyRecord>(value);
                WithReplies.Add(new SessionId(id));
                return true;
            case KeyFamily.SessionRange:
                SessionRanges.Add((new SessionId(id), Keys.NumberAt(key, 9)));
                return value.Length == 0;
            case KeyFamily.DirectoryUsage:
                DirectoryUsage[inode] = WireCodec.Read<UsageRecord>(value);
                return true;
            case KeyFamily.OwnerUsage:
                OwnerUsage[(key[1], System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(key.AsSpan(2)))] =
                    WireCodec.Read<UsageRecord>(value);
                return true;
            default:
                return false;
        }
    }
}
