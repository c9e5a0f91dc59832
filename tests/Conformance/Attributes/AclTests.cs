using static FlexFs.Conformance.Harness.AclText;

namespace FlexFs.Conformance.Attributes;

/// <summary>acl(5): access and default ACLs, as setxattr(2) sets them and the kernel checks them.</summary>
public sealed class AclTests(Subject subject) : Conforms(subject)
{
    private static readonly Identity Member = new(1003, 2003, 3000);
    private readonly byte[] _buffer = new byte[4096];

    [Theory, Man("acl(5): ACCESS CHECK ALGORITHM, 1 to 4")]
    public void The_owner_a_named_user_a_group_and_the_others_get_what_their_entry_says(Place place) => In(place, () =>
    {
        Make("f", "x"u8, 0);
        Ok(ChOwn("f", 1001, 2001));
        Ok(Set("f", "u::---,u:1002:rw-,g::---,g:3000:r--,m::rw-,o::-w-"));
        // The owner's entry counts for the owner, though the others' would give more.
        As(Alice, () => Fails(EACCES, Open("f", O_WRONLY)));
        As(Bob, () => Close(Ok(Open("f", O_RDWR))));
        As(Member, () =>
        {
            Close(Ok(Open("f", O_RDONLY)));
            Fails(EACCES, Open("f", O_WRONLY));
        });
        As(new Identity(1004, 2004), () =>
        {
            Close(Ok(Open("f", O_WRONLY)));
            Fails(EACCES, Open("f", O_RDONLY));
        });
    });

    [Theory, Man("acl(5): ACL_MASK")]
    public void The_mask_takes_from_named_users_and_all_groups_but_not_from_owner_and_others(Place place) => In(place, () =>
    {
        Make("f", "x"u8, 0);
        Ok(ChOwn("f", 1001, 2002));
        Ok(Set("f", "u::rw-,u:1003:rw-,g::rw-,m::r--,o::rw-"));
        foreach (var who in new[] { Bob, Member })
        {
            As(who, () =>
            {
                Close(Ok(Open("f", O_RDONLY)));
                Fails(EACCES, Open("f", O_WRONLY));
            });
        }

        As(Alice, () => Close(Ok(Open("f", O_RDWR))));
        As(new Identity(1004, 2004), () => Close(Ok(Open("f", O_RDWR))));
    });

    [Theory, Man("acl(5): ACCESS CHECK ALGORITHM, 3")]
    public void Of_several_groups_one_must_give_all_that_is_asked_for(Place place) => In(place, () =>
    {
        Make("f", "x"u8, 0);
        Ok(Set("f", "u::---,g::---,g:2003:r--,g:3000:-w-,m::rwx,o::rwx"));
        As(Member, () =>
        {
            Close(Ok(Open("f", O_RDONLY)));
            Close(Ok(Open("f", O_WRONLY)));
            Fails(EACCES, Open("f", O_RDWR));
            Fails(EACCES, Access("f", 1));
        });
    });

    [Theory, Man("credentials(7): supplementary groups")]
    public void A_hundred_supplementary_groups_count_each(Place place) => In(place, () =>
    {
        Make("f", "x"u8, 0);
        Ok(Set("f", "u::---,g::---,g:5099:rw-,m::rw-,o::---"));
        Make("g", default, O(660));
        Ok(ChOwn("g", 1001, 5098));
        Make("h", default, O(600));
        Ok(ChOwn("h", 1001, 2001));
        As(new Identity(1001, 2001, [.. Enumerable.Range(5000, 100).Select(id => (uint)id)]), () =>
        {
            Close(Ok(Open("f", O_RDWR)));
            Ok(ChMod("g", O(2770)));
            Ok(ChOwn("h", -1, 5097));
            Fails(EPERM, ChOwn("h", -1, 5100));
        });
        Assert.Equal((O(2770), 5097u), (Stat("g").Permissions, Stat("h").Gid));
    });

    [Theory, Man("acl(5): CORRESPONDENCE BETWEEN ACL ENTRIES AND FILE PERMISSION BITS")]
    public void The_groups_bits_are_the_mask_and_chmod_changes_it(Place place) => In(place, () =>
    {
        Make("f", default, O(600));
        Assert.Equal(Moves.ChangedOnly, Moved("f", () => Ok(Set("f", "u::rwx,u:1002:rwx,g::r-x,m::rw-,o::--x"))));
        Assert.Equal(O(761), Stat("f").Permissions);
        Ok(ChMod("f", O(4640)));
        Assert.Equal("u::rw-,u:1002:rwx,g::r-x,m::r--,o::---", Get("f"));
        Assert.Equal(O(4640), Stat("f").Permissions);
        As(Bob, () =>
        {
            Close(Ok(Open("f", O_RDONLY)));
            Fails(EACCES, Open("f", O_WRONLY));
        });
        Ok(ChMod("f", O(600)));
        As(Bob, () => Fails(EACCES, Open("f", O_RDONLY)));
        Ok(ChMod("f", O(660)));
        As(Bob, () => Close(Ok(Open("f", O_RDWR))));
    });

    [Theory, Man("acl(5): a minimal ACL")]
    public void One_that_says_no_more_than_the_mode_becomes_the_mode(Place place) => In(place, () =>
    {
        Make("f", default, O(600));
        Ok(Set("f", "u::rw-,u:1002:rw-,g::r--,m::rw-,o::---"));
        Ok(Set("f", "u::rwx,g::r--,o::--x"));
        Assert.Equal((O(741), "none"), (Stat("f").Permissions, Get("f")));
        Assert.Equal(0, Ok(Xattrs.List("f", _buffer)));
        As(Bob, () => Fails(EACCES, Open("f", O_RDONLY)));
    });

    [Theory, Man("removexattr(2), acl(5)")]
    public void Removed_it_leaves_the_mode_and_what_is_not_there_is_removed_without_an_error(Place place) => In(place, () =>
    {
        Make("f", default, O(600));
        Ok(MkDir("d"));
        Ok(Set("f", "u::rw-,u:1002:rw-,g::r--,m::rw-,o::---"));
        Ok(Set("d", "u::rwx,g::r--,o::---", Default));
        Ok(Xattrs.Remove("f", AclText.Access));
        Ok(Xattrs.Remove("d", Default));
        Assert.Equal((O(660), "none", "none"), (Stat("f").Permissions, Get("f"), Get("d", Default)));
        As(Bob, () => Fails(EACCES, Open("f", O_RDONLY)));
        Ok(Xattrs.Remove("f", AclText.Access));
        Ok(Xattrs.Remove("f", Default));
        Ok(Xattrs.Remove("d", Default));
    });

    [Theory, Man("acl(5): OBJECT CREATION AND DEFAULT ACLs")]
    public void What_is_made_in_a_folder_inherits_its_default_ACL_and_no_umask(Place place) => In(place, () =>
    {
        const string inherited = "u::rwx,u:1002:rwx,g::r-x,m::rwx,o::r-x";
        Ok(MkDir("d"));
        Ok(Set("d", inherited, Default));
        _ = Libc.UMask(O(77));
        Make("d/f", default, O(640));
        Ok(MkNod("d/p", Mode.IFIFO | O(666)));
        Ok(MkNod("d/c", Mode.IFCHR | O(660), 0x103));
        Ok(MkDir("d/e", O(751)));
        Make("d/e/f", default, O(777));
        Ok(Symlink("x", "d/s"));
        Make("plain", default, O(666));
        _ = Libc.UMask(0);
        // Each entry of the class that the mode's bits are of gets no more than those.
        Assert.Equal(("u::rw-,u:1002:rwx,g::r-x,m::r--,o::---", O(640)), (Get("d/f"), Stat("d/f").Permissions));
        Assert.Equal(("u::rw-,u:1002:rwx,g::r-x,m::rw-,o::r--", O(664)), (Get("d/p"), Stat("d/p").Permissions));
        Assert.Equal(("u::rw-,u:1002:rwx,g::r-x,m::rw-,o::---", O(660)), (Get("d/c"), Stat("d/c").Permissions));
        Assert.Equal(("u::rwx,u:1002:rwx,g::r-x,m::r-x,o::--x", O(751)), (Get("d/e"), Stat("d/e").Permissions));
        Assert.Equal((inherited, inherited, O(775)), (Get("d/e", Default), Get("d/e/f"), Stat("d/e/f").Permissions));
        Assert.Equal((O(777), O(600), "none"), (Stat("d/s").Permissions, Stat("plain").Permissions, Get("plain")));
        As(Bob, () =>
        {
            Close(Ok(Open("d/f", O_RDONLY)));
            Fails(EACCES, Open("d/f", O_WRONLY));
            Close(Ok(Open("d/p", O_RDWR | O_NONBLOCK)));
            Close(Ok(Open("d/e/f", O_RDWR)));
        });
    });

    [Theory, Man("open(2): O_TMPFILE, acl(5)")]
    public void A_file_without_a_name_inherits_too(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Ok(Set("d", "u::rwx,u:1002:rw-,g::---,m::rw-,o::---", Default));
        _ = Libc.UMask(O(77));
        var file = Ok(Open("d", O_RDWR | O_TMPFILE, O(666)));
        _ = Libc.UMask(0);
        Assert.Equal(O(660), Stat(file).Permissions);
        Ok(Libc.LinkAt(file, "", Here, "named", AT_EMPTY_PATH));
        Close(file);
        Assert.Equal("u::rw-,u:1002:rw-,g::---,m::rw-,o::---", Get("named"));
    });

    [Theory, Man("acl(5): a default ACL of three entries")]
    public void A_minimal_default_ACL_sets_modes_and_goes_on_to_folders(Place place) => In(place, () =>
    {
        Ok(MkDir("d"));
        Ok(Set("d", "u::rwx,g::r-x,o::---", Default));
        _ = Libc.UMask(O(77));
        Make("d/f", default, O(666));
        Ok(MkDir("d/e", O(777)));
        _ = Libc.UMask(0);
        Assert.Equal((O(640), "none"), (Stat("d/f").Permissions, Get("d/f")));
        Assert.Equal((O(750), "none", "u::rwx,g::r-x,o::---"), (Stat("d/e").Permissions, Get("d/e"), Get("d/e", Default)));
    });

    [Theory, Man("acl(5): VALID ACLs")]
    public void What_is_not_valid_is_EINVAL(Place place) => In(place, () =>
    {
        Make("f", default, O(640));
        foreach (var text in new[]
        {
            "u::rw-,g::r--", "u::rw-,u:1002:rw-,g::r--,o::---", "g::r--,u::rw-,o::---", "u::rw-,u::rw-,g::r--,o::---",
            "u::rw-,g::r--,m::rw-,m::rw-,o::---", "u::rw-,g::r--,o::---,u:1002:rw-",
        })
        {
            Fails(EINVAL, Set("f", text), text);
        }

        var bytes = Bytes("u::rw-,u:1002:rw-,g::r--,m::rw-,o::---");
        Fails(EINVAL, Xattrs.Set("f", AclText.Access, bytes.AsSpan(0, bytes.Length - 1)));
        bytes[0] = 1;
        Fails(EOPNOTSUPP, Xattrs.Set("f", AclText.Access, bytes));
        Assert.Equal((O(640), "none"), (Stat("f").Permissions, Get("f")));
    });

    [Theory, Man("acl_set_file(3): EACCES, EPERM, ENOTSUP")]
    public void Only_owners_set_them_only_folders_have_defaults_and_links_have_none(Place place) => In(place, () =>
    {
        const string acl = "u::rw-,u:1002:rw-,g::r--,m::rw-,o::---";
        Make("f", default, O(666));
        Ok(ChOwn("f", 1001, 2001));
        Ok(Symlink("f", "s"));
        Ok(Symlink("nothing", "dangling"));
        Fails(EACCES, Set("f", acl, Default));
        As(Bob, () =>
        {
            Fails(EPERM, Set("f", acl));
            Fails(EPERM, Xattrs.Remove("f", AclText.Access));
        });
        As(Alice, () => Ok(Set("f", acl)));
        As(Bob, () => Assert.Equal(acl, Get("f")));
        Fails(EOPNOTSUPP, Xattrs.Set("s", AclText.Access, Bytes(acl), follow: false));
        Fails(EOPNOTSUPP, Xattrs.Get("s", AclText.Access, _buffer, follow: false));
        Fails(ENOENT, Set("dangling", acl));
        Ok(Set("s", "u::rw-,u:1003:r--,g::---,m::r--,o::---"));
        Assert.Equal("u::rw-,u:1003:r--,g::---,m::r--,o::---", Get("f"));
    });

    [Theory, Man("chmod(2): set-group-ID, acl(5)")]
    public void Set_by_an_owner_outside_of_the_group_it_clears_set_group_ID(Place place) => In(place, () =>
    {
        foreach (var (name, gid, mode) in new[] { ("in", 2001, 2770), ("out", 2002, 770) })
        {
            Make(name);
            Ok(ChOwn(name, 1001, gid));
            Ok(ChMod(name, O(2700)));
            As(Alice, () => Ok(Set(name, "u::rwx,u:1002:r--,g::---,m::rwx,o::---")));
            Assert.Equal(O(mode), Stat(name).Permissions);
        }
    });

    [Theory, Man("listxattr(2), acl(5)")]
    public void They_are_listed_and_belong_to_the_inode(Place place) => In(place, () =>
    {
        const string acl = "u::rw-,u:1002:rw-,g::r--,m::rw-,o::---";
        Make("f", default, O(600));
        Ok(Set("f", acl));
        Ok(Xattrs.Set("f", "user.a", "x"u8));
        Ok(Link("f", "g"));
        Ok(Rename("f", "h"));
        var count = Ok(Xattrs.List("g", _buffer));
        Assert.Equal(
            [AclText.Access, "user.a"],
            System.Text.Encoding.UTF8.GetString(_buffer, 0, count).Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        Assert.Equal((acl, acl), (Get("g"), Get("h")));
        Fails(ERANGE, Xattrs.Get("g", AclText.Access, _buffer.AsSpan(0, 10)));
        Assert.Equal(44, Ok(Xattrs.Get("g", AclText.Access, [])));
    });

    [Theory, Man("acl(5): directories")]
    public void In_a_folder_an_entry_gives_and_takes_names_and_passage(Place place) => In(place, () =>
    {
        Ok(MkDir("d", O(700)));
        Make("d/f", default, O(666));
        Ok(Set("d", "u::rwx,u:1002:--x,u:1003:rwx,g::---,m::rwx,o::---"));
        As(Bob, () =>
        {
            Close(Ok(Open("d/f", O_RDONLY)));
            Fails(EACCES, Open("d", O_RDONLY | O_DIRECTORY));
            Fails(EACCES, MkDir("d/e"));
            Fails(EACCES, Unlink("d/f"));
        });
        As(Member, () =>
        {
            Assert.Equal(["f"], List("d"));
            Ok(Rename("d/f", "d/g"));
            Ok(Unlink("d/g"));
        });
        As(Alice, () => Fails(EACCES, StatOf("d/f", out _)));
    });
}
