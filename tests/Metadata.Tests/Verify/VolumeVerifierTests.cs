using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.Storage;
using FlexFs.Metadata.Verify;

namespace FlexFs.Metadata.Tests.Verify;

public sealed class VolumeVerifierTests
{
    [Fact]
    public void A_volume_in_which_any_one_record_is_missing_is_not_sound()
    {
        var h = new EngineHarness();
        var directory = h.MakeDirectory("d");
        h.MakeFile("f", directory, open: true);
        h.Create(directory, "l", FileType.Symlink, target: "t");
        h.Commit();
        StorePair[] pairs = [.. h.Store.Pairs];
        Assert.Equal([], VolumeVerifier.Verify(pairs));
        foreach (var missing in pairs)
        {
            // A session that began and asked nothing yet is as sound as one with a window; without its record the window is nobody's.
            if (missing.Key[0] == (byte)KeyFamily.Reply) continue;
            Assert.NotEmpty(VolumeVerifier.Verify(pairs.Where(pair => pair.Key != missing.Key)));
        }
    }

    [Fact]
    public void A_record_that_does_not_decode_is_a_finding()
    {
        var h = new EngineHarness();
        h.Commit();
        var pairs = h.Store.Pairs.Select(pair =>
            pair.Key[0] == (byte)KeyFamily.DirectoryUsage ? pair with { Value = [99] } : pair);
        Assert.Contains(VolumeVerifier.Verify(pairs), finding => finding.Rule == "every record decodes");
    }
}
