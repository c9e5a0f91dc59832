using static FlexFs.Conformance.Harness.AclText;

namespace FlexFs.Conformance.Attributes;

/// <summary>--rootSquash: exports(5), root_squash. Root may what the user may that it is squashed to, as ext4 has it for that user.</summary>
public sealed class RootSquashTests(Subject subject) : Conforms(subject)
{
    private const int Nobodys = 65534;
    private readonly byte[] _buffer = new byte[4096];

    [Theory, Man("exports(5): root_squash, open(2)", Squashed = true)]
    public void What_it_makes_belongs_to_the_squash_ids(Place place) => In(place, () =>
    {
        AsSquashed(place, () =>
        {
            Make("f", "x"u8);
            Ok(MkDir("d"));
            Ok(Symlink("f", "s"));
            Ok(MkNod("p", Mode.IFIFO | O(600)));
            var file = Ok(Open(".", O_RDWR | O_TMPFILE, O(600)));
            Assert.Equal((65534u, 65534u), (Stat(file).Uid, Stat(file).Gid));
            Close(file);
        });
        foreach (var name in new[] { "f", "d", "s", "p" }) Assert.Equal((65534u, 65534u), (Stat(name).Uid, Stat(name).Gid));
    });

    [Theory, Man("open(2): EACCES, path_resolution(7)", Squashed = true)]
    public void Files_and_folders_of_others_are_opened_by_their_modes_and_ACLs(Place place) => In(place, () =>
    {
        Make("private", "x"u8, O(600));
        Make("readable", "x"u8, O(604));
        Make("listed", "x"u8, O(600));
        Make("denied", "x"u8, O(606));
        Ok(Set("listed", "u::rw-,u:65534:rw-,g::---,m::rw-,o::---"));
        Ok(Set("denied", "u::rw-,g::---,g:65534:---,m::rw-,o::rw-"));
        MakeClosedFolder("closed");
        Ok(MkDir("unlisted", O(711)));
        Make("unlisted/f", "x"u8, O(644));
        AsSquashed(place, () =>
        {
            Fails(EACCES, Open("private", O_RDONLY));
            Fails(EACCES, Open("private", O_WRONLY));
            Fails(EACCES, Open("private", O_CREAT | O_RDWR, O(644)));
            Fails(EACCES, Libc.Truncate("private", 0));
            Close(Ok(Open("readable", O_RDONLY)));
            Fails(EACCES, Open("readable", O_RDWR));
            Fails(EACCES, Open("readable", O_RDONLY | O_TRUNC));
            Close(Ok(Open("listed", O_RDWR)));
            Fails(EACCES, Open("denied", O_RDONLY));
            Fails(EACCES, Open("closed/file", O_RDONLY));
            Fails(EACCES, StatOf("closed/file", out _));
            Fails(EACCES, Open("unlisted", O_RDONLY | O_DIRECTORY));
            Close(Ok(Open("unlisted/f", O_RDONLY)));
            Fails(EPERM, Open("readable", O_RDONLY | O_NOATIME));
        });
        Assert.Equal("x"u8, Contents("readable"));
    });

    [Theory, Man("mkdir(2), mknod(2), symlink(2), link(2), unlink(2), rmdir(2), open(2): EACCES", Squashed = true)]
    public void Names_in_folders_of_others_are_theirs(Place place) => In(place, () =>
    {
        Ok(MkDir("p", O(755)));
        Make("p/f", default, O(666));
        Ok(MkDir("p/d", O(777)));
        Make("mine", default, O(666));
        Ok(ChOwn("mine", Nobodys, Nobodys));
        AsSquashed(place, () =>
        {
            Fails(EACCES, Open("p/new", O_CREAT | O_RDWR, O(644)));
            Fails(EACCES, Open("p", O_TMPFILE | O_RDWR, O(644)));
            Fails(EACCES, MkDir("p/new"));
            Fails(EACCES, MkNod("p/new", Mode.IFIFO));
            Fails(EACCES, Symlink("x", "p/new"));
            Fails(EACCES, Link("mine", "p/new"));
            Fails(EACCES, Unlink("p/f"));
            Fails(EACCES, RmDir("p/d"));
            Fails(EACCES, Rename("p/f", "f"));
            Fails(EACCES, Rename("mine", "p/f"));
            Fails(EPERM, MkNod("c", Mode.IFCHR | O(600), 0x103));
            Fails(EPERM, MkNod("b", Mode.IFBLK | O(600), 0x103));
            Fails(EPERM, MkNod("b", Mode.IFBLK | O(600), 0));
            // A whiteout may be made by everybody (vfs_mknod).
            Ok(MkNod("w", Mode.IFCHR | O(600), 0));
        });
        Assert.Equal(["d", "f"], List("p"));
    });

    [Theory, Man("rename(2): EACCES, EPERM", Squashed = true)]
    public void A_folder_of_others_moves_to_no_other_parent_and_sticky_folders_hold(Place place) => In(place, () =>
    {
        Ok(MkDir("p"));
        Ok(MkDir("d", O(755)));
        Ok(MkDir("own", O(755)));
        Ok(ChOwn("own", Nobodys, Nobodys));
        Ok(MkDir("p/q", O(755)));
        Ok(MkDir("t"));
        Ok(ChMod("t", O(1777)));
        As(Bob, () => Make("t/bobs", default, O(666)));
        AsSquashed(place, () =>
        {
            Fails(EACCES, Rename("d", "p/d"));
            Fails(EACCES, Rename("own", "p/q", RENAME_EXCHANGE));
            Ok(Rename("d", "e"));
            Ok(Rename("own", "p/own"));
            Make("t/mine");
            Fails(EPERM, Unlink("t/bobs"));
            Fails(EPERM, Rename("t/bobs", "t/x"));
            Fails(EPERM, Rename("t/mine", "t/bobs"));
            Ok(Unlink("t/mine"));
        });
    });

    [Theory, Man("chmod(2), chown(2), utimensat(2): EPERM", Squashed = true)]
    public void Attributes_are_changed_by_owners(Place place) => In(place, () =>
    {
        Make("f", default, O(666));
        Make("closed", default, O(644));
        Make("mine");
        Ok(ChOwn("mine", Nobodys, Nobodys));
        AsSquashed(place, () =>
        {
            Fails(EPERM, ChMod("f", O(777)));
            Fails(EPERM, ChOwn("f", Nobodys, -1));
            Fails(EPERM, ChOwn("f", -1, Nobodys));
            Fails(EPERM, ChOwn("mine", 0, -1));
            Fails(EPERM, ChOwn("mine", -1, 0));
            Fails(EPERM, Libc.UTimeNsAt(Here, "f", new Timespec(5, 5), new Timespec(5, 5)));
            Ok(Libc.UTimeNsAt(Here, "f", Timespec.Now, Timespec.Now));
            Fails(EACCES, Libc.UTimeNsAt(Here, "closed", Timespec.Now, Timespec.Now));
            Ok(ChMod("mine", O(640)));
            Ok(ChOwn("mine", -1, Nobodys));
            Ok(Libc.UTimeNsAt(Here, "mine", new Timespec(5, 5), new Timespec(5, 5)));
        });
        Assert.Equal((O(640), 5L), (Stat("mine").Permissions, Stat("mine").Modified.Seconds));
    });

    [Theory, Man("chmod(2): set-group-ID, open(2), setxattr(2)", Squashed = true)]
    public void Set_group_ID_is_not_set_on_files_of_other_groups(Place place) => In(place, () =>
    {
        Make("f");
        Ok(ChOwn("f", Nobodys, 2001));
        Make("g");
        Ok(ChOwn("g", Nobodys, Nobodys));
        Make("acl");
        Ok(ChOwn("acl", Nobodys, 2001));
        Ok(ChMod("acl", O(2755)));
        Ok(MkDir("d"));
        Ok(ChOwn("d", 0, 2001));
        Ok(ChMod("d", O(2777)));
        AsSquashed(place, () =>
        {
            Ok(ChMod("f", O(2755)));
            Ok(ChMod("g", O(2755)));
            Ok(Set("acl", "u::rwx,u:1002:r--,g::---,m::rwx,o::---"));
            Make("d/f", default, O(2755));
            Ok(MkNod("d/p", Mode.IFIFO | O(2770)));
        });
        Assert.Equal((O(755), O(2755), O(770)), (Stat("f").Permissions, Stat("g").Permissions, Stat("acl").Permissions));
        Assert.Equal((O(755), 2001u, O(770)), (Stat("d/f").Permissions, Stat("d/f").Gid, Stat("d/p").Permissions));
    });

    [Theory, Man("inode(7): set-user-ID", Squashed = true)]
    public void Programs_of_others_lose_set_user_ID_when_it_changes_them(Place place) => In(place, () =>
    {
        Action<CString>[] changes =
        [
            name => Change(name, file => Ok(Libc.Write(file, "y"u8))),
            name => Change(name, file => Ok(Libc.FTruncate(file, 2))),
            name => Change(name, file => Ok(Libc.FAllocate(file, AllocateFlags.None, 0, 5000))),
            name => Ok(Libc.Truncate(name, 1)),
            name => Close(Ok(Open(name, O_WRONLY | O_TRUNC))),
        ];
        for (var i = 0; i < changes.Length; i++)
        {
            var (name, change) = ($"f{i}", changes[i]);
            Make(name, "0123"u8);
            Ok(ChMod(name, O(6777)));
            AsSquashed(place, () =>
            {
                change(name);
                Assert.Equal((i, O(777)), (i, Stat(name).Permissions));
            });
            Assert.Equal((i, O(777)), (i, Stat(name).Permissions));
        }
    });

    [Theory, Man("xattr(7)", Squashed = true)]
    public void Attributes_go_by_modes_and_privileges(Place place) => In(place, () =>
    {
        Make("f", default, O(644));
        Make("open", default, O(666));
        Ok(MkDir("t"));
        Ok(ChMod("t", O(1777)));
        foreach (var name in new[] { "user.a", "trusted.a", "security.a" }) Ok(Xattrs.Set("f", name, "x"u8));
        AsSquashed(place, () =>
        {
            Ok(Xattrs.Get("f", "user.a", _buffer));
            Fails(ENODATA, Xattrs.Get("f", "trusted.a", _buffer));
            var count = Ok(Xattrs.List("f", _buffer));
            Assert.DoesNotContain("trusted.a", System.Text.Encoding.UTF8.GetString(_buffer, 0, count), StringComparison.Ordinal);
            Fails(EACCES, Xattrs.Set("f", "user.a", "y"u8));
            Fails(EACCES, Xattrs.Remove("f", "user.a"));
            Fails(EPERM, Xattrs.Set("open", "trusted.a", "y"u8));
            Fails(EPERM, Xattrs.Set("open", "security.a", "y"u8));
            Ok(Xattrs.Set("open", "user.a", "y"u8));
            Fails(EPERM, Xattrs.Set("t", "user.a", "y"u8));
            Fails(EPERM, Set("open", "u::rw-,g::rw-,o::---"));
        });
        Ok(ChMod("f", O(600)));
        AsSquashed(place, () => Fails(EACCES, Xattrs.Get("f", "user.a", _buffer)));
    });

    private static void Change(CString name, Action<int> change)
    {
        var file = Ok(Open(name, O_WRONLY));
        change(file);
        Close(file);
    }
}
