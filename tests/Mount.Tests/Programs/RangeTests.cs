using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs;

/// <summary>fallocate, holes and copies, as programs use them.</summary>
public sealed class RangeTests(SharedCluster shared) : ProgramTests(shared)
{
    [Fact]
    public async Task Cp_of_a_large_file_stores_nothing_new() => await BashAsync(
        """
        head -c 60000000 /dev/urandom >$a/f; store=$tmp/store; count() { find $store -type f | wc -l; }
        before=$(count); cp $a/f $a/g; cp $b/f $b/h; [ $(count) = $before ]; cmp $a/f $b/g; cmp $b/h $a/f
        [ $(stat -c %b $a/g) = $(stat -c %b $a/f) ]; printf x | dd of=$a/g bs=1 seek=1000 conv=notrunc status=none
        ! cmp -s $a/f $a/g; cmp $a/f $a/h; rm $a/f $a/h; [ $(stat -c %s $b/g) = 60000000 ]; tail -c 1000 $b/g | wc -c | grep -qx 1000
        for size in 0 1 5000 70000 5000000; do head -c $size /dev/urandom >$a/s; cp $a/s $b/t; cmp $b/s $a/t; cp $a/s $a/u; cmp $a/s $a/u; done
        """);

    [Fact]
    public async Task Fallocate_makes_longer_zeros_and_holes_and_reserves_nothing() => await BashAsync(
        """
        fallocate -l 3M $a/f; [ "$(stat -c '%s %b' $a/f)" = '3145728 0' ]; fallocate -n -l 9M $a/f; [ $(stat -c %s $b/f) = 3145728 ]
        head -c 3145728 /dev/zero | tr '\0' y >$t/f; cp $t/f $a/f; [ $(stat -c %b $a/f) = 6144 ]
        fallocate -p -o 1000000 -l 1000000 $a/f; fallocate -p -o 1000000 -l 1000000 $t/f; cmp $t/f $b/f; cmp $t/f $a/f
        [ $(stat -c %s $a/f) = 3145728 ]; soon eval '[ $(stat -c %b $b/f) -lt 4300 ]'
        fallocate -z -o 3000000 -l 1000000 $a/f; fallocate -z -o 3000000 -l 1000000 $t/f; cmp $t/f $b/f; [ $(stat -c %s $a/f) = 4000000 ]
        printf abcdefgh >$a/s; fallocate -p -o 2 -l 3 $a/s; [ "$(od -An -c $b/s | tr -d ' ')" = 'ab\0\0\0fgh' ]
        printf abcdefgh >$a/s; exec 5<>$a/s; printf xyz >&5; fallocate -p -o 1 -l 1 $a/s; [ "$(od -An -c $a/s | tr -d ' ')" = 'x\0zdefgh' ]; exec 5>&-
        ! fallocate -c -o 0 -l 4096 $a/f 2>$t/err; grep -q 'not supported' $t/err; ! fallocate -i -o 0 -l 4096 $a/f 2>/dev/null
        truncate -s 1T $a/big; fallocate -p -o 0 -l 1T $a/big; printf x >>$a/big; fallocate -d $a/f; cmp $t/f $b/f
        """);

    [Fact]
    public async Task Data_and_holes_are_told_apart_also_before_they_are_stored()
    {
        Requirements.Programs("gcc");
        var output = await BashAsync(
            """
            cat >$t/seek.c <<'C'
            #define _GNU_SOURCE
            #define _FILE_OFFSET_BITS 64
            #include <errno.h>
            #include <fcntl.h>
            #include <stdio.h>
            #include <string.h>
            #include <unistd.h>
            static void all(int f)
            {
                off_t at = 0;
                for (;;) {
                    off_t data = lseek(f, at, SEEK_DATA);
                    if (data < 0) { printf("%s\n", strerror(errno)); return; }
                    at = lseek(f, data, SEEK_HOLE);
                    printf("%lld-%lld ", (long long)data, (long long)at);
                }
            }
            int main(int count, char **v)
            {
                int f = open(v[1], O_RDWR | O_CREAT, 0644); char x[5000]; (void)count;
                memset(x, 'x', sizeof x);
                if (pwrite(f, x, 5000, 1 << 20) != 5000 || pwrite(f, x, 5000, 100LL << 30) != 5000) return 1;
                all(f); fsync(f); all(f);
                if (pwrite(f, x, 5000, (1 << 20) + 5000) != 5000) return 1;
                all(f); ftruncate(f, 200LL << 30); all(f);
                printf("%d\n", lseek(f, 200LL << 30, SEEK_HOLE) < 0 && errno == ENXIO);
                return 0;
            }
            C
            gcc -Wall -o $t/seek $t/seek.c; $t/seek $a/f
            """);
        const string End = "107374182400-107374187400 No such device or address";
        Assert.Equal(
            [$"1048576-1053576 {End}", $"1048576-1053576 {End}", $"1048576-1058576 {End}", $"1048576-1058576 {End}", "1"],
            output.Split('\n'));
    }

    [Fact]
    public async Task What_was_stored_through_a_mapping_into_a_hole_is_data_at_once()
    {
        Requirements.Programs("python3");
        await BashAsync(
            """
            cat >$t/map.py <<'P'
            import mmap, os, subprocess, sys
            fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o644); os.ftruncate(fd, 1 << 20)
            for at in (500000, 700000):
                with mmap.mmap(fd, 1 << 20) as m:
                    m[at] = 1
                    if os.lseek(fd, at - 10, os.SEEK_DATA) > at: sys.exit('it is a hole')
                    subprocess.run(['cp', '--sparse=auto', sys.argv[1], sys.argv[2]], check=True)
                    subprocess.run(['cmp', sys.argv[1], sys.argv[2]], check=True)
            P
            timeout 60 python3 $t/map.py $a/f $a/g
            """);
    }

    [Fact]
    public async Task Sparse_files_stay_sparse_through_cp_and_tar() => await BashAsync(
        """
        truncate -s 300M $a/f; printf one | dd of=$a/f bs=1 seek=100000000 conv=notrunc status=none; soon eval '[ $(stat -c %b $a/f) -le 16 ]'
        cp --sparse=auto $a/f $a/g; cmp $a/f $a/g; [ $(stat -c %b $a/g) -le 16 ]; tar cSf $t/s.tar -C $a f; [ $(stat -c %s $t/s.tar) -lt 100000 ]
        mkdir $a/x; tar xSf $t/s.tar -C $a/x; cmp $a/f $b/x/f; [ $(stat -c %b $b/x/f) -le 16 ]
        """);
}
