namespace FlexFs.Formats.Tests;

public sealed class GoldenTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flexfs-golden-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_missing_file_fails_and_is_not_written()
    {
        Assert.ThrowsAny<Exception>(() => Golden.Verify(_folder, "a", [1], isUpdating: false));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void An_update_writes_a_missing_file_which_then_holds()
    {
        var bytes = Enumerable.Range(0, 70).Select(i => (byte)i).ToArray();
        Golden.Verify(_folder, "b/c", bytes, isUpdating: true);
        Golden.Verify(_folder, "b/c", bytes, isUpdating: false);
        Assert.Equal(bytes, Golden.Read(Path.Combine(_folder, "b", "c.golden")));
    }

    [Fact]
    public void An_update_never_changes_a_file()
    {
        Golden.Verify(_folder, "d", [1, 2], isUpdating: true);
        Assert.ThrowsAny<Exception>(() => Golden.Verify(_folder, "d", [1, 3], isUpdating: true));
        Golden.Verify(_folder, "d", [1, 2], isUpdating: false);
    }
}
