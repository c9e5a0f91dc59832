using FlexFs.Core;

namespace FlexFs.Metadata.Tests;

public sealed class InstantTests
{
    [Theory]
    [InlineData(0, 5)]
    [InlineData(-1, 999_999_999)]
    [InlineData(1L << 33, 7)]
    [InlineData(-(1L << 33), 7)]
    public void Times_of_struct_timespec_come_back(long seconds, uint nanoseconds)
    {
        var instant = Instant.FromTimespec(seconds, nanoseconds);
        Assert.Equal((seconds, nanoseconds), (instant.Seconds, instant.SubsecondNanoseconds));
    }

    [Theory]
    [InlineData(1L << 34, 2262)]
    [InlineData(long.MaxValue, 2262)]
    [InlineData(-(1L << 34), 1677)]
    [InlineData(long.MinValue, 1677)]
    public void Times_that_are_too_far_away_become_the_nearest_ones(long seconds, int year)
    {
        var instant = Instant.FromTimespec(seconds, 999_999_999);
        Assert.Equal(year, DateTimeOffset.FromUnixTimeSeconds(instant.Seconds).Year);
        Assert.Equal(0u, instant.SubsecondNanoseconds);
    }
}
