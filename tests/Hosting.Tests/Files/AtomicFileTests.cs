using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;

namespace FlexFs.Hosting.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TryCreate_leaves_the_first_one_alone()
    {
        string path = _folder.File("a");
        Assert.True(AtomicFile.TryCreate(path, "one"u8));
        Assert.False(AtomicFile.TryCreate(path, "two"u8));
        Assert.Equal("one", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Write_replaces_and_leaves_nothing_beside()
    {
        string path = _folder.File("a");
        AtomicFile.Write(path, "one"u8);
        AtomicFile.Write(path, "two"u8);
        Assert.Equal("two", File.ReadAllText(path));
        Assert.Equal(AtomicFile.Private, File.GetUnixFileMode(path));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Failed_write_leaves_nothing_beside()
    {
        string path = _folder.File("a");
        Directory.CreateDirectory(path);
        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(path, "one"u8));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Folder_has_one_owner_at_a_time()
    {
        using (FolderLock.Take(_folder.File("db"), "free.flexfs"))
        {
            CommandException e = Assert.Throws<CommandException>(() => FolderLock.Take(_folder.File("db"), "free.flexfs"));
            Assert.Equal($"{_folder.File("db")} is in use by another free.flexfs: stop that first", e.Message);
        }
        FolderLock.Take(_folder.File("db"), "free.flexfs").Dispose();
    }

    [Fact]
    public void Paths_follow_home()
    {
        FlexFsPaths paths = new("/home/ada");
        Assert.Equal("/home/ada/.flexfs/meta/creds", paths.Credentials("meta"));
        Assert.Equal("/home/ada/.flexfs/mount/creds/v1", paths.MountCredentials("v1"));
        Assert.Equal("/home/ada/x", paths.Expand("~/x"));
        Assert.Equal("/x", paths.Expand("/x"));
        Assert.Equal("~/x", paths.Abbreviate("/home/ada/x"));
    }
}
