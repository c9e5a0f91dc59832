namespace FlexFs.Conformance.Names;

/// <summary>Names of 255 bytes of any value, wherever a call takes one.</summary>
public sealed class ByteNameTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("path_resolution(7), XBD 3.170 Filename: any bytes but zero and slash, NAME_MAX of them")]
    public void A_name_of_255_bytes_of_any_value_works_in_every_call(Place place) => In(place, () =>
    {
        var (file, other, folder, link, node) = (Name(1), Name(2), Name(3), Name(4), Name(5));
        Make(file, "x"u8);
        Ok(Link(file, other));
        Assert.Equal(2u, Stat(file).Links);
        Ok(Unlink(file));
        Ok(Rename(other, file));
        Ok(MkDir(folder));
        Make(folder + "/" + file, "y"u8);
        Assert.Equal("y"u8, Contents(folder + "/" + file));
        Ok(Symlink(file, link));
        var target = new byte[300];
        Assert.Equal(file.Bytes, target.AsSpan(0, Ok(Libc.ReadLinkAt(Here, link, target))));
        Assert.Equal("x"u8, Contents(link));
        Ok(MkNod(node, Mode.IFIFO | O(600)));
        Ok(Rename(folder, node, RENAME_EXCHANGE));
        Ok(Rename(folder, other, RENAME_WHITEOUT));
        Assert.Equal(Mode.IFCHR, Stat(folder).Type);
        Assert.Equal(Mode.IFDIR, Stat(node).Type);

        var here = Ok(Open(".", O_RDONLY | O_DIRECTORY));
        List<DirectoryEntry> entries = [];
        Ok(DirectoryEntries.ReadAll(here, entries));
        Close(here);
        foreach (var name in new[] { file, other, folder, link, node }) Assert.Single(entries, entry => entry.Name == name);
        foreach (var name in new[] { file, other, folder, link, node, CString.Of([.. file.Bytes, 1]) })
        {
            if (name.Bytes.Length == 255) Assert.Equal(name == file || name == link ? Mode.IFREG : Stat(name).Type, Followed(name));
            else Fails(ENAMETOOLONG, MkDir(name));
        }
    });

    [Theory, Man("path_resolution(7): names are compared byte by byte")]
    public void Names_that_differ_in_a_bit_a_case_or_their_normal_form_are_others(Place place) => In(place, () =>
    {
        CString[] names = ["a", "A", "\u00e9", "e\u0301", CString.Of(0xe9), CString.Of(0xc3), "a ", " a", "a.", "...", "....", "a\n", "\\", "*", CString.Of(0x7f), CString.Of(0xff)];
        for (var i = 0; i < names.Length; i++) Make(names[i], [(byte)i]);
        for (var i = 0; i < names.Length; i++) Assert.Equal((byte)i, Assert.Single(Contents(names[i])));
    });

    // Every value a byte of a name may have, in another order for each number.
    private static CString Name(int number)
    {
        var bytes = new byte[255];
        for (var i = 0; i < bytes.Length; i++)
        {
            var value = (byte)(((i + 1) * ((2 * number) + 1)) & 0xff);
            bytes[i] = value is 0 or (byte)'/' ? (byte)number : value;
        }

        return CString.Of(bytes);
    }

    private static uint Followed(CString name)
    {
        Ok(StatOf(name, out var found), $"stat {name}");
        return found.Type;
    }
}
