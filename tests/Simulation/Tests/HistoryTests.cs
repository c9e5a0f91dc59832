using FlexFs.Core;
using FlexFs.Simulation.Checkers;
using FlexFs.Simulation.Runtime;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Tests;

/// <summary>What the checker of attributes and bytes lets pass, and what it does not.</summary>
public sealed class HistoryTests
{
    private readonly InodeChecker _checker = new(new Marks());
    private uint _number;

    public HistoryTests() => _checker.Made(1, 0x1A4);

    [Fact]
    public void Bytes_that_were_written_are_read_by_every_later_read()
    {
        Write("a", 1, 2);
        _checker.Asked(Operation(InodeVerb.Read, "b", 3, 4, found: []));
        Assert.Throws<ViolationException>(_checker.Check);
    }

    [Fact]
    public void A_read_beside_a_write_finds_the_one_or_the_other_and_nobody_goes_back()
    {
        Write("a", 1, 6);
        _checker.Asked(Operation(InodeVerb.Read, "b", 2, 3, found: []));
        _checker.Asked(Operation(InodeVerb.Read, "c", 4, 5, found: [7]));
        _checker.Check();
        _checker.Asked(Operation(InodeVerb.Read, "b", 7, 8, found: []));
        Assert.Throws<ViolationException>(_checker.Check);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_dead_client_wrote_may_be_lost_unless_it_was_safe(bool isSafe)
    {
        Write("a", 1, 2);
        _checker.Asked(Operation(InodeVerb.Read, "a", 3, 4, found: [7]));
        if (isSafe) _checker.Synced(1, "a", 1, null, 5);
        _checker.Lost("a", 1, 0);
        _checker.Asked(Operation(InodeVerb.Read, "b", 6, 7, found: []));
        if (isSafe) Assert.Throws<ViolationException>(_checker.Check);
        else _checker.Check();
    }

    [Fact]
    public void What_a_dead_client_wrote_and_another_saw_stays()
    {
        Write("a", 1, 2);
        _checker.Lost("a", 1, 0);
        _checker.Asked(Operation(InodeVerb.Read, "b", 3, 4, found: [7]));
        _checker.Check();
        _checker.Asked(Operation(InodeVerb.Read, "c", 5, 6, found: []));
        Assert.Throws<ViolationException>(_checker.Check);
    }

    [Fact]
    public void What_was_lost_with_a_session_does_not_come_back()
    {
        Write("a", 1, 2);
        _checker.Lost("a", 1, 3);
        _checker.Asked(Operation(InodeVerb.Read, "b", 4, 5, found: []));
        _checker.Check();
        _checker.Asked(Operation(InodeVerb.Read, "b", 6, 7, found: [7]));
        Assert.Throws<ViolationException>(_checker.Check);
    }

    private void Write(string client, long asked, long answered) =>
        _checker.Asked(Operation(InodeVerb.Write, client, asked, answered, value: 7));

    private InodeOperation Operation(
        InodeVerb verb, string client, long asked, long answered, byte value = 0, byte[]? found = null) => new()
        {
            Number = ++_number,
            Verb = verb,
            Tag = 1,
            Client = client,
            Session = 1,
            SessionAfter = 1,
            Cells = 1,
            Value = value,
            Found = found ?? [],
            Errno = Errno.OK,
            Asked = asked,
            Answered = answered,
        };
}
