using FlexFs.Core;
using FlexFs.Mount.State;

namespace FlexFs.Mount.Tests.State;

public sealed class RequestTableTests
{
    private const ulong Resent = 1UL << 63;

    [Fact]
    public void An_executed_request_that_is_sent_again_gets_its_outcome()
    {
        using var region = StateRegion.Create(new RegionLayout(1, 64, 1));
        var table = new RequestTable(region);
        table.End(table.Begin(40, 35, new InodeId(1), out _), Errno.OK, new InodeId(7), 99);
        Assert.Equal(-1, table.Begin(40 | Resent, 35, new InodeId(1), out var executed));
        Assert.Equal(7UL, executed!.Value.ResultInode);
        Assert.Equal(99UL, executed.Value.ResultValue);
    }

    [Fact]
    public void A_request_under_way_that_is_sent_again_is_executed_and_its_crashes_are_counted()
    {
        using var region = StateRegion.Create(new RegionLayout(1, 64, 1));
        var table = new RequestTable(region);
        var slot = table.Begin(40, 35, new InodeId(1), out _);
        Assert.Equal(slot, table.Begin(40 | Resent, 35, new InodeId(1), out var executed));
        Assert.Null(executed);
        table.End(slot, Errno.ENOENT);
        _ = table.Begin(40 | Resent, 35, new InodeId(1), out executed);
        Assert.Equal(1u, executed!.Value.Crashes);
    }

    [Fact]
    public void Requests_under_way_are_never_overwritten()
    {
        using var region = StateRegion.Create(new RegionLayout(1, 64, 1));
        var table = new RequestTable(region);
        var old = table.Begin(2, 35, new InodeId(1), out _);
        for (ulong unique = 4; unique < 4000; unique += 2)
        {
            table.End(table.Begin(unique, 35, new InodeId(1), out _), Errno.OK);
        }

        table.End(old, Errno.EIO);
        _ = table.Begin(2 | Resent, 35, new InodeId(1), out var executed);
        Assert.Equal((int)Errno.EIO, executed!.Value.Errno);
    }

    [Fact]
    public void More_requests_than_the_table_holds_are_executed_without_a_record()
    {
        using var region = StateRegion.Create(new RegionLayout(1, 64, 1));
        var table = new RequestTable(region);
        for (ulong i = 1; i <= 64; i++) Assert.True(table.Begin(i * 2, 35, new InodeId(1), out _) >= 0);
        var slot = table.Begin(1000, 35, new InodeId(1), out var executed);
        Assert.Equal(-1, slot);
        Assert.Null(executed);
        table.End(slot, Errno.OK);
    }
}
