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

    [Theory]
    [InlineData("")]
    [InlineData("/below/it")]
    public void Folder_at_a_file_is_refused_with_both_names(string below)
    {
        string path = _folder.File("a");
        File.WriteAllText(path, "");
        var e = Assert.Throws<IOException>(() => AtomicFile.CreatePrivateFolder(path + below));
        Assert.Equal($"the folder {path + below} cannot be made: {path} is a file", e.Message);
    }

    [Fact]
    public void Folder_that_cannot_be_made_is_named()
    {
        var e = Assert.Throws<IOException>(() => AtomicFile.CreatePrivateFolder("/proc/nothing/here"));
        Assert.Equal("the folder /proc/nothing/here cannot be made: no folder can be made in /proc", e.Message);
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
