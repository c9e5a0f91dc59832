using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests.Operations;

public sealed class ReadTests
{
    private readonly EngineHarness _h = new();

    [Fact]
    public void Lookup_of_no_name_is_ENOENT_in_a_file_ENOTDIR_and_in_what_is_gone_ESTALE()
    {
        var file = _h.MakeFile("f");
        Assert.Equal(Errno.ENOENT, _h.Lookup(InodeId.Root, "g").Errno);
        Assert.Equal(Errno.ENOTDIR, _h.Lookup(file, "g").Errno);
        Assert.Equal(Errno.ESTALE, _h.Lookup(new InodeId(999), "g").Errno);
        Assert.Equal(Errno.ENAMETOOLONG, _h.Lookup(InodeId.Root, new string('x', 256)).Errno);
        Assert.Equal(InodeId.Root, _h.Lookup(InodeId.Root, "..").Attributes.Inode);
        Assert.Equal(Errno.ESTALE, _h.Stat(new InodeId(999)).Errno);
        Assert.Equal(Errno.ESTALE, _h.Open(new InodeId(999)).Errno);
    }

    [Fact]
    public void A_directory_of_very_many_entries_is_listed_in_pages_each_once_also_from_the_store()
    {
        var count = Environment.GetEnvironmentVariable("FLEXFS_LONG") == "1" ? 1_000_000 : 50_000;
        var directory = _h.MakeDirectory("large");
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(Errno.OK, _h.Create(directory, $"n{i}").Errno);
            if (i % 5000 == 0) _h.Commit();
        }

        _h.Commit();
        _h.Restart();
        ulong cookie = 0;
        var seen = 0;
        while (true)
        {
            var (errno, reply) = _h.Read<ReadDirectoryRequest, ReadDirectoryReply>(
                Opcode.ReadDirectory,
                new ReadDirectoryRequest
                {
                    Inode = directory,
                    AfterCookie = cookie,
                    EntriesMax = Limits.ReadDirectoryEntriesMax,
                    WithAttributes = true,
                });
            Assert.Equal(Errno.OK, errno);
            foreach (var entry in reply.Entries)
            {
                Assert.True(entry.Cookie > cookie && entry.Attributes is not null);
                Assert.Equal($"n{seen++}", System.Text.Encoding.UTF8.GetString(entry.Name.Span));
                cookie = entry.Cookie;
            }

            if (reply.IsEnd) break;
        }

        Assert.Equal(count, seen);
    }

    [Fact]
    public void A_listing_under_change_shows_what_stays_once()
    {
        foreach (var name in (string[])["a", "b", "c", "d"]) _h.MakeFile(name);
        var first = List(0, 2);
        Assert.False(first.IsEnd);
        _h.Unlink(InodeId.Root, "a");
        _h.Unlink(InodeId.Root, "c");
        _h.MakeFile("e");
        _h.Commit();
        _h.Evict();
        var second = List(first.Entries[^1].Cookie, 10);
        Assert.True(second.IsEnd);
        Assert.Equal(["d", "e"], second.Entries.Select(entry => System.Text.Encoding.UTF8.GetString(entry.Name.Span)));
    }

    [Fact]
    public void A_listing_of_a_file_is_ENOTDIR_and_of_no_entries_EINVAL()
    {
        var file = _h.MakeFile("f");
        Assert.Equal(Errno.ENOTDIR, Listing(file, 0, 1).Errno);
        Assert.Equal(Errno.EINVAL, Listing(InodeId.Root, 0, 0).Errno);
        Assert.Equal(Errno.ESTALE, Listing(new InodeId(999), 0, 1).Errno);
    }

    [Fact]
    public void Extents_of_a_directory_are_EISDIR_and_of_no_blocks_EINVAL()
    {
        Assert.Equal(Errno.EISDIR, Extents(InodeId.Root, 1));
        Assert.Equal(Errno.EINVAL, Extents(InodeId.Root, 0));
        Assert.Equal(Errno.EINVAL, Extents(InodeId.Root, Limits.BlocksPerRequestMax + 1));
        Assert.Equal(Errno.ESTALE, Extents(new InodeId(999), 1));
        Assert.Equal(Errno.OK, Extents(_h.MakeFile("f"), 1));
    }

    [Fact]
    public void The_target_of_what_is_no_symlink_is_EINVAL() => Assert.Equal(Errno.EINVAL, _h.Read<ReadSymlinkRequest, BytesReply>(
        Opcode.ReadSymlink, new ReadSymlinkRequest { Inode = InodeId.Root }).Errno);

    [Fact]
    public void Statfs_shows_an_unlimited_volume_and_what_is_used()
    {
        _h.MakeFile("f");
        var reply = _h.Read<StatVolumeRequest, StatVolumeReply>(
            Opcode.StatVolume, new StatVolumeRequest { Inode = InodeId.Root }).Reply;
        Assert.Equal((1UL << 50, 2UL), (reply.TotalBytes, reply.UsedInodes));
    }

    [Fact]
    public void Attributes_are_created_replaced_and_removed_as_setxattr_has_it()
    {
        var file = _h.MakeFile("f");
        Assert.Equal(Errno.ENODATA, Set(file, XattrMode.Replace));
        Assert.Equal(Errno.OK, Set(file, XattrMode.Create));
        Assert.Equal(InodeFlags.HasXattrs, _h.AttributesOf(file).Flags);
        Assert.Equal(Errno.EEXIST, Set(file, XattrMode.Create));
        Assert.Equal(Errno.OK, Set(file, XattrMode.Replace));
        Assert.Equal(Errno.ERANGE, Set(file, XattrMode.Any, ""));
        Assert.Equal(Errno.ESTALE, Set(new InodeId(999), XattrMode.Any));
        Assert.Equal(Errno.OK, Remove(file));
        Assert.Equal(Errno.ENODATA, Remove(file));
        Assert.Equal(InodeFlags.None, _h.AttributesOf(file).Flags);
        Assert.Equal(Errno.ENODATA, _h.Read<GetXattrRequest, BytesReply>(
            Opcode.GetXattr, new GetXattrRequest { Inode = file, Name = "user.a"u8.ToArray() }).Errno);
    }

    private Errno Set(InodeId inode, XattrMode how, string name = "user.a") => _h.Mutate(Opcode.SetXattr, new SetXattrRequest
    {
        Inode = inode,
        Name = EngineHarness.Name(name),
        Value = "v"u8.ToArray(),
        How = how,
    }).Errno;

    private Errno Remove(InodeId inode) =>
        _h.Mutate(Opcode.RemoveXattr, new RemoveXattrRequest { Inode = inode, Name = "user.a"u8.ToArray() }).Errno;

    private Errno Extents(InodeId inode, uint count) => _h.Read<GetExtentsRequest, ExtentsReply>(
        Opcode.GetExtents, new GetExtentsRequest { Inode = inode, BlockCount = count }).Errno;

    private ReadDirectoryReply List(ulong after, uint count) => Listing(InodeId.Root, after, count).Reply;

    private (Errno Errno, ReadDirectoryReply Reply) Listing(InodeId inode, ulong after, uint count) =>
        _h.Read<ReadDirectoryRequest, ReadDirectoryReply>(
            Opcode.ReadDirectory, new ReadDirectoryRequest { Inode = inode, AfterCookie = after, EntriesMax = count });
}
