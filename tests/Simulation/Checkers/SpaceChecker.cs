using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.Verify;
using FlexFs.Protocol.Metadata;
using FlexFs.Simulation.Runtime;
using FlexFs.Simulation.World;
using FlexFs.Wire;

namespace FlexFs.Simulation.Checkers;

/// <summary>What is durable, walked as a whole: every object, every count and every total is what it must be.</summary>
public sealed class SpaceChecker(SimulatedWorld world)
{
    private readonly List<string> _findings = [];
    private readonly SortedDictionary<ulong, InodeRecord> _inodes = [];

    /// <summary>Checks at rest: nobody is mounted, the reaper has had its time.</summary>
    /// <exception cref="ViolationException">Something is not as it must be.</exception>
    public void Check()
    {
        foreach (var pair in world.Store.All(KeyFamily.Inode))
        {
            _inodes.Add(Keys.NumberAt(pair.Key, 1), WireCodec.Read<InodeRecord>(pair.Value));
        }

        foreach (var finding in VolumeVerifier.Verify(world.Store.All())) Find($"the engine's own verification: {finding}");
        CheckObjects();
        CheckNames();
        CheckUsage();
        CheckSessions();
        if (_findings.Count == 0) return;
        throw new ViolationException("space: " + string.Join("\n  ", _findings.Take(20)));
    }

    private void CheckObjects()
    {
        var live = new SortedDictionary<ulong, ulong>();
        var allocated = new SortedDictionary<ulong, long>();
        foreach (var pair in world.Store.All(KeyFamily.Block))
        {
            var inode = Keys.NumberAt(pair.Key, 1);
            if (!_inodes.ContainsKey(inode)) Find($"a block of inode {inode}, which is gone");
            long end = 0, bytes = 0;
            foreach (var extent in WireCodec.Read<BlockRecord>(pair.Value).Extents)
            {
                if (extent.BlockOffset < end) Find($"extents of inode {inode} overlap");
                end = extent.BlockOffset + extent.LengthBytes;
                if (extent.Object == ObjectId.None) continue;
                bytes += extent.LengthBytes;
                live[extent.Object.Value] = live.GetValueOrDefault(extent.Object.Value) + extent.LengthBytes;
            }

            allocated[inode] = allocated.GetValueOrDefault(inode) + ((bytes + 4095) / 4096 * 4096);
        }

        var stored = world.Objects.All();
        var known = new SortedSet<ulong>();
        foreach (var pair in world.Store.All(KeyFamily.Object))
        {
            var id = Keys.NumberAt(pair.Key, 1);
            known.Add(id);
            var record = WireCodec.Read<ObjectRecord>(pair.Value);
            if (record.LiveBytes != live.GetValueOrDefault(id))
            {
                Find($"object {id:x} has {record.LiveBytes} live bytes, its extents have {live.GetValueOrDefault(id)}");
            }

            if (!stored.Contains(new ObjectId(id))) Find($"object {id:x} is in use and not in the store");
        }

        foreach (var id in live.Keys.Where(id => !known.Contains(id))) Find($"extents name object {id:x}, which has no record");
        var condemned = world.Store.All(KeyFamily.Condemned).Select(p => Keys.NumberAt(p.Key, 1)).ToHashSet();
        foreach (var id in condemned)
        {
            if (known.Contains(id)) Find($"object {id:x} is condemned and in use");
            Find($"object {id:x} is condemned and was not deleted in its time");
        }

        // Uploaded and never committed, because the client died, or the bytes were truncated or overwritten before their commit.
        var orphans = stored.Where(id => !known.Contains(id.Value) && !condemned.Contains(id.Value)).ToList();
        foreach (var id in orphans.Where(id => world.Store.EverInUse.Contains(id.Value))) Find($"object {id} was in use and was not deleted");
        if (orphans.Count > 0) world.Marks.Reached("space: orphans, to be found by reconciliation");
        foreach (var (inode, record) in _inodes)
        {
            if (record.Type != FileType.Regular || (record.Flags & InodeFlags.IsInline) != 0) continue;
            if (record.AllocatedBytes != allocated.GetValueOrDefault(inode))
            {
                Find($"inode {inode} has {record.AllocatedBytes} bytes allocated, its extents have {allocated.GetValueOrDefault(inode)}");
            }
        }
    }

    private void CheckNames()
    {
        var names = new SortedDictionary<ulong, uint>();
        var subdirectories = new SortedDictionary<ulong, uint>();
        var entries = new SortedDictionary<ulong, long>();
        var order = world.Store.All(KeyFamily.EntryOrder).ToDictionary(p => Convert.ToHexString(p.Key), p => p.Value);
        var links = world.Store.All(KeyFamily.Link).Select(p => Convert.ToHexString(p.Key)).ToHashSet();
        foreach (var pair in world.Store.All(KeyFamily.Entry))
        {
            var parent = Keys.NumberAt(pair.Key, 1);
            var name = pair.Key.AsSpan(9);
            var entry = WireCodec.Read<EntryRecord>(pair.Value);
            var child = entry.Child.Value;
            names[child] = names.GetValueOrDefault(child) + 1;
            entries[parent] = entries.GetValueOrDefault(parent) + 1;
            if (!_inodes.TryGetValue(parent, out var directory)) Find($"an entry in inode {parent}, which is gone");
            else if (directory.Type != FileType.Directory) Find($"an entry in inode {parent}, which is no directory");
            else if (entry.Cookie >= directory.NextCookie) Find($"a cookie of inode {parent} will be used again");
            if (!_inodes.TryGetValue(child, out var inode)) Find($"an entry of inode {child}, which is gone");
            else if (inode.Type != entry.Type) Find($"the entry of inode {child} says {entry.Type}, it is {inode.Type}");
            if (entry.Type == FileType.Directory) subdirectories[parent] = subdirectories.GetValueOrDefault(parent) + 1;
            if (!links.Remove(Convert.ToHexString(Keys.Link(entry.Child, new InodeId(parent), name))))
            {
                Find($"inode {child} has a name in {parent} and no link record of it");
            }

            if (!order.Remove(Convert.ToHexString(Keys.EntryOrder(new InodeId(parent), entry.Cookie)), out var listed)
                || !name.SequenceEqual(listed))
            {
                Find($"a name in inode {parent} is not in its listing");
            }
        }

        if (links.Count > 0) Find($"{links.Count} link records without a name");
        if (order.Count > 0) Find($"{order.Count} places of listings without a name");
        foreach (var (inode, record) in _inodes)
        {
            var expected = record.Type == FileType.Directory ? 2 + subdirectories.GetValueOrDefault(inode) : names.GetValueOrDefault(inode);
            if (record.LinkCount != expected) Find($"inode {inode} has {record.LinkCount} links, {expected} are there");
            if (inode != InodeId.Root.Value && names.GetValueOrDefault(inode) == 0) Find($"inode {inode} has no name and nobody has it open");
            if (record.Type == FileType.Directory && record.SizeBytes != entries.GetValueOrDefault(inode))
            {
                Find($"directory {inode} says {record.SizeBytes} entries, {entries.GetValueOrDefault(inode)} are there");
            }
        }

        var orphans = world.Store.All(KeyFamily.Orphan).Count;
        if (orphans > 0) Find($"{orphans} orphans are left");
    }

    private void CheckUsage()
    {
        var below = new SortedDictionary<ulong, (long Bytes, long Inodes)>();
        var users = new SortedDictionary<uint, (long Bytes, long Inodes)>();
        foreach (var (inode, record) in _inodes)
        {
            var owner = users.GetValueOrDefault(record.UserId);
            users[record.UserId] = (owner.Bytes + record.AllocatedBytes, owner.Inodes + 1);
            var at = record.Type == FileType.Directory ? inode : record.Home.Value;
            for (var depth = 0; at != 0; depth++)
            {
                var sum = below.GetValueOrDefault(at);
                below[at] = (sum.Bytes + record.AllocatedBytes, sum.Inodes + 1);
                if (depth > _inodes.Count || !_inodes.TryGetValue(at, out var directory))
                {
                    Find($"the homes of inode {inode} do not lead to the root");
                    break;
                }

                at = directory.Home.Value;
            }
        }

        foreach (var pair in world.Store.All(KeyFamily.DirectoryUsage))
        {
            var inode = Keys.NumberAt(pair.Key, 1);
            var usage = WireCodec.Read<UsageRecord>(pair.Value);
            Compare($"directory {inode}", usage, below.GetValueOrDefault(inode));
            below.Remove(inode);
        }

        foreach (var (inode, sum) in below) Compare($"directory {inode}", default, sum);
        foreach (var pair in world.Store.All(KeyFamily.OwnerUsage).Where(p => p.Key[1] == 0))
        {
            var user = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(pair.Key.AsSpan(2));
            Compare($"user {user}", WireCodec.Read<UsageRecord>(pair.Value), users.GetValueOrDefault(user));
        }
    }

    private void CheckSessions()
    {
        var sessions = world.Store.All(KeyFamily.Session).Count;
        var replies = world.Store.All(KeyFamily.Reply).Count;
        if (sessions > 0) Find($"{sessions} sessions are left although nobody is mounted");
        if (replies > 0) Find($"{replies} kept replies are left although nobody is mounted");
    }

    private void Compare(string what, in UsageRecord told, (long Bytes, long Inodes) found)
    {
        if (told.AllocatedBytes == found.Bytes && told.Inodes == found.Inodes) return;
        Find($"{what} is charged {told.AllocatedBytes} bytes in {told.Inodes} inodes, a walk finds {found.Bytes} in {found.Inodes}");
    }

    private void Find(string finding) => _findings.Add(finding);
}
