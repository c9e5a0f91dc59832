using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Credentials;
using FlexFs.Hosting.Files;

namespace FlexFs.Hosting.Tests.Credentials;

public sealed class CredentialsFileTests : IDisposable
{
    private const string Token = "0b7c7a3e-6a3d-4c57-9d39-0f2a51b3c111";
    private readonly TemporaryFolder _folder = new();

    private string CredsFile => _folder.File("meta/creds");

    public void Dispose() => _folder.Dispose();

    private MetaCredentials Load() => CredentialsFile.Load<MetaCredentials>(CredsFile, "meta.flexfs init creds");

    private string Refusal(string content, UnixFileMode mode = AtomicFile.Private)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(CredsFile)!);
        AtomicFile.Write(CredsFile, System.Text.Encoding.UTF8.GetBytes(content), mode);
        string message = Assert.Throws<CommandException>(Load).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    [Fact]
    public void Saved_credentials_load_again()
    {
        string fingerprint = "sha256:" + new string('a', 64);
        CredentialsFile.Save(CredsFile, new MetaCredentials
        {
            AdminAddr = "admin:443",
            Token = Token,
            BlockUser = "us\"er",
            BlockPass = "pa\\ss\n'ü",
            Fingerprint = fingerprint,
        }, force: false);
        MetaCredentials loaded = Load();
        Assert.Equal("admin:443", loaded.AdminAddr);
        Assert.Equal(Token, loaded.Token);
        Assert.Equal("us\"er", loaded.BlockUser);
        Assert.Equal("pa\\ss\n'ü", loaded.BlockPass);
        Assert.Equal(fingerprint, loaded.Fingerprint);
        Assert.Equal(AtomicFile.Private, File.GetUnixFileMode(CredsFile));
        Assert.Equal(AtomicFile.Private | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(CredsFile)!));
    }

    [Fact]
    public void Handwritten_file_is_read()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(CredsFile)!);
        AtomicFile.Write(CredsFile, System.Text.Encoding.UTF8.GetBytes(
            $"# by hand\nadminAddr='admin.example.org'\ntoken = \"{Token}\" # the token\n"));
        Assert.Equal("admin.example.org", Load().AdminAddr);
        Assert.Equal("", Load().Fingerprint);
    }

    [Fact]
    public void Secret_of_a_mount_is_left_out_when_there_is_none()
    {
        CredentialsFile.Save(CredsFile, new MountCredentials { AdminAddr = "a:1", Token = Token }, force: false);
        Assert.DoesNotContain("secret", File.ReadAllText(CredsFile), StringComparison.Ordinal);
        Assert.Null(CredentialsFile.Load<MountCredentials>(CredsFile, "").Secret);
    }

    [Fact]
    public void Existing_file_is_replaced_only_by_force()
    {
        CredentialsFile.Save(CredsFile, new FreeCredentials { Token = Token }, force: false);
        string before = File.ReadAllText(CredsFile);
        FreeCredentials other = new() { Token = Guid.NewGuid().ToString() };
        CommandException e = Assert.Throws<CommandException>(() => CredentialsFile.Save(CredsFile, other, force: false));
        Assert.Contains("--force", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(CredsFile));
        CredentialsFile.Save(CredsFile, other, force: true);
        Assert.Equal(other.Token, CredentialsFile.Load<FreeCredentials>(CredsFile, "").Token);
    }

    [Fact]
    public void Missing_file_names_the_command_that_makes_it() =>
        Assert.Equal($"there are no credentials at {CredsFile}: run meta.flexfs init creds", Assert.Throws<CommandException>(Load).Message);

    [Theory]
    [InlineData(UnixFileMode.GroupRead, "0640")]
    [InlineData(UnixFileMode.OtherRead, "0604")]
    [InlineData(UnixFileMode.GroupWrite, "0620")]
    public void File_open_to_others_is_refused_with_the_chmod_to_do(UnixFileMode more, string shown)
    {
        string message = Refusal($"adminAddr='a'\ntoken='{Token}'\n", AtomicFile.Private | more);
        Assert.Contains(shown, message, StringComparison.Ordinal);
        Assert.EndsWith($"run chmod 600 {CredsFile}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_key_is_refused_with_the_one_that_was_meant()
    {
        Assert.Equal($"{CredsFile}: unknown key 'adminAdr'; did you mean adminAddr?", Refusal($"adminAdr='a'\ntoken='{Token}'"));
        Assert.Equal($"{CredsFile}: unknown key 'zzzzzz'", Refusal($"zzzzzz=1\nadminAddr='a'\ntoken='{Token}'"));
        Assert.Contains("unknown key 'AdminAddr'", Refusal($"AdminAddr='a'\ntoken='{Token}'"), StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_values_are_named_and_secrets_are_not_quoted()
    {
        Assert.Equal($"{CredsFile}: token is missing", Refusal("adminAddr='a'"));
        Assert.Equal($"{CredsFile}: adminAddr is missing", Refusal($"token='{Token}'"));
        Assert.DoesNotContain("hunter2", Refusal("adminAddr='a'\ntoken='hunter2'"), StringComparison.Ordinal);
        Assert.Contains("adminAddr 'a b' is not valid", Refusal($"adminAddr='a b'\ntoken='{Token}'"), StringComparison.Ordinal);
        Assert.Contains("must be a text in quotes", Refusal($"adminAddr=7\ntoken='{Token}'"), StringComparison.Ordinal);
        Assert.Contains("fingerprint is not valid", Refusal($"adminAddr='a'\ntoken='{Token}'\nfingerprint='x'"), StringComparison.Ordinal);
    }

    [Fact]
    public void Broken_toml_names_the_line_and_quotes_nothing()
    {
        string message = Refusal($"adminAddr='a'\ntoken='{Token}\n");
        Assert.Contains("line 2", message, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, message, StringComparison.Ordinal);
        Assert.Contains("not UTF-8", Utf8Refusal(), StringComparison.Ordinal);
        Assert.Contains("too many", Refusal(new string('#', 70_000)), StringComparison.Ordinal);

        string Utf8Refusal()
        {
            AtomicFile.Write(CredsFile, [0xff, 0xfe, 0x00]);
            return Assert.Throws<CommandException>(Load).Message;
        }
    }

    [Fact]
    public void Any_bytes_are_read_or_refused()
    {
        Random random = new(7);
        byte[] good = System.Text.Encoding.UTF8.GetBytes($"adminAddr='a'\ntoken='{Token}'\n[t]\nx=[1,2]\n");
        Directory.CreateDirectory(Path.GetDirectoryName(CredsFile)!);
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = [.. good];
            for (int n = random.Next(1, 6); n > 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(CredsFile, bytes);
            File.SetUnixFileMode(CredsFile, AtomicFile.Private);
            Assert.Throws<CommandException>(Load);
        }
    }
}
