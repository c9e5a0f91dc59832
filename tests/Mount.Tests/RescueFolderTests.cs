using System.Text.Json;
using FlexFs.Client;
using FlexFs.Core;
using FlexFs.Harness;
using FlexFs.Mount.Storage;
using FlexFs.Protocol.Metadata;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlexFs.Mount.Tests;

public sealed class RescueFolderTests : IDisposable
{
    private const UnixFileMode File0600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly Instant At = Instant.FromTimespec(1_700_000_000, 0);
    private readonly TempFolder _home = new();

    [Fact]
    public async Task Each_file_has_its_pieces_and_the_manifest_says_where_they_belong()
    {
        await New().SaveAsync(Lost(new RescuedFile(
            new InodeId(12),
            new AttributeChange { Mask = AttributeMask.Mode, Mode = 0x1A4 },
            [new RescuedPiece(5, new byte[] { 1, 2 }), new RescuedPiece(1L << 50, new byte[] { 3 })])));
        var folder = Assert.Single(Directory.GetDirectories(_home.Join("rescue", "shared")));
        Assert.Equal("20231114T221320Z-7", Path.GetFileName(folder));
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(Path.Combine(folder, "12"), TestContext.Current.CancellationToken));
        var manifest = Manifest(folder);
        Assert.Equal("shared", manifest.GetProperty("volume").GetString());
        var file = Assert.Single(manifest.GetProperty("files").EnumerateArray());
        Assert.Equal((12, "12", "0644"), (file.GetProperty("inode").GetInt32(), file.GetProperty("file").GetString(), file.GetProperty("mode").GetString()));
        Assert.Equal(
            [(5L, 2, 0), (1L << 50, 1, 2)],
            file.GetProperty("pieces").EnumerateArray().Select(piece => (
                piece.GetProperty("offset").GetInt64(), piece.GetProperty("length").GetInt32(), piece.GetProperty("at").GetInt32())));
    }

    [Fact]
    public async Task Nobody_else_may_read_it()
    {
        await New().SaveAsync(Lost(Bytes(12, 1)));
        var folder = Assert.Single(Directory.GetDirectories(_home.Join("rescue", "shared")));
        Assert.Equal(File0600 | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        Assert.All(Directory.GetFiles(folder), file => Assert.Equal(File0600, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task Above_the_bound_bytes_are_named_and_not_kept()
    {
        await New(bytesMax: 100).SaveAsync(Lost(Bytes(1, 60), Bytes(2, 60), Bytes(3, 30)));
        var folder = Assert.Single(Directory.GetDirectories(_home.Join("rescue", "shared")));
        var files = Manifest(folder).GetProperty("files").EnumerateArray().ToArray();
        Assert.Equal([true, false, true], files.Select(file => file.TryGetProperty("file", out _)));
        Assert.Equal(60, files[1].GetProperty("pieces")[0].GetProperty("length").GetInt32());
        Assert.False(File.Exists(Path.Combine(folder, "2")));
    }

    public void Dispose() => _home.Dispose();

    private static RescuedSession Lost(params RescuedFile[] files) => new(new SessionId(7), At, files);

    private static RescuedFile Bytes(ulong inode, int count) =>
        new(new InodeId(inode), default, [new RescuedPiece(0, new byte[count])]);

    private static JsonElement Manifest(string folder) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, RescueFolder.Manifest))).RootElement;

    private RescueFolder New(long bytesMax = 1 << 20) => new(
        new MountSettings { Volume = "shared", MountPoint = "/mnt", CredentialsPath = "", StateFolder = _home.Join() },
        NullLogger.Instance) { BytesMax = bytesMax };
}
