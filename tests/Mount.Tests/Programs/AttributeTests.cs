using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs;

/// <summary>Appends, synchronous writes, mappings, times, special files and set-id bits, as programs meet them.</summary>
public sealed class AttributeTests(SharedCluster shared) : ProgramTests(shared)
{
    [Fact]
    public async Task Appends_of_many_processes_of_one_mount_are_all_there_and_whole() => await BashAsync(
        """
        for p in 1 2 3 4 5 6; do (for i in $(seq 200); do echo "$p $i $(printf '%050d' $i)" >>$a/log; done) & done; wait
        [ $(wc -l <$a/log) = 1200 ]; for p in 1 2 3 4 5 6; do grep "^$p " $a/log | awk -v p=$p '$2 != NR || length($3) != 50 {exit 1}'; done
        cmp $a/log $b/log
        """);

    [Fact]
    public async Task An_append_goes_to_the_end_also_when_the_kernel_believes_in_another() => await BashAsync(
        """
        printf one >$a/f; exec 5>>$a/f; stat $a/f >/dev/null; printf two >>$a/f; truncate -s 4 $a/f; printf three >&5; exec 5>&-
        [ "$(cat $a/f)" = onetthree ]; [ "$(cat $b/f)" = onetthree ]
        printf x >$a/g; exec 5>>$b/g; printf y >>$b/g; printf z >&5; exec 5>&-; [ "$(cat $a/g)" = xyz ]; [ "$(cat $b/g)" = xyz ]
        """);

    [Fact]
    public async Task What_is_written_synchronously_or_directly_is_on_the_other_mount_before_it_is_closed()
    {
        Requirements.Programs("gcc");
        await BashAsync(
            """
            cat >$t/io.c <<'C'
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/mman.h>
            #include <sys/wait.h>
            #include <unistd.h>
            #define MUST(x) do { if (!(x)) { fprintf(stderr, "%d: %s: %s\n", __LINE__, #x, strerror(errno)); exit(1); } } while (0)
            static void seen(const char *path, const char *bytes, size_t length)
            {
                char got[65536]; int f = open(path, O_RDONLY);
                MUST(f >= 0 && length <= sizeof got && read(f, got, sizeof got) == (ssize_t)length && memcmp(got, bytes, length) == 0);
                close(f);
            }
            int main(int count, char **v)
            {
                char a[4096], b[4096], *page, *map; (void)count;
                int flags[] = { O_SYNC, O_DSYNC, O_SYNC | O_APPEND };
                for (int i = 0; i < 3; i++) {
                    snprintf(a, sizeof a, "%s/sync%d", v[1], i); snprintf(b, sizeof b, "%s/sync%d", v[2], i);
                    int f = open(a, O_RDWR | O_CREAT | flags[i], 0644);
                    MUST(f >= 0 && write(f, "hello", 5) == 5); seen(b, "hello", 5);
                    MUST(write(f, " world", 6) == 6); seen(b, "hello world", 11); close(f);
                }
                MUST(posix_memalign((void **)&page, 4096, 16384) == 0); memset(page, 'd', 16384);
                snprintf(a, sizeof a, "%s/direct", v[1]); snprintf(b, sizeof b, "%s/direct", v[2]);
                int f = open(a, O_RDWR | O_CREAT | O_DIRECT, 0644);
                MUST(f >= 0 && write(f, page, 16384) == 16384 && pwrite(f, page, 4096, 1 << 20) == 4096);
                memset(page, 0, 16384); MUST(pread(f, page, 16384, 0) == 16384 && page[0] == 'd' && page[16383] == 'd');
                MUST(pread(f, page, 16384, 1 << 20) == 4096 && page[4095] == 'd' && fsync(f) == 0 && close(f) == 0);
                MUST((f = open(b, O_RDONLY | O_DIRECT)) >= 0 && pread(f, page, 16384, 0) == 16384 && page[16383] == 'd'); close(f);

                // A private mapping changes nothing; a shared one is there after msync, and a child sees it at once.
                snprintf(a, sizeof a, "%s/map", v[1]); snprintf(b, sizeof b, "%s/map", v[2]);
                f = open(a, O_RDWR | O_CREAT, 0644); memset(page, 'm', 8192);
                MUST(f >= 0 && write(f, page, 8192) == 8192 && fsync(f) == 0);
                MUST((map = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, f, 0)) != MAP_FAILED);
                map[0] = 'p'; MUST(map[1] == 'm'); seen(b, page, 8192); munmap(map, 8192);
                MUST((map = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0)) != MAP_FAILED);
                if (fork() == 0) { map[4096] = 's'; exit(0); }
                wait(0); MUST(map[4096] == 's' && pread(f, page, 8192, 0) == 8192 && page[4096] == 's');
                MUST(msync(map, 8192, MS_SYNC) == 0 && fsync(f) == 0); seen(b, page, 8192);
                return munmap(map, 8192) != 0 || close(f) != 0;
            }
            C
            gcc -Wall -o $t/io $t/io.c; $t/io $a $b
            """);
    }

    [Fact]
    public async Task Access_times_follow_reads_as_relatime_has_it() => await BashAsync(
        """
        echo x >$a/f; mkdir $a/d; sleep 0.1; [ "$(stat -c %X $a/f)" -le "$(date +%s)" ]; before=$(stat -c %x $a/f); cat $a/f >/dev/null
        told() { sleep 1.2; chmod $1 $2; }  # what reads moved is with the server by then; who has the attributes drops them for the chmod
        told 640 $a/f; [ "$(stat -c %x $b/f)" != "$before" ]; cat $a/f >/dev/null; sleep 1.2; first=$(stat -c %x $a/f)
        cat $a/f >/dev/null; sleep 1.2; [ "$(stat -c %x $a/f)" = "$first" ]
        echo y >>$a/f; cat $b/f >/dev/null; told 640 $b/f; [ "$(stat -c %x $a/f)" != "$first" ]
        touch -a -d '2001-02-03 04:05:06.123456789' $a/f; [ "$(stat -c %x $a/f | cut -c1-29)" = '2001-02-03 04:05:06.123456789' ]
        soon eval '[ "$(stat -c %x $b/f | cut -c1-29)" = "2001-02-03 04:05:06.123456789" ]'
        d=$(stat -c %x $a/d); sleep 0.05; : >$a/d/f; ls $a/d >/dev/null; told 700 $a/d; [ "$(stat -c %x $b/d)" != "$d" ]
        """);

    [Fact]
    public async Task Times_have_nanoseconds_and_only_the_owner_sets_them() => await BashAsync(
        """
        : >$a/f; touch -d '2033-05-18 03:33:20.987654321' $a/f; [ "$(stat -c %y $a/f | cut -c1-29)" = '2033-05-18 03:33:20.987654321' ]
        touch -m -d '1969-12-31 23:59:59.5 UTC' $a/f; [ $(stat -c %Y $a/f) = -1 ]; m=$(stat -c %y $a/f); touch -a $a/f; [ "$(stat -c %y $a/f)" = "$m" ]
        chmod 711 $tmp; chmod 666 $a/f; chmod 777 $a; as() { setpriv --reuid 1234 --regid 1234 --clear-groups "$@"; }
        as touch $a/f; ! as touch -d 2001-01-01 $a/f 2>$t/err; grep -q 'not permitted' $t/err; chmod 644 $a/f; ! as touch $a/f 2>$t/err
        grep -q 'Permission denied' $t/err; as bash -c ": >$a/mine"; as touch -d 2001-01-01 $a/mine; [ "$(stat -c %Y $a/mine)" = "$(date -d 2001-01-01 +%s)" ]
        """);

    [Fact]
    public async Task Set_id_and_sticky_bits_go_and_hold_as_on_any_file_system() => await BashAsync(
        """
        as() { setpriv --reuid 1234 --regid 1234 --clear-groups "$@"; }
        mode() { stat -c %a $a/$1; }
        chmod 711 $tmp; chmod 1777 $a; cp /bin/true $a/f; chown 1234:1234 $a/f; chmod 6755 $a/f; as bash -c "printf x >>$a/f"; [ $(mode f) = 755 ]
        chmod 6755 $a/f; as truncate -s 3 $a/f; [ $(mode f) = 755 ]; chmod 6755 $a/f; as bash -c ": >$a/f"; [ $(mode f) = 755 ]
        chmod 6755 $a/f; chown 5:5 $a/f; [ $(mode f) = 755 ]; chmod 6644 $a/f; printf y >>$a/f; [ $(mode f) = 6644 ]
        : >$a/other; chown 77 $a/other; ! as rm -f $a/other 2>/dev/null; ! as mv $a/other $a/mine 2>/dev/null; as bash -c ": >$a/own"; as rm $a/own
        mkdir $a/shared; chgrp 42 $a/shared; chmod 2777 $a/shared; as mkdir $a/shared/d; [ "$(stat -c '%g %a' $a/shared/d)" = '42 2755' ]
        as bash -c ": >$a/shared/f"; [ $(stat -c %g $a/shared/f) = 42 ]
        """);

    [Fact]
    public async Task Device_nodes_fifos_and_sockets_work_and_paths_end_where_they_must() => await BashAsync(
        """
        mknod $a/null c 1 3; echo x >$a/null; [ -z "$(cat $b/null)" ]; mknod $a/block b 7 200; [ "$(stat -c '%F %t:%T' $b/block)" = 'block special file 7:c8' ]
        mkfifo $a/p; echo through >$a/p & [ "$(cat $a/p)" = through ]; wait
        ln -s loop $a/loop; ! cat $a/loop 2>$t/err; grep -q 'Too many levels' $t/err
        long=$(printf '%04095d' 7); ln -s $long $a/s; [ "$(readlink $b/s)" = $long ]; ! ln -s ${long}1 $a/u 2>$t/err; grep -q 'File name too long' $t/err
        n=$(printf '%0256d' 7); for c in "touch" "mkdir" "mkfifo" "ln -s x" "cat" "rm" "rmdir" "stat" "mv $a/p"; do ! $c $a/$n 2>$t/err; grep -q 'File name too long' $t/err; done
        python=$(command -v python3 || true); [ -z "$python" ] || $python -c "import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind('$a/sock')"
        [ -z "$python" ] || [ -S $b/sock ]
        truncate -s 9223372036854775807 $a/max; [ $(stat -c %s $b/max) = 9223372036854775807 ]; ! dd if=/dev/zero of=$a/max oflag=seek_bytes seek=9223372036854775807 bs=1 count=1 conv=notrunc 2>$t/err
        """);
}
