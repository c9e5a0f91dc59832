namespace FlexFs.Conformance.Names;

/// <summary>open(2) with O_TMPFILE.</summary>
public sealed class TmpFileTests(Subject subject) : Conforms(subject)
{
    [Theory, Man("open(2): O_TMPFILE")]
    public void It_has_no_name_until_it_is_given_one(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        var file = Ok(Open("d", O_RDWR | O_TMPFILE, O(640)));
        Assert.Equal((0u, O(640), Mode.IFREG), (Stat(file).Links, Stat(file).Permissions, Stat(file).Type));
        Ok(Libc.Write(file, "bytes"u8));
        Assert.Empty(List("d"));
        Ok(Libc.LinkAt(file, "", Here, "named", AT_EMPTY_PATH));
        Assert.Equal((1u, Stat(file).Inode), (Stat("named").Links, Stat("named").Inode));
        Close(file);
        Assert.Equal("bytes"u8, Contents("named"));
    });

    [Theory, Man("open(2): O_TMPFILE with O_EXCL")]
    public void With_O_EXCL_it_never_gets_a_name(Place place) => In(place, () =>
    {
        var file = Ok(Open(".", O_RDWR | O_TMPFILE | O_EXCL, O(600)));
        Fails(ENOENT, Libc.LinkAt(file, "", Here, "named", AT_EMPTY_PATH));
        Close(file);
    });

    [Theory, Man("open(2): EINVAL, EISDIR, ENOTDIR, ENOENT, EACCES")]
    public void Wrong_uses_are_refused(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("p", O(755)));
        Fails(EINVAL, Open(".", O_RDONLY | O_TMPFILE, O(600)));
        Fails(ENOTDIR, Open("f", O_RDWR | O_TMPFILE, O(600)));
        Fails(ENOENT, Open("x", O_RDWR | O_TMPFILE, O(600)));
        As(Alice, () => Fails(EACCES, Open("p", O_RDWR | O_TMPFILE, O(600))));
    });

    [Theory, Man("inode(7): set-group-ID")]
    public void In_a_set_group_ID_folder_it_has_the_folders_group(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Ok(ChOwn("d", 0, 2002));
        Ok(ChMod("d", O(2777)));
        As(Alice, () =>
        {
            var file = Ok(Open("d", O_RDWR | O_TMPFILE, O(600)));
            Assert.Equal((1001u, 2002u), (Stat(file).Uid, Stat(file).Gid));
            Close(file);
        });
    });
}
