using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs;

/// <summary>Extended attributes, ACLs, umask and squashed root, on mounts of their own.</summary>
public sealed class AccessTests
{
    private const string Functions = """
        as() { setpriv --reuid 1234 --regid 1234 --clear-groups "$@"; }
        soon() { local i; for i in $(seq 150); do if "$@" 2>/dev/null; then return 0; fi; sleep 0.02; done; echo "not soon: $*" >&2; return 1; }
        cat >$tmp/acl.c <<'C'
        #include <errno.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/xattr.h>
        // acl PATH access|default TAG:PERM:ID...: sets; without entries: prints.
        int main(int count, char **v)
        {
            char name[64]; uint8_t bytes[4096] = { 2 }; int length = 4;
            snprintf(name, sizeof name, "system.posix_acl_%s", v[2]);
            if (count == 3) {
                ssize_t got = getxattr(v[1], name, bytes, sizeof bytes);
                if (got < 0) { printf("%s\n", strerror(errno)); return 0; }
                for (int i = 4; i < got; i += 8) printf("%d:%d:%d ", bytes[i], bytes[i + 2], *(int32_t *)(bytes + i + 4));
                printf("\n"); return 0;
            }
            for (int i = 3; i < count; i++, length += 8) {
                int tag, perm, id; if (sscanf(v[i], "%d:%d:%d", &tag, &perm, &id) != 3) return 2;
                bytes[length] = tag; bytes[length + 2] = perm; *(int32_t *)(bytes + length + 4) = id;
            }
            if (setxattr(v[1], name, bytes, length, 0) != 0) { printf("%s\n", strerror(errno)); return 1; }
            return 0;
        }
        C
        gcc -Wall -o $tmp/acl $tmp/acl.c; chmod 711 $tmp

        """;

    [Fact]
    public async Task Acls_are_enforced_inherited_and_one_with_the_permission_bits()
    {
        Requirements.Mounting();
        Requirements.Programs("gcc", "setpriv", "python3");
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { MountFlags = ["--acl"] });
        await cluster.BashAsync(Functions +
            """
            chmod 755 $a; echo secret >$a/f; chmod 600 $a/f; ! as cat $a/f 2>/dev/null
            $tmp/acl $a/f access 1:6:-1 2:4:1234 4:0:-1 16:4:-1 32:0:-1; [ $(stat -c %a $a/f) = 640 ]; [ "$(as cat $a/f)" = secret ]; ! as bash -c "echo x >>$a/f" 2>/dev/null
            soon eval '[ "$(as cat $b/f)" = secret ]'; chmod 600 $a/f; ! as cat $a/f 2>/dev/null; [ "$($tmp/acl $a/f access)" = "1:6:-1 2:4:1234 4:0:-1 16:0:-1 32:0:-1 " ]
            $tmp/acl $a/f access 1:6:-1 4:4:-1 32:0:-1; [ "$($tmp/acl $a/f access)" = 'No data available' ]; [ $(stat -c %a $a/f) = 640 ]
            mkdir $a/d; $tmp/acl $a/d default 1:7:-1 2:7:1234 4:5:-1 16:7:-1 32:0:-1; umask 077; : >$a/d/f; mkdir $a/d/e; : >$a/d/e/g
            [ "$(stat -c %a $a/d/f)" = 660 ]; [ "$($tmp/acl $b/d/f access)" = "1:6:-1 2:7:1234 4:5:-1 16:6:-1 32:0:-1 " ]
            [ "$($tmp/acl $a/d/e default)" = "1:7:-1 2:7:1234 4:5:-1 16:7:-1 32:0:-1 " ]; [ "$(stat -c %a $a/d/e/g)" = 660 ]; chmod 755 $a/d; as bash -c "echo mine >>$a/d/f"
            : >$a/plain; [ "$(stat -c %a $a/plain)" = 600 ]; ln -s f $a/d/link; mkfifo -m 666 $a/d/p
            [ "$($tmp/acl $a/plain default 1:7:-1 4:5:-1 32:0:-1)" = 'Permission denied' ]; [ "$($tmp/acl $a/plain access 1:7:-1 4:5:-1)" = 'Invalid argument' ]
            as bash -c "cd $a; ! $tmp/acl plain access 1:7:-1 4:5:-1 32:0:-1" | grep -q 'not permitted'
            chown 1234:50 $a/plain; chmod 2770 $a/plain; as $tmp/acl $a/plain access 1:7:-1 4:7:-1 32:0:-1; [ $(stat -c %a $a/plain) = 770 ]
            getfattr -d -m - $a/d/f | grep -q posix_acl_access
            for n in $a/plain $a/d/e; do setfattr -x system.posix_acl_access $n; setfattr -x system.posix_acl_access $n; done; setfattr -x system.posix_acl_default $a/plain
            cat >$tmp/acl.py <<'P'
            import os, struct, sys
            def acl(*entries): return struct.pack('<I', 2) + b''.join(struct.pack('<HHI', tag, bits, id & 0xffffffff) for tag, bits, id in entries)
            w = sys.argv[1] + '/w'; name = 'system.posix_acl_access'; fd = os.open(w, os.O_RDWR | os.O_CREAT, 0o600)
            for i in range(3):
                os.write(fd, b'x' * 10000); os.fchmod(fd, 0o700); os.setxattr(w, name, acl((1, 6, -1), (2, 4, 1234), (4, 4, -1), (16, 4, -1), (32, 4, -1)))
                os.fsync(fd); assert os.fstat(fd).st_mode & 0o777 == 0o644, 'the ACL came later than the chmod'
                os.write(fd, b'x' * 10000); os.fchmod(fd, 0o700)
                assert os.getxattr(w, name) == acl((1, 7, -1), (2, 4, 1234), (4, 4, -1), (16, 0, -1), (32, 0, -1)), 'a chmod shows in the ACL'
            P
            python3 $tmp/acl.py $a
            python3 -c 'import ctypes, os, sys; os.chdir(sys.argv[1]); sys.exit(ctypes.CDLL(None).renameat2(-100, b"f", -100, b"g", 4))' $a/d; getfattr -d -m - $b/d/f | grep -q posix_acl_access
            """);
    }

    [Fact]
    public async Task Acls_that_are_given_and_taken_on_one_mount_hold_on_the_other_at_once()
    {
        Requirements.Mounting();
        Requirements.Programs("gcc", "setpriv");
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { MountFlags = ["--acl"] });
        await cluster.BashAsync(Functions +
            """
            chmod 755 $a; echo secret >$a/f; chmod 600 $a/f; mkdir -m 700 $a/d; echo x >$a/d/f
            for i in $(seq 10); do
              $tmp/acl $a/f access 1:6:-1 2:4:1234 4:0:-1 16:4:-1 32:0:-1; as cat $b/f >/dev/null; as cat $a/f >/dev/null
              $tmp/acl $b/f access 1:6:-1 2:0:1234 4:0:-1 16:4:-1 32:0:-1; ! as cat $a/f 2>/dev/null; ! as cat $b/f 2>/dev/null
              $tmp/acl $b/d access 1:7:-1 2:1:1234 4:0:-1 16:7:-1 32:0:-1; as cat $a/d/f >/dev/null; ! as ls $a/d 2>/dev/null
              chmod 700 $a/d; ! as cat $b/d/f 2>/dev/null; ! as cat $a/d/f 2>/dev/null
              $tmp/acl $a/d default 1:7:-1 2:$((i % 8)):77 4:5:-1 16:7:-1 32:0:-1; umask 077; : >$b/d/new$i; umask 022
              [ "$($tmp/acl $a/d/new$i access)" = "1:6:-1 2:$((i % 8)):77 4:5:-1 16:6:-1 32:0:-1 " ]
            done
            """);
    }

    [Fact]
    public async Task Extended_attributes_have_namespaces_sizes_and_limits()
    {
        Requirements.Mounting();
        Requirements.Programs("gcc", "setfattr", "getfattr", "setpriv");
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { MountFlags = ["--xAttr"] });
        await cluster.BashAsync(Functions +
            """
            chmod 777 $a; : >$a/f; for n in user.x trusted.x security.x; do setfattr -n $n -v value $a/f; [ "$(getfattr --only-values -n $n $b/f)" = value ]; done
            ! setfattr -n other.x -v 1 $a/f 2>$tmp/err; grep -q 'not supported' $tmp/err; [ "$($tmp/acl $a/f access)" = 'Operation not supported' ]
            [ "$(getfattr -m - $a/f 2>/dev/null | grep -c '\.x$')" = 3 ]; ! as getfattr -m - $a/f 2>/dev/null | grep -q trusted; ! as setfattr -n trusted.y -v 1 $a/f 2>/dev/null
            ! as setfattr -n user.y -v 1 $a/f 2>/dev/null; chmod 666 $a/f; as setfattr -n user.y -v 1 $a/f; ln -s f $a/l; ! setfattr -h -n user.x -v 1 $a/l 2>/dev/null
            setfattr -h -n trusted.x -v 1 $a/l; setfattr -x user.y $a/f; ! setfattr -x user.y $a/f 2>$tmp/err; grep -qi 'no such attribute' $tmp/err
            cat >$tmp/x.c <<'C'
            #include <errno.h>
            #include <stdio.h>
            #include <string.h>
            #include <sys/xattr.h>
            #define MUST(x) do { if (!(x)) { fprintf(stderr, "%d: %s: %s\n", __LINE__, #x, strerror(errno)); return 1; } } while (0)
            int main(int count, char **v)
            {
                static char big[70000], name[300]; int i; (void)count;
                MUST(setxattr(v[1], "user.big", big, 65536, XATTR_CREATE) == 0 && getxattr(v[1], "user.big", 0, 0) == 65536);
                MUST(setxattr(v[1], "user.big", big, 65537, 0) < 0 && errno == E2BIG);
                MUST(setxattr(v[1], "user.big", big, 1, XATTR_CREATE) < 0 && errno == EEXIST);
                MUST(setxattr(v[1], "user.none", big, 1, XATTR_REPLACE) < 0 && errno == ENODATA);
                MUST(getxattr(v[1], "user.big", big, 100) < 0 && errno == ERANGE);
                MUST(setxattr(v[1], "user.empty", "", 0, 0) == 0 && getxattr(v[1], "user.empty", big, 10) == 0);
                memset(name, 'n', sizeof name); memcpy(name, "user.", 5); name[255] = 0;
                MUST(setxattr(v[1], name, "", 0, 0) == 0); name[255] = 'n'; name[256] = 0; MUST(setxattr(v[1], name, "", 0, 0) < 0 && errno == ERANGE);
                for (i = 0; i < 20; i++) { snprintf(name, sizeof name, "user.%d", i); if (setxattr(v[1], name, big, 65536, 0) != 0) break; }
                MUST(i == 15 && errno == ENOSPC);
                for (i = 0; i < 400; i++) { snprintf(name, sizeof name, "user.%0240d", i); if (setxattr(v[1], name, "", 0, 0) != 0) break; }
                MUST(i > 200 && i < 300 && errno == ENOSPC && listxattr(v[1], 0, 0) > 60000 && listxattr(v[1], big, sizeof big) > 60000);
                MUST(listxattr(v[1], big, 100) < 0 && errno == ERANGE && removexattr(v[1], "user.0") == 0 && removexattr(v[1], "user.1") == 0);
                MUST(setxattr(v[1], "user.again", big, 65536, 0) == 0);
                return 0;
            }
            C
            gcc -Wall -o $tmp/x $tmp/x.c; : >$a/g; $tmp/x $a/g; rm $a/g
            """);
    }

    [Fact]
    public async Task Squashed_root_has_the_rights_of_the_squash_ids_and_no_more()
    {
        Requirements.Mounting();
        Requirements.Programs("gcc", "setpriv");
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 1, MountFlags = ["--acl"] });
        await cluster.MountAsync("--rootSquash", "--rootSquashUID", "1234", "--rootSquashGID", "4321", "--umask", "0027");
        await cluster.BashAsync(Functions +
            """
            chmod 777 $a; mkdir -m 700 $a/private; echo x >$a/private/f; echo x >$a/f; chmod 600 $a/f; mkdir -m 1777 $a/sticky; : >$a/sticky/f; chown 9 $a/sticky/f
            no() { ! "$@" 2>$tmp/err || { echo "allowed: $*" >&2; return 1; }; grep -q -e 'Permission denied' -e 'not permitted' $tmp/err; }
            echo mine >$b/mine; [ "$(stat -c '%u:%g %a' $a/mine)" = '1234:4321 640' ]; mkdir $b/dir; [ "$(stat -c '%u:%g %a' $a/dir)" = '1234:4321 750' ]
            no cat $b/f; no bash -c "echo y >>$b/f"; no cat $b/private/f; no ls $b/private; no touch $b/private/g; no rm -f $b/sticky/f; no mv $b/sticky/f $b/x
            no chmod 777 $b/f; no chown 1234 $b/f; no touch -d 2001-01-01 $b/f; no truncate -s 0 $b/f; no mknod $b/null c 1 3
            as ls -R $b >/dev/null || true; no cat $b/private/f; stat $b/f >/dev/null; chmod 604 $b/mine; rm $b/mine; rmdir $b/dir; touch $b/f2; touch -d 2001-01-01 $b/f2
            $tmp/acl $a/f access 1:6:-1 2:6:1234 4:0:-1 16:6:-1 32:0:-1; cat $b/f >/dev/null; echo z >>$b/f; [ "$(cat $a/f)" = "$(printf 'x\nz')" ]
            chown 1234 $a/private; cat $b/private/f >/dev/null 2>&1; ls $b/private >/dev/null; no setpriv --reuid 77 --clear-groups cat $b/private/f
            """);
    }

    [Fact]
    public async Task With_noATime_reads_change_no_access_time()
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 1, MountFlags = ["--noATime", "--umask", "0"] });
        await cluster.BashAsync(
            "echo x >$a/f; [ $(stat -c %a $a/f) = 666 ]; x=$(stat -c %x $a/f); cat $a/f >/dev/null; ls $a >/dev/null; sleep 1.5; [ \"$(stat -c %x $a/f)\" = \"$x\" ]");
    }
}
