using FlexFs.Core;

namespace FlexFs.Objects.Tests;

public sealed class ObjectNamesTests
{
    [Theory]
    [InlineData("", "df/0000000000000001")]
    [InlineData("vol", "vol/df/0000000000000001")]
    [InlineData("/a/b/", "a/b/df/0000000000000001")]
    [InlineData("data/partition/vol", "data/df/vol/0000000000000001")]
    [InlineData("partition/vol", "df/vol/0000000000000001")]
    [InlineData("data/x-partition-y/vol", "data/x-df-y/vol/0000000000000001")]
    public void The_spread_lies_before_the_id_or_where_the_prefix_says_partition(string prefix, string expected)
    {
        var names = new ObjectNames(prefix);
        var name = names.Of(new ObjectId(1));
        Assert.Equal(expected.Replace("df", "b4", StringComparison.Ordinal), name.Text);
        Assert.StartsWith(names.ListPrefix, name.Text, StringComparison.Ordinal);
        Assert.True(names.TryParse(name, out var id));
        Assert.Equal(new ObjectId(1), id);
    }

    [Fact]
    public void Every_name_leads_back_to_its_id_and_to_no_other()
    {
        var names = new ObjectNames("data/partition/vol");
        var random = new Random(5);
        for (var i = 0; i < 1000; i++)
        {
            var id = new ObjectId((ulong)random.NextInt64(1, long.MaxValue));
            Assert.True(names.TryParse(names.Of(id), out var back));
            Assert.Equal(id, back);
        }

        Assert.False(names.TryParse(names.Owner, out _));
        Assert.False(names.TryParse(ObjectName.Of("data/b5/vol/0000000000000001"), out _));
        Assert.False(names.TryParse(ObjectName.Of("data/b4/vol/000000000000000x"), out _));
        Assert.False(names.TryParse(ObjectName.Of("data/b4/other/0000000000000001"), out _));
    }

    [Fact]
    public void Neighbours_spread_evenly()
    {
        var names = new ObjectNames("v");
        var folders = Enumerable.Range(1, 25_600)
            .GroupBy(i => names.Of(ObjectId.Of(3, (ulong)i)).Text[..4])
            .Select(folder => folder.Count()).ToArray();
        Assert.Equal(256, folders.Length);
        Assert.All(folders, count => Assert.InRange(count, 50, 160));
    }

    [Theory]
    [InlineData("a//b")]
    [InlineData("../b")]
    [InlineData("a/.b")]
    [InlineData("a b")]
    [InlineData("a\\b")]
    [InlineData("é")]
    public void A_prefix_that_is_no_safe_path_is_refused(string prefix) =>
        Assert.Throws<ArgumentException>(() => new ObjectNames(prefix));
}
