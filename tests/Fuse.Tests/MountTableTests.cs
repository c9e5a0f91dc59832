namespace FlexFs.Fuse.Tests;

public sealed class MountTableTests
{
    [Fact]
    public void Lines_are_read_with_their_escapes_and_optional_fields()
    {
        var entries = MountTable.Parse(
        [
            "36 35 98:0 / /mnt rw,noatime master:1 shared:2 - ext4 /dev/root rw",
            @"37 35 0:44 / /mnt/a\040b\134c rw - fuse.flexfs my\040volume rw,user_id=0",
            "38 nonsense",
            "",
        ]);
        Assert.Equal(2, entries.Count);
        Assert.Equal(new MountTableEntry("/mnt", "ext4", "/dev/root", 98, 0, "rw,noatime"), entries[0]);
        Assert.Equal(new MountTableEntry(@"/mnt/a b\c", "fuse.flexfs", "my volume", 0, 44, "rw"), entries[1]);
    }

    [Fact]
    public void Proc_is_found() => Assert.Equal("proc", MountTable.Find("/proc")?.Type);
}
