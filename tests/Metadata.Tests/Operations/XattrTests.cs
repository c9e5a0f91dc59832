using System.Buffers.Binary;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests.Operations;

/// <summary>Extended attributes and POSIX ACLs.</summary>
public sealed class XattrTests
{
    private const string Access = PosixAcl.AccessName;
    private const string Default = PosixAcl.DefaultName;
    private readonly EngineHarness _h = new();

    [Fact]
    public void Names_of_no_namespace_are_EOPNOTSUPP_and_namespaces_without_a_name_EINVAL()
    {
        var file = _h.MakeFile("f");
        foreach (var name in new[] { "mime", "system.x", "os2.x", "system.posix_acl_accesss" })
        {
            Assert.Equal(Errno.EOPNOTSUPP, Set(file, name, [1]));
            Assert.Equal(Errno.EOPNOTSUPP, Get(file, name).Errno);
        }

        foreach (var name in new[] { "user.", "trusted.", "security." })
        {
            Assert.Equal(Errno.EINVAL, Set(file, name, [1]));
            Assert.Equal(Errno.EINVAL, Get(file, name).Errno);
        }

        foreach (var name in new[] { "user.x", "trusted.x", "security.x" }) Assert.Equal(Errno.OK, Set(file, name, [1]));
        Assert.Equal(Errno.EEXIST, Set(file, "user.x", [1], XattrMode.Create));
        Assert.Equal(Errno.ENODATA, Set(file, "user.y", [1], XattrMode.Replace));
        Assert.Equal(Errno.ERANGE, Set(file, "", [1]));
    }

    [Fact]
    public void Names_and_values_together_are_bounded_with_ENOSPC_and_what_is_removed_makes_room()
    {
        var file = _h.MakeFile("f");
        var count = 0;
        while (Set(file, $"user.{count:d4}" + new string('n', 246), []) == Errno.OK) count++;
        Assert.Equal(Limits.XattrListBytesMax / 256, count);
        Assert.Equal(Errno.ENOSPC, Set(file, $"user.{count:d4}" + new string('n', 246), []));
        Assert.Equal(Errno.OK, Remove(file, "user.0000" + new string('n', 246)));
        Assert.Equal(Errno.OK, Set(file, "user.short", []));
        var names = _h.Read<ListXattrRequest, BytesReply>(Opcode.ListXattr, new ListXattrRequest { Inode = file });
        Assert.Equal(count, names.Reply.Bytes.Span.Count((byte)0));

        var other = _h.MakeFile("g");
        for (var i = 0; i < Limits.XattrBytesMax / 65536; i++) Assert.Equal(Errno.OK, Set(other, $"user.{i}", new byte[65536]));
        Assert.Equal(Errno.ENOSPC, Set(other, "user.x", [1]));
        Assert.Equal(Errno.OK, Set(other, "user.0", new byte[65535]));
        Assert.Equal(Errno.OK, Set(other, "user.x", [1]));
        _h.AssertSound();
    }

    [Fact]
    public void An_access_ACL_sets_the_permission_bits_and_chmod_sets_its_mask()
    {
        var file = _h.MakeFile("f");
        Assert.Equal(Errno.OK, Set(file, Access, Acl((1, 6, 0), (2, 7, 77), (4, 5, 0), (16, 3, 0), (32, 4, 0))));
        Assert.Equal((0x1B4u & ~0x38u) | (3 << 3), _h.AttributesOf(file).Mode & 0x1FF);
        Assert.Equal(InodeFlags.HasXattrs | InodeFlags.HasAccessAcl, _h.AttributesOf(file).Flags);
        _h.Set(file, new AttributeChange { Mask = AttributeMask.Mode, Mode = 0x1E8 });
        Assert.Equal(Acl((1, 7, 0), (2, 7, 77), (4, 5, 0), (16, 5, 0), (32, 0, 0)), Get(file, Access).Bytes);
        _h.AssertSound();

        // One that says no more than the bits is not kept.
        Assert.Equal(Errno.OK, Set(file, Access, Acl((1, 6, 0), (4, 4, 0), (32, 4, 0))));
        Assert.Equal((0x1A4u, InodeFlags.None), (_h.AttributesOf(file).Mode & 0xFFF, _h.AttributesOf(file).Flags));
        Assert.Equal(Errno.ENODATA, Get(file, Access).Errno);

        // As other file systems have it: to remove an ACL that is not there is no error, and changes nothing.
        var before = _h.AttributesOf(file);
        Assert.Equal(Errno.OK, Remove(file, Access));
        Assert.Equal(before, _h.AttributesOf(file));
        _h.AssertSound();
    }

    [Fact]
    public void An_access_ACL_by_somebody_outside_of_the_group_clears_set_group_ID()
    {
        var file = _h.MakeFile("f");
        _h.Set(file, new AttributeChange { Mask = AttributeMask.Mode, Mode = FileMode.SetGid | FileMode.SetUid | 0x1ED });
        var request = new SetXattrRequest
        {
            Inode = file,
            Name = EngineHarness.Name(Access),
            Value = Acl((1, 6, 0), (4, 4, 0), (32, 4, 0)),
            ClearsSetGroupId = true,
        };
        Assert.Equal(Errno.OK, _h.Mutate(Opcode.SetXattr, request).Errno);
        Assert.Equal(FileMode.SetUid | 0x1A4, _h.AttributesOf(file).Mode & 0xFFF);
    }

    [Fact]
    public void What_is_made_in_a_directory_with_a_default_ACL_inherits_it_and_no_umask()
    {
        var directory = _h.MakeDirectory("d");
        var acl = Acl((1, 7, 0), (2, 7, 77), (4, 5, 0), (16, 7, 0), (32, 5, 0));
        Assert.Equal(Errno.OK, Set(directory, Default, acl));
        var file = Make(directory, "f", FileType.Regular, 0x1B4, umask: 0x3F);
        Assert.Equal(0x1B4u, file.Mode & 0xFFF);
        Assert.Equal(Acl((1, 6, 0), (2, 7, 77), (4, 5, 0), (16, 6, 0), (32, 4, 0)), Get(file.Inode, Access).Bytes);
        var below = Make(directory, "below", FileType.Directory, 0x1FF, umask: 0x3F);
        Assert.Equal(acl, Get(below.Inode, Default).Bytes);
        Assert.Equal(0x1FDu, below.Mode & 0xFFF);
        Assert.Equal(0x1B4u, Make(below.Inode, "f", FileType.Regular, 0x1B6, umask: 0x3F).Mode & 0xFFF);
        var plain = _h.MakeDirectory("plain");
        Assert.Equal(0x180u, Make(plain, "f", FileType.Regular, 0x1B6, umask: 0x3F).Mode & 0xFFF);
        var unnamed = _h.Mutate(Opcode.CreateUnnamed, new CreateUnnamedRequest { Directory = directory, Mode = 0x1B6, Umask = 0x3F });
        Assert.Equal(InodeFlags.HasXattrs | InodeFlags.HasAccessAcl, unnamed.Reply.Attributes!.Value.Flags);
        _h.AssertSound();
    }

    [Fact]
    public void A_default_ACL_of_a_file_is_EACCES_and_ACLs_that_do_not_parse_are_EINVAL()
    {
        var file = _h.MakeFile("f");
        byte[] good = Acl((1, 6, 0), (4, 4, 0), (32, 4, 0));
        Assert.Equal(Errno.EACCES, Set(file, Default, good));
        byte[][] bad =
        [
            [], [2, 0, 0, 0], good[..^1], [.. good, 0], [3, .. good[1..]],
            Acl((4, 4, 0), (1, 6, 0), (32, 4, 0)), Acl((1, 6, 0), (4, 4, 0)), Acl((1, 6, 0), (4, 4, 0), (32, 8, 0)),
            Acl((1, 6, 0), (2, 6, 5), (4, 4, 0), (32, 4, 0)), Acl((1, 6, 0), (1, 6, 0), (4, 4, 0), (32, 4, 0)),
            Acl((1, 6, 0), (3, 6, 0), (4, 4, 0), (32, 4, 0)), Acl((1, 6, 0), (2, 6, uint.MaxValue), (4, 4, 0), (16, 4, 0), (32, 4, 0)),
        ];
        foreach (var value in bad) Assert.Equal(Errno.EINVAL, Set(file, Access, value));
        Assert.Equal(InodeFlags.None, _h.AttributesOf(file).Flags);
    }

    [Fact]
    public void An_orphan_with_very_many_attributes_is_removed_in_parts()
    {
        var file = _h.MakeFile("f");
        for (var i = 0; i < 200; i++) Assert.Equal(Errno.OK, Set(file, $"user.{i}", [1, 2, 3]));
        Assert.Equal(Errno.OK, Set(file, Access, Acl((1, 6, 0), (2, 7, 77), (4, 5, 0), (16, 3, 0), (32, 4, 0))));
        _h.Commit();
        _h.Unlink(InodeId.Root, "f");
        _h.AssertSound();
    }

    [Fact]
    public void Reads_move_the_access_time_only_as_relatime_has_it()
    {
        var file = _h.MakeFile("f");
        _h.Commit();
        var made = _h.AttributesOf(file);
        _h.Now = new Instant(_h.Now.Nanoseconds + 5_000_000_000);
        Note(file);
        var first = _h.AttributesOf(file);
        Assert.Equal((_h.Now, made.ChangedAt, made.ModifiedAt), (first.AccessedAt, first.ChangedAt, first.ModifiedAt));
        _h.Now = new Instant(_h.Now.Nanoseconds + 5_000_000_000);
        Note(file);
        Assert.Equal(first.AccessedAt, _h.AttributesOf(file).AccessedAt);
        _h.Now = new Instant(_h.Now.Nanoseconds + (24 * 3600 * 1_000_000_000L));
        Note(file, new InodeId(999));
        Assert.Equal(_h.Now, _h.AttributesOf(file).AccessedAt);
    }

    private void Note(params InodeId[] inodes)
    {
        Assert.Equal(Errno.OK, _h.Mutate(Opcode.NoteAccess, new NoteAccessRequest
        {
            Inodes = [.. inodes.Select(inode => new AccessTime { Inode = inode, At = _h.Now })],
        }).Errno);
        _h.Commit();
    }

    private Attributes Make(InodeId parent, string name, FileType type, uint permissions, uint umask) =>
        _h.Mutate(Opcode.Create, new CreateRequest
        {
            Parent = parent,
            Name = EngineHarness.Name(name),
            Mode = FileMode.Of(type, permissions),
            Umask = umask,
        }).Reply.Attributes!.Value;

    private Errno Set(InodeId inode, string name, byte[] value, XattrMode how = XattrMode.Any) => _h.Mutate(
        Opcode.SetXattr,
        new SetXattrRequest { Inode = inode, Name = EngineHarness.Name(name), Value = value, How = how }).Errno;

    private Errno Remove(InodeId inode, string name) => _h.Mutate(
        Opcode.RemoveXattr, new RemoveXattrRequest { Inode = inode, Name = EngineHarness.Name(name) }).Errno;

    private (Errno Errno, byte[] Bytes) Get(InodeId inode, string name)
    {
        var (errno, reply) = _h.Read<GetXattrRequest, BytesReply>(
            Opcode.GetXattr, new GetXattrRequest { Inode = inode, Name = EngineHarness.Name(name) });
        return (errno, reply.Bytes.ToArray());
    }

    private static byte[] Acl(params (ushort Tag, ushort Permissions, uint Id)[] entries)
    {
        var bytes = new byte[4 + (8 * entries.Length)];
        bytes[0] = 2;
        for (var i = 0; i < entries.Length; i++)
        {
            var id = entries[i].Tag is 2 or 8 ? entries[i].Id : uint.MaxValue;
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4 + (8 * i)), entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6 + (8 * i)), entries[i].Permissions);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8 + (8 * i)), id);
        }

        return bytes;
    }
}
