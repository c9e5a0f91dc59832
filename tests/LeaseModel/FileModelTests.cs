namespace FlexFs.LeaseModel;

/// <summary>Everything that can happen with the lease of a file, and that each of its rules is needed.</summary>
public sealed class FileModelTests
{
    [Theory]
    [InlineData(2, 2, 0, 0)]
    [InlineData(2, 1, 1, 0)]
    [InlineData(2, 1, 0, 1)]
    public void Nothing_old_is_read_nothing_is_lost_and_everything_comes_to_rest(
        int sessions, int writes, int cuts, int restarts)
    {
        var result = Explorer.Run(new FileModel(new FileRules(), sessions, writes, cuts, restarts));
        TestContext.Current.SendDiagnosticMessage(result.ToString());
        Assert.True(result.Problem is null, result.ToString());
    }

    /// <summary>Each with as few failures as it needs to show.</summary>
    public static TheoryData<string, int, int, FileRules> WithoutOneRule => new()
    {
        { "flush", 0, 0, new FileRules { FlushesBeforeAcknowledging = false } },
        { "invalidate again", 0, 0, new FileRules { InvalidatesAgain = false } },
        { "reads at the server", 0, 0, new FileRules { WaitsForItsReads = false } },
        { "overtaken grants", 0, 0, new FileRules { IgnoresOvertakenGrants = false } },
        { "answer at once", 0, 0, new FileRules { AnswersHoldersAtOnce = false } },
        { "others wait", 0, 0, new FileRules { OthersWait = false } },
        { "ask after acknowledgement", 0, 0, new FileRules { AsksAfterAcknowledgements = false } },
        { "term", 1, 0, new FileRules { FencesAfterTheTerm = false } },
        { "self-fencing", 1, 0, new FileRules { ClientFencesItself = false } },
        { "recall again", 1, 0, new FileRules { RecallsAgain = false } },
        { "grace", 0, 1, new FileRules { HasGrace = false } },
        { "drop without lease", 0, 1, new FileRules { DropsPagesWithoutLease = false } },
        { "reclaim under recall", 0, 1, new FileRules { ReclaimsUnderRecall = false } },
    };

    [Theory]
    [MemberData(nameof(WithoutOneRule))]
    public void Without_any_one_rule_it_goes_wrong(string rule, int cuts, int restarts, FileRules rules)
    {
        var result = Explorer.Run(new FileModel(rules, sessions: 2, writes: 1, cuts, restarts));
        TestContext.Current.SendDiagnosticMessage($"without {rule}: {result}");
        Assert.True(result.Problem is not null, $"without the rule \"{rule}\" nothing goes wrong: {result}");
    }
}
