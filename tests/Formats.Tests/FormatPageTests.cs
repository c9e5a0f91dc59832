using FlexFs.Fuzz;
using FlexFs.Wire;

namespace FlexFs.Formats.Tests;

public class FormatPageTests
{
    public static TheoryData<string> Pages => [.. FormatPage.All.Select(page => page.File)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_says_what_the_code_declares(string file)
    {
        var page = FormatPage.All.Single(p => p.File == file);
        Assert.NotEmpty(page.Records);
        var path = Repository.At("docs", "formats", file + ".md");
        var text = page.Markdown();
        if (Golden.IsUpdating)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        Assert.True(
            File.Exists(path) && File.ReadAllText(path) == text,
            $"docs/formats/{file}.md is not what the code declares: run the test with {Golden.UpdateVariable}=1 and commit the page");
    }

    [Fact]
    public void Every_record_is_on_a_page()
    {
        var shown = FormatPage.All.SelectMany(page => page.Records).ToHashSet();
        Assert.DoesNotContain(FormatPage.Lasting, type => !shown.Contains(type));
    }

    [Fact]
    public void A_table_shows_versions_limits_and_reserved_numbers()
    {
        var schema = new WireSchema(
            "Sample",
            "A sample.",
            3,
            2,
            [
                new WireField(1, "Id", "u64 (InodeId)", 1, 0, 0, "Either | or."),
                new WireField(2, "Name", "bytes", 2, 255, 0, ""),
                new WireField(4, "Words", "array of utf8", 3, 8, 16, ""),
                new WireField(5, "Numbers", "array of u8", 3, 8, 0, ""),
            ],
            [new WireReserved(3, "was: rack")]);
        Assert.Equal(
            """
            ## Sample

            A sample.

            Version 3; 2 and later are read.

            | # | Field | Type | Since | Limit | Meaning |
            |--:|---|---|--:|---|---|
            | 1 | Id | u64 (InodeId) | 1 |  | Either \| or. |
            | 2 | Name | bytes | 2 | 255 bytes |  |
            | 4 | Words | array of utf8 | 3 | 8 of 16 bytes |  |
            | 5 | Numbers | array of u8 | 3 | 8 elements |  |

            Reserved:

            - 3, was: rack

            """,
            FormatTable.Of(schema));
    }
}
