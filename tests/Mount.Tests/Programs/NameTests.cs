using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs;

/// <summary>Names as only some system calls make them.</summary>
public sealed class NameTests(SharedCluster shared) : ProgramTests(shared)
{
    [Fact]
    public async Task A_file_without_a_name_is_given_one_or_is_gone_with_its_last_close()
    {
        Requirements.Programs("gcc");
        await BashAsync(
            """
            cat >$t/tmp.c <<'C'
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <stdio.h>
            #include <string.h>
            #include <sys/stat.h>
            #include <unistd.h>
            #define MUST(x) do { if (!(x)) { fprintf(stderr, "%d: %s: %s\n", __LINE__, #x, strerror(errno)); return 1; } } while (0)
            int main(int count, char **v)
            {
                char path[64], name[4096]; struct stat s; (void)count;
                int f = open(v[1], O_TMPFILE | O_RDWR, 0640);
                MUST(f >= 0 && write(f, "hello\n", 6) == 6 && fstat(f, &s) == 0 && s.st_nlink == 0 && s.st_size == 6);
                MUST((s.st_mode & 07777) == 0640 && S_ISREG(s.st_mode));
                snprintf(path, sizeof path, "/proc/self/fd/%d", f); snprintf(name, sizeof name, "%s/first", v[1]);
                MUST(linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 && fstat(f, &s) == 0 && s.st_nlink == 1);
                snprintf(name, sizeof name, "%s/second", v[1]);
                MUST(linkat(f, "", AT_FDCWD, name, AT_EMPTY_PATH) == 0 && fstat(f, &s) == 0 && s.st_nlink == 2);
                MUST(write(f, "world\n", 6) == 6 && close(f) == 0);

                // O_EXCL: it shall never have a name. And what had one and lost it gets none again.
                f = open(v[1], O_TMPFILE | O_RDWR | O_EXCL, 0600);
                snprintf(path, sizeof path, "/proc/self/fd/%d", f); snprintf(name, sizeof name, "%s/third", v[1]);
                MUST(f >= 0 && linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW) != 0 && errno == ENOENT);
                MUST(write(f, "x", 1) == 1 && close(f) == 0);
                f = open(name, O_CREAT | O_RDWR, 0600);
                snprintf(path, sizeof path, "/proc/self/fd/%d", f);
                MUST(f >= 0 && unlink(name) == 0 && linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW) != 0 && errno == ENOENT);
                f = open("/proc/self/exe", O_RDONLY);
                MUST(open(v[2], O_TMPFILE | O_RDWR, 0600) < 0 && errno == ENOTDIR);
                return 0;
            }
            C
            gcc -Wall -o $t/tmp $t/tmp.c; : >$a/file; $t/tmp $a $a/file; rm $a/file
            [ "$(cat $b/first)" = "$(printf 'hello\nworld')" ]; [ $(stat -c %h $b/second) = 2 ]; [ "$(ls $b)" = "$(printf 'first\nsecond')" ]
            mkdir $a/group; chgrp 42 $a/group; chmod g+s $a/group; $t/tmp $a/group $a/first; [ $(stat -c %g $b/group/first) = 42 ]
            """);
    }

    [Fact]
    public async Task A_rename_can_leave_a_whiteout_and_change_or_swap_only_what_it_may()
    {
        Requirements.Programs("gcc");
        await BashAsync(
            """
            cat >$t/mv.c <<'C'
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <stdio.h>
            #include <stdlib.h>
            int main(int count, char **v)
            {
                if (count == 4 && renameat2(AT_FDCWD, v[2], AT_FDCWD, v[3], atoi(v[1])) == 0) return 0;
                return errno;
            }
            C
            gcc -Wall -o $t/mv $t/mv.c; mv2() { local r=0; $t/mv "$@" || r=$?; echo $r; }
            echo one >$a/x; echo two >$a/y; mkdir $a/d
            [ $(mv2 1 $a/x $a/y) = 17 ]; [ $(mv2 2 $a/x $a/z) = 2 ]; [ $(mv2 6 $a/x $a/y) = 22 ]
            [ $(mv2 2 $a/x $a/d) = 0 ]; [ -d $a/x ]; [ "$(cat $a/d)" = one ]; [ $(mv2 2 $a/x $a/d) = 0 ]
            [ $(mv2 4 $a/x $a/d/x) = 0 ]; [ "$(cat $b/d/x)" = one ]; [ "$(stat -c '%F %t:%T %h %a' $b/x)" = 'character special file 0:0 1 0' ]
            [ $(mv2 5 $a/d/x $a/y) = 17 ]; [ $(mv2 4 $a/d/x $a/y) = 0 ]; soon eval '[ "$(cat $b/y)" = one ]'; [ -c $a/d/x ]
            [ "$(ls $b/d)" = x ]; rm $a/x $a/d/x; rmdir $a/d; soon eval '[ "$(ls $b)" = y ]'
            """);
    }

    [Fact]
    public async Task Every_inode_has_a_time_of_birth_that_stays() => await BashAsync(
        """
        before=$(date +%s); echo x >$a/f; mkdir $a/d; ln -s f $a/s; mkfifo $a/p
        for n in f d s p; do born=$(stat -c %W $a/$n); [ $born -ge $((before - 1)) ] && [ $born -le $(($(date +%s) + 1)) ]; done
        exact=$(stat -c %w $a/f); echo y >>$a/f; chmod 600 $a/f; touch -d 2001-01-01 $a/f; mv $a/f $a/g; ln $a/g $a/h
        [ "$(stat -c %w $b/h)" = "$exact" ]
        """);

    [Fact]
    public async Task Link_counts_and_change_times_follow_names() => await BashAsync(
        """
        later() { local i; for i in $(seq 100); do [ "$(stat -c %z $a/$2)" = "$1" ] || return 0; sleep 0.02; done; echo "$2: ctime stays $1" >&2; return 1; }
        : >$a/f; c=$(stat -c %z $a/f); ln $a/f $a/g; later "$c" f; [ $(stat -c %h $a/f) = 2 ]
        c=$(stat -c %z $a/f); mv $a/g $a/h; later "$c" f; c=$(stat -c %z $a/f); rm $a/h; later "$c" f; [ $(stat -c %h $a/f) = 1 ]
        mkdir $a/d; [ $(stat -c %h $a/d) = 2 ]; mkdir $a/d/e; [ $(stat -c %h $a/d) = 3 ]; c=$(stat -c %z $a/d); m=$(stat -c %y $a/d)
        mkdir $a/x; mv $a/d/e $a/x/e; [ $(stat -c %h $a/d) = 2 ]; [ $(stat -c %h $a/x) = 3 ]; later "$c" d; [ "$(stat -c %y $a/d)" != "$m" ]
        rmdir $a/x/e; [ $(stat -c %h $a/x) = 2 ]; c=$(stat -c %z $a/f); m=$(stat -c %y $a/f); chmod 600 $a/f; later "$c" f; [ "$(stat -c %y $a/f)" = "$m" ]
        """);
}
