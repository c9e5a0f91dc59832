using FlexFs.Harness;

namespace FlexFs.Crash.Tests;

/// <summary>The first command of the README, from a folder and a home that do not exist yet.</summary>
public sealed class QuickstartTests
{
    [Fact]
    public async Task It_starts_goes_on_after_a_kill_stops_and_finds_its_data_again()
    {
        Requirements.Mounting();
        using TempFolder folder = new();
        var directory = folder.Join("a new folder", "quickstart");
        var run = new Dictionary<string, string>
        {
            ["DIR"] = directory,
            ["QUICKSTART"] = Path.Combine(Executables.Root(), "quickstart"),
            ["HOME"] = folder.Join("home"),
            ["FLEXFS_BIN"] = Together(folder.Join("bin")),
        };
        async Task<string> BashAsync(string what, string script) =>
            (await Shell.BashAsync(script, run, seconds: 180)).MustSucceed(what);

        try
        {
            await BashAsync("the first start", """ "$QUICKSTART" --dir "$DIR" --bare; echo kept >"$DIR/mnt/file"; sync "$DIR/mnt/file" """);
            await BashAsync("a start while all runs", """ "$QUICKSTART" --dir "$DIR" --bare; grep -q kept "$DIR/mnt2/file" """);
            await BashAsync(
                "a start after kill -9 of the metadata server",
                """ . "$DIR/env"; kill -9 "$FLEXFS_META_PID"; "$QUICKSTART" --dir "$DIR" --bare; grep -q kept "$DIR/mnt/file" """);
            await BashAsync("a stop", """ "$QUICKSTART" stop --dir "$DIR" """);
            Assert.Empty(MountTable.Below(folder.Path));
            await BashAsync("a start on what is there", """ "$QUICKSTART" --dir "$DIR" --bare; grep -q kept "$DIR/mnt2/file" """);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode("run/volume.token"));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode("home/.flexfs/mount/creds/quickstart"));
        }
        finally
        {
            await BashAsync("the last stop", """ "$QUICKSTART" stop --dir "$DIR" """);
        }

        UnixFileMode Mode(string path) => File.GetUnixFileMode(Path.Combine(directory, path));
    }

    // A folder with all executables, as ./dev publish makes it; those of a build lie in folders of their own.
    private static string Together(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var name in (string[])["free.flexfs", "meta.flexfs", "mount.flexfs"])
        {
            File.CreateSymbolicLink(Path.Combine(folder, name), Executables.Find(name));
        }

        return folder;
    }
}
