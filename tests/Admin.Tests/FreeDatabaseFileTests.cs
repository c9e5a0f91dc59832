using System.Text.Json;
using FlexFs.Admin.Database;
using FlexFs.Admin.Volumes;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;
using FlexFs.Hosting.Net;

namespace FlexFs.Admin.Tests;

public sealed class FreeDatabaseFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly VolumeOutcome _made =
        new VolumeRequest { Name = "v1", MetaAddr = new HostPort("meta", 443), Bucket = "/objects" }.Create();

    private string File => _folder.File("volume.json");

    public void Dispose() => _folder.Dispose();

    private void Write()
    {
        using FreeDatabaseFile file = FreeDatabaseFile.Open(_folder.Path);
        file.Update(_ => _made.Database);
    }

    private string Refusal() => Assert.Throws<CommandException>(() => FreeDatabaseFile.Open(_folder.Path)).Message;

    [Fact]
    public void What_was_written_is_there_after_a_restart()
    {
        Write();
        using FreeDatabaseFile file = FreeDatabaseFile.Open(_folder.Path);
        Assert.Equal(JsonSerializer.Serialize(_made.Database), JsonSerializer.Serialize(file.Current));
    }

    [Fact]
    public void No_token_is_on_disk_and_nobody_else_may_read()
    {
        Write();
        string text = System.IO.File.ReadAllText(File);
        Assert.DoesNotContain(_made.VolumeToken!, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(_made.MetaToken!, text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(AtomicFile.Private, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public void Change_that_cannot_be_written_is_not_made()
    {
        Write();
        using FreeDatabaseFile file = FreeDatabaseFile.Open(_folder.Path);
        FreeDatabase before = file.Current!;
        // A folder in place of the file: the rename fails, as it would on a disk that went read-only.
        System.IO.File.Delete(File);
        Directory.CreateDirectory(File);
        Assert.ThrowsAny<Exception>(() => file.Update(now => now! with { MetaTokenHash = "x" }));
        Assert.Same(before, file.Current);
    }

    [Fact]
    public void One_process_at_a_time()
    {
        using FreeDatabaseFile file = FreeDatabaseFile.Open(_folder.Path);
        Assert.Contains("in use by another free.flexfs", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_version_names_both()
    {
        Write();
        System.IO.File.WriteAllText(File, "{\"version\":2,\"shape\":\"new\"}");
        Assert.Contains("format version 2, this free.flexfs reads version 1", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void File_open_to_others_is_refused()
    {
        Write();
        System.IO.File.SetUnixFileMode(File, AtomicFile.Private | UnixFileMode.GroupRead);
        Assert.EndsWith($"run chmod 600 {File}", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_file_is_refused_with_what_to_do_and_left_alone()
    {
        Write();
        byte[] good = System.IO.File.ReadAllBytes(File);
        Random random = new(3);
        for (int i = 0; i < 200; i++)
        {
            byte[] bytes = good[..random.Next(good.Length)];
            System.IO.File.WriteAllBytes(File, bytes);
            Assert.Contains("is damaged", Refusal(), StringComparison.Ordinal);
            Assert.Equal(bytes, System.IO.File.ReadAllBytes(File));
        }
        foreach (string text in new[] { "[]", "7", "null", "{\"version\":\"x\"}", "{\"version\":1}" })
        {
            System.IO.File.WriteAllText(File, text);
            Assert.Contains("is damaged", Refusal(), StringComparison.Ordinal);
        }
    }
}
