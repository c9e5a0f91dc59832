namespace FlexFs.Conformance.Names;

/// <summary>opendir(3), readdir(3), getdents(2), seekdir(3).</summary>
public sealed class DirectoryTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("readdir(3)")]
    public void A_listing_has_every_name_once_with_type_and_inode(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Make("d/r");
        Ok(MkDir("d/dir"));
        Ok(Symlink("x", "d/l"));
        Ok(MkNod("d/p", Mode.IFIFO));
        Ok(MkNod("d/s", Mode.IFSOCK));
        Ok(MkNod("d/c", Mode.IFCHR, 0x103));
        Ok(MkNod("d/b", Mode.IFBLK, 0x103));
        var entries = Entries("d");
        Assert.Equal(
            [(".", 4), ("..", 4), ("b", 6), ("c", 2), ("dir", 4), ("l", 10), ("p", 1), ("r", 8), ("s", 12)],
            entries.Select(entry => (Text(entry), (int)entry.Type)).Order());
        foreach (var entry in entries) Assert.Equal(Stat("d/" + entry.Name).Inode, entry.Inode);
    });

    [Theory, Man("getdents(2): EINVAL")]
    public void A_buffer_that_holds_no_entry_is_EINVAL(Place place) => In(place, () =>
    {
        Make(Name255);
        var folder = Ok(Open(".", O_RDONLY | O_DIRECTORY));
        var small = new byte[100];
        long count;
        do count = Libc.GetDents(folder, small);
        while (count > 0);
        Fails(EINVAL, count);
        Close(folder);
    });

    [Theory, Man("getdents(2): ENOTDIR, EBADF")]
    public void Only_an_open_folder_is_listed(Place place) => In(place, () =>
    {
        Make("f");
        var file = Ok(Open("f", O_RDONLY));
        Fails(ENOTDIR, Libc.GetDents(file, new byte[1000]));
        Fails(EBADF, Libc.GetDents(-1, new byte[1000]));
        Close(file);
    });

    [Theory, Man("opendir(3): EACCES, ENOENT, ENOTDIR")]
    public void What_cannot_be_opened_as_a_folder_says_why(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("unreadable", O(311)));
        Fails(ENOENT, Open("x", O_RDONLY | O_DIRECTORY));
        Fails(ENOTDIR, Open("f", O_RDONLY | O_DIRECTORY));
        As(Alice, () => Fails(EACCES, Open("unreadable", O_RDONLY | O_DIRECTORY)));
    });

    [Theory, Man("rewinddir(3)")]
    public void From_the_start_again_what_is_new_shows_and_what_is_gone_does_not(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Make("d/a");
        var folder = Ok(Open("d", O_RDONLY | O_DIRECTORY));
        Assert.Equal(["a"], Names(folder));
        Make("d/b");
        Ok(Unlink("d/a"));
        Ok(Libc.Seek(folder, 0, Whence.SEEK_SET));
        Assert.Equal(["b"], Names(folder));
        Ok(Rename("d/b", "d/c"));
        Ok(Libc.Seek(folder, 0, Whence.SEEK_SET));
        Assert.Equal(["c"], Names(folder));
        Close(folder);
    });

    [Theory, Man("XSH seekdir")]
    public void A_listing_goes_on_where_an_entry_says(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        for (var i = 0; i < 300; i++) Make($"d/name-{i:d4}");
        var folder = Ok(Open("d", O_RDONLY | O_DIRECTORY));
        List<DirectoryEntry> all = [];
        Ok(DirectoryEntries.ReadAll(folder, all));
        foreach (var at in new[] { 0, 1, 2, 17, 150, 290 })
        {
            Ok(Libc.Seek(folder, all[at].Cookie, Whence.SEEK_SET));
            List<DirectoryEntry> rest = [];
            Ok(DirectoryEntries.ReadAll(folder, rest));
            Assert.Equal(all.Skip(at + 1).Select(entry => entry.Name), rest.Select(entry => entry.Name));
        }

        Close(folder);
    });

    [Theory, Man("XSH readdir")]
    public void What_stays_is_listed_once_though_others_come_and_go(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        for (var i = 0; i < 500; i++) Make($"d/stays-{i:d3}");
        for (var i = 0; i < 100; i++) Make($"d/goes-{i:d3}");
        var folder = Ok(Open("d", O_RDONLY | O_DIRECTORY));
        List<DirectoryEntry> seen = [];
        var buffer = new byte[2000];
        for (var i = 0; ; i++)
        {
            var count = Ok(Libc.GetDents(folder, buffer));
            if (count == 0) break;
            seen.AddRange(DirectoryEntries.Parse(buffer.AsSpan(0, count)));
            if (i < 100)
            {
                Ok(Unlink($"d/goes-{i:d3}"));
                Make($"d/comes-{i:d3}");
            }
        }

        Close(folder);
        var names = seen.Select(Text).Where(name => name.StartsWith("stays", StringComparison.Ordinal)).ToArray();
        Assert.Equal(500, names.Length);
        Assert.Equal(500, names.Distinct().Count());
        Assert.Equal(600, List("d").Length);
    });

    [Theory, Man("XSH readdir")]
    public void All_names_can_be_removed_while_they_are_listed(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        for (var i = 0; i < 400; i++) Make($"d/{i:d3}");
        var folder = Ok(Open("d", O_RDONLY | O_DIRECTORY));
        var buffer = new byte[1000];
        while (Ok(Libc.GetDents(folder, buffer)) is > 0 and var count)
        {
            foreach (var entry in DirectoryEntries.Parse(buffer.AsSpan(0, count)))
            {
                if (entry.Type == 8) Ok(Unlink("d/" + entry.Name));
            }
        }

        Close(folder);
        Ok(RmDir("d"));
    });

    [Theory, Man("XSH seekdir, XSH readdir")]
    public void A_listing_goes_on_behind_an_entry_that_is_gone_and_behind_one_that_was_replaced(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        for (var i = 0; i < 200; i++) Make($"d/name-{i:d3}");
        var folder = Ok(Open("d", O_RDONLY | O_DIRECTORY));
        List<DirectoryEntry> all = [];
        Ok(DirectoryEntries.ReadAll(folder, all));
        foreach (var (at, isReplaced) in new[] { (50, false), (100, true), (150, false) })
        {
            Ok(Unlink("d/" + all[at].Name));
            if (isReplaced) Make("d/" + all[at].Name);
            Ok(Libc.Seek(folder, all[at].Cookie, Whence.SEEK_SET));
            List<DirectoryEntry> rest = [];
            Ok(DirectoryEntries.ReadAll(folder, rest));
            var gone = all.Where(entry => !Exists("d/" + entry.Name)).Select(entry => entry.Name).ToHashSet();
            var stays = all.Skip(at + 1).Select(entry => entry.Name).Where(name => !gone.Contains(name));
            Assert.Equal(stays, rest.Select(entry => entry.Name).Where(name => name != all[at].Name && !all.Take(at).Any(entry => entry.Name == name)));
        }

        Close(folder);
    });

    private static List<DirectoryEntry> Entries(CString path)
    {
        var folder = Ok(Open(path, O_RDONLY | O_DIRECTORY));
        List<DirectoryEntry> entries = [];
        Ok(DirectoryEntries.ReadAll(folder, entries));
        Close(folder);
        return entries;
    }

    private static string[] Names(int folder)
    {
        List<DirectoryEntry> entries = [];
        Ok(DirectoryEntries.ReadAll(folder, entries));
        return [.. entries.Select(Text).Where(name => name is not ("." or "..")).Order(StringComparer.Ordinal)];
    }

    private static string Text(DirectoryEntry entry) => System.Text.Encoding.UTF8.GetString(entry.Name.Bytes);
}
