using FlexFs.Apps.Mount;
using FlexFs.Hosting.CommandLine;

namespace FlexFs.Mount.Tests.Commands;

public sealed class FstabFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_line_is_appended_and_everything_else_stays()
    {
        File.WriteAllText(_path, "# comment\nUUID=1 / ext4 defaults 0 1\n");
        new FstabFile(_path).Add("vol", "/mnt/my data", "_netdev,nofail", force: false);
        Assert.Equal(
            "# comment\nUUID=1 / ext4 defaults 0 1\nvol /mnt/my\\040data flexfs _netdev,nofail 0 0\n", File.ReadAllText(_path));
    }

    [Fact]
    public void A_second_line_of_a_mount_point_is_refused_and_replaced_by_force()
    {
        var file = new FstabFile(_path);
        file.Add("vol", "/mnt", "_netdev", force: false);
        Assert.Throws<CommandException>(() => file.Add("other", "/mnt", "_netdev", force: false));
        file.Add("other", "/mnt", "ro", force: true);
        Assert.Equal("other /mnt flexfs ro 0 0\n", File.ReadAllText(_path));
    }

    [Fact]
    public void Only_lines_of_our_type_are_removed()
    {
        File.WriteAllText(_path, "disk /mnt ext4 defaults 0 0\n");
        Assert.Throws<CommandException>(() => new FstabFile(_path).Remove("/mnt"));
        new FstabFile(_path).Add("vol", "/data", "ro", force: false);
        new FstabFile(_path).Remove("/data");
        Assert.Equal("disk /mnt ext4 defaults 0 0\n", File.ReadAllText(_path));
    }
}
