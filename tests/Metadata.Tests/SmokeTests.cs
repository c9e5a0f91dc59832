using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void A_file_that_was_made_is_found_after_a_restart()
    {
        var h = new EngineHarness();
        var directory = h.MakeDirectory("d");
        var file = h.MakeFile("f", directory);
        h.Commit();
        h.Restart();
        Assert.Equal(file, h.Lookup(directory, "f").Attributes.Inode);
        Assert.Equal(Errno.ENOENT, h.Lookup(directory, "g").Errno);
        Assert.Equal(3u, h.AttributesOf(InodeId.Root).LinkCount);
        Assert.Equal(3, h.UsageOf(Keys.DirectoryUsage(InodeId.Root)).Inodes);
        Assert.Equal(Errno.OK, h.Rename(directory, "f", InodeId.Root, "g").Errno);
        Assert.Equal(Errno.OK, h.RemoveDirectory(InodeId.Root, "d").Errno);
        var list = h.Read<ReadDirectoryRequest, ReadDirectoryReply>(
            Opcode.ReadDirectory, new ReadDirectoryRequest { Inode = InodeId.Root, EntriesMax = 10 });
        Assert.Equal("g", System.Text.Encoding.UTF8.GetString(Assert.Single(list.Reply.Entries).Name.Span));
        Assert.True(list.Reply.IsEnd);
        Assert.Equal(Errno.OK, h.Unlink(InodeId.Root, "g").Errno);
        Assert.Equal(Errno.ESTALE, h.Stat(file).Errno);
        Assert.Equal(1, h.UsageOf(Keys.DirectoryUsage(InodeId.Root)).Inodes);
    }
}
