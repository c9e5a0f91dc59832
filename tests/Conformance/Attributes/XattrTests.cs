namespace FlexFs.Conformance.Attributes;

/// <summary>setxattr(2), getxattr(2), listxattr(2), removexattr(2), xattr(7).</summary>
public sealed class XattrTests(Subject subject) : Conforms(subject)
{
    private readonly byte[] _buffer = new byte[70_000];

    [Theory, Man("setxattr(2)")]
    public void A_value_is_any_bytes_and_only_the_change_time_moves(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("d"));
        foreach (var name in new[] { "f", "d" })
        {
            byte[] value = [0, 1, 0xff, 0, 7];
            Assert.Equal(Moves.ChangedOnly, Moved(name, () => Ok(Xattrs.Set(name, "user.a", value))));
            Assert.Equal(5, Ok(Xattrs.Get(name, "user.a", _buffer)));
            Assert.Equal(value, _buffer.AsSpan(0, 5));
            Ok(Xattrs.Set(name, "user.a", "other"u8));
            Ok(Xattrs.Set(name, "user.empty", []));
            Assert.Equal(5, Ok(Xattrs.Get(name, "user.a", _buffer)));
            Assert.Equal(0, Ok(Xattrs.Get(name, "user.empty", _buffer)));
            Assert.Equal(Moves.ChangedOnly, Moved(name, () => Ok(Xattrs.Remove(name, "user.a"))));
            Fails(ENODATA, Xattrs.Get(name, "user.a", _buffer));
        }
    });

    [Theory, Man("setxattr(2): EEXIST, ENODATA")]
    public void Create_and_replace_keep_to_what_is_there(Place place) => In(place, () =>
    {
        Make("f");
        Fails(ENODATA, Xattrs.Set("f", "user.a", "1"u8, Xattrs.XATTR_REPLACE));
        Ok(Xattrs.Set("f", "user.a", "1"u8, Xattrs.XATTR_CREATE));
        Fails(EEXIST, Xattrs.Set("f", "user.a", "2"u8, Xattrs.XATTR_CREATE));
        Ok(Xattrs.Set("f", "user.a", "3"u8, Xattrs.XATTR_REPLACE));
        Assert.Equal(1, Ok(Xattrs.Get("f", "user.a", _buffer)));
        Assert.Equal((byte)'3', _buffer[0]);
        Fails(EINVAL, Xattrs.Set("f", "user.a", "4"u8, 4));
    });

    [Theory, Man("getxattr(2): ENODATA, ERANGE")]
    public void A_missing_one_is_ENODATA_and_a_small_buffer_ERANGE(Place place) => In(place, () =>
    {
        Make("f");
        Ok(Xattrs.Set("f", "user.a", "0123456789"u8));
        Fails(ENODATA, Xattrs.Get("f", "user.b", _buffer));
        Fails(ENODATA, Xattrs.Remove("f", "user.b"));
        Fails(ERANGE, Xattrs.Get("f", "user.a", _buffer.AsSpan(0, 9)));
        Assert.Equal(10, Ok(Xattrs.Get("f", "user.a", [])));
        Assert.Equal(10, Ok(Xattrs.Get("f", "user.a", _buffer.AsSpan(0, 10))));
    });

    [Theory, Man("listxattr(2)")]
    public void Names_are_listed_each_with_its_end(Place place) => In(place, () =>
    {
        Make("f");
        Assert.Equal(0, Ok(Xattrs.List("f", _buffer)));
        foreach (var name in new[] { "user.a", "user.bb", "trusted.c" }) Ok(Xattrs.Set("f", name, "x"u8));
        var count = Ok(Xattrs.List("f", _buffer));
        Assert.Equal(["trusted.c", "user.a", "user.bb"], Names(count));
        Assert.Equal(count, Ok(Xattrs.List("f", [])));
        Fails(ERANGE, Xattrs.List("f", _buffer.AsSpan(0, count - 1)));
        Ok(Xattrs.Remove("f", "user.a"));
        Assert.Equal(["trusted.c", "user.bb"], Names(Ok(Xattrs.List("f", _buffer))));
    });

    [Theory, Man("setxattr(2): ERANGE, E2BIG")]
    public void Names_and_values_have_their_limits(Place place) => In(place, () =>
    {
        Make("f");
        Ok(Xattrs.Set("f", "user." + new string('n', 250), "x"u8));
        Fails(ERANGE, Xattrs.Set("f", "user." + new string('n', 251), "x"u8));
        Fails(ERANGE, Xattrs.Set("f", "", "x"u8));
        Fails(E2BIG, Xattrs.Set("f", "user.a", new byte[65_537]));
    });

    [Theory, Man("xattr(7): user")]
    public void User_attributes_are_for_files_and_folders_and_go_by_their_modes(Place place) => In(place, () =>
    {
        Make("f", default, O(604));
        Ok(MkNod("p", Mode.IFIFO | O(666)));
        Ok(Symlink("f", "s"));
        Fails(EPERM, Xattrs.Set("p", "user.a", "x"u8));
        Fails(EPERM, Xattrs.Set("s", "user.a", "x"u8, follow: false));
        Fails(ENODATA, Xattrs.Get("p", "user.a", _buffer));
        Ok(Xattrs.Set("f", "user.a", "x"u8));
        As(Bob, () =>
        {
            Fails(EACCES, Xattrs.Set("f", "user.a", "y"u8));
            Fails(EACCES, Xattrs.Remove("f", "user.a"));
            Ok(Xattrs.Get("f", "user.a", _buffer));
        });
        Ok(ChMod("f", O(600)));
        As(Bob, () => Fails(EACCES, Xattrs.Get("f", "user.a", _buffer)));
        Ok(MkDir("t"));
        Ok(ChMod("t", O(1777)));
        As(Bob, () => Fails(EPERM, Xattrs.Set("t", "user.a", "x"u8)));
    });

    [Theory, Man("xattr(7): trusted, security")]
    public void Trusted_and_security_attributes_are_set_by_root(Place place) => In(place, () =>
    {
        Make("f", default, O(666));
        Ok(Xattrs.Set("f", "trusted.a", "x"u8));
        Ok(Xattrs.Set("f", "security.a", "x"u8));
        As(Bob, () =>
        {
            Fails(EPERM, Xattrs.Set("f", "trusted.a", "y"u8));
            Fails(ENODATA, Xattrs.Get("f", "trusted.a", _buffer));
            Fails(EPERM, Xattrs.Remove("f", "trusted.a"));
            Fails(EPERM, Xattrs.Set("f", "security.a", "y"u8));
            Ok(Xattrs.Get("f", "security.a", _buffer));
            Assert.Equal(["security.a"], Names(Ok(Xattrs.List("f", _buffer))));
        });
        Assert.Equal(["security.a", "trusted.a"], Names(Ok(Xattrs.List("f", _buffer))));
    });

    [Theory, Man("setxattr(2): EOPNOTSUPP")]
    public void A_name_of_no_namespace_is_EOPNOTSUPP_and_one_of_nothing_else_EINVAL(Place place) => In(place, () =>
    {
        Make("f");
        foreach (var name in new[] { "a", "nonsense.a", "User.a" })
        {
            Fails(EOPNOTSUPP, Xattrs.Set("f", name, "x"u8), name);
            Fails(EOPNOTSUPP, Xattrs.Get("f", name, _buffer), name);
            Fails(EOPNOTSUPP, Xattrs.Remove("f", name), name);
        }

        Fails(EINVAL, Xattrs.Set("f", "user.", "x"u8));
        Fails(EINVAL, Xattrs.Get("f", "user.", _buffer));
    });

    [Theory, Man("setxattr(2): a symbolic link")]
    public void A_link_is_followed_unless_it_is_not_to_be(Place place) => In(place, () =>
    {
        Make("f");
        Ok(Symlink("f", "s"));
        Ok(Xattrs.Set("s", "trusted.a", "file"u8));
        Ok(Xattrs.Set("s", "trusted.a", "link"u8, follow: false));
        Assert.Equal(4, Ok(Xattrs.Get("f", "trusted.a", _buffer)));
        Assert.Equal("file"u8, _buffer.AsSpan(0, 4));
        Assert.Equal(4, Ok(Xattrs.Get("s", "trusted.a", _buffer, follow: false)));
        Assert.Equal("link"u8, _buffer.AsSpan(0, 4));
    });

    [Theory, Man("fsetxattr(2)")]
    public void All_names_and_open_files_of_an_inode_have_the_same(Place place) => In(place, () =>
    {
        var file = Ok(Open("f", O_CREAT | O_RDWR, O(644)));
        Ok(Xattrs.Set(file, "user.a", "1"u8));
        Ok(Link("f", "g"));
        Ok(Rename("f", "h"));
        Ok(Xattrs.Set("g", "user.b", "2"u8));
        Ok(Xattrs.Get("h", "user.a", _buffer));
        Ok(Xattrs.Get(file, "user.b", _buffer));
        Ok(Unlink("g"));
        Ok(Unlink("h"));
        Assert.Equal(["user.a", "user.b"], Names(Ok(Xattrs.List(file, _buffer))));
        Ok(Xattrs.Remove(file, "user.a"));
        Close(file);
        Fails(EBADF, Xattrs.Get(file, "user.b", _buffer));
    });

    [Theory, Man("setxattr(2): ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EACCES")]
    public void Wrong_paths_are_refused(Place place) => In(place, () =>
    {
        Make("f");
        MakeLoop("loop");
        MakeClosedFolder("closed");
        foreach (var (errno, path) in new (Core.Errno, CString)[]
        {
            (ENOENT, "x"), (ENOENT, ""), (ENOTDIR, "f/x"), (ELOOP, "loop"), (ENAMETOOLONG, Name256), (ENAMETOOLONG, PathTooLong),
        })
        {
            Fails(errno, Xattrs.Set(path, "user.a", "x"u8), $"set {path}");
            Fails(errno, Xattrs.Get(path, "user.a", _buffer), $"get {path}");
            Fails(errno, Xattrs.List(path, _buffer), $"list {path}");
            Fails(errno, Xattrs.Remove(path, "user.a"), $"remove {path}");
        }

        As(Alice, () => Fails(EACCES, Xattrs.Set("closed/file", "user.a", "x"u8)));
    });

    [Theory, Man("setxattr(2): ENOSPC, listxattr(2)", MountOnly = true)]
    public void Values_have_64_KiB_and_an_inode_a_MiB_of_them_and_64_KiB_of_names(Place place) => In(place, () =>
    {
        Make("f");
        var value = new byte[65_536];
        new Random(6).NextBytes(value);
        var count = 0;
        while (Xattrs.Set("f", $"user.{count}", value) == 0) count++;
        Assert.Equal(16, count);
        Fails(ENOSPC, Xattrs.Set("f", "user.more", "x"u8));
        Assert.Equal(65_536, Ok(Xattrs.Get("f", "user.15", _buffer)));
        Assert.Equal(value, _buffer.AsSpan(0, 65_536));
        Ok(Xattrs.Remove("f", "user.0"));
        Ok(Xattrs.Set("f", "user.more", "x"u8));

        Make("g");
        count = 0;
        while (Xattrs.Set("g", $"user.{count:d250}", []) == 0) count++;
        Fails(ENOSPC, Xattrs.Set("g", $"user.{count:d250}", []));
        Assert.Equal(65_536 / 256, count);
        Assert.Equal(65_536, Ok(Xattrs.List("g", _buffer)));
        Fails(ERANGE, Xattrs.List("g", _buffer.AsSpan(0, 65_535)));
    });

    [Theory, Man("capabilities(7): file capabilities")]
    public void File_capabilities_go_with_what_changes_the_file_or_its_owner(Place place) => In(place, () =>
    {
        // struct vfs_cap_data, revision 2, effective: CAP_NET_BIND_SERVICE.
        byte[] capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        const string name = "security.capability";
        (string What, Action Change)[] changes =
        [
            ("write", () => { var f = Ok(Open("f", O_WRONLY)); Ok(Libc.Write(f, "y"u8)); Close(f); }),
            ("truncate", () => Ok(Libc.Truncate("f", 2))),
            ("chown", () => Ok(ChOwn("f", 1001, 2001))),
        ];
        Make("f", "0123"u8, O(755));
        foreach (var (what, change) in changes)
        {
            Ok(Xattrs.Set("f", name, capability));
            Ok(ChMod("f", O(700)));
            Assert.Equal(capability, _buffer.AsSpan(0, Ok(Xattrs.Get("f", name, _buffer))));
            change();
            Fails(ENODATA, Xattrs.Get("f", name, _buffer), what);
        }
    });

    private string[] Names(int count) => [.. System.Text.Encoding.UTF8.GetString(_buffer, 0, count)
        .Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
}
