using FlexFs.Core;
using FlexFs.Mount.State;

namespace FlexFs.Mount.Tests.State;

public sealed class HandleTableTests
{
    [Fact]
    public void A_full_table_is_ENFILE_and_a_removed_handle_makes_room()
    {
        using var region = StateRegion.Create(new RegionLayout(2, 64, 1));
        var table = new HandleTable(region);
        Assert.Equal(Errno.OK, table.Add(1, new InodeId(10), 0));
        Assert.Equal(Errno.OK, table.Add(2, new InodeId(11), 0));
        Assert.Equal(Errno.ENFILE, table.Add(3, new InodeId(12), 0));
        table.Remove(1);
        Assert.Equal(Errno.OK, table.Add(3, new InodeId(12), 0));
        Assert.Equal([2UL, 3UL], table.Snapshot().Select(slot => slot.Handle).Order());
    }

    [Fact]
    public void A_release_that_comes_twice_changes_nothing()
    {
        using var region = StateRegion.Create(new RegionLayout(2, 64, 1));
        var table = new HandleTable(region);
        Assert.Equal(Errno.OK, table.Add(1, new InodeId(10), 0));
        table.Remove(1);
        table.Remove(1);
        Assert.Equal(0, table.Count);
        Assert.Equal(Errno.OK, table.Add(2, new InodeId(10), 0));
        Assert.Equal(Errno.OK, table.Add(3, new InodeId(10), 0));
    }
}
