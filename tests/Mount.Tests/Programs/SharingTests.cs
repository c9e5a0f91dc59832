using System.Security.Cryptography;

namespace FlexFs.Mount.Tests.Programs;

/// <summary>What one mount closes, the other reads.</summary>
public sealed class SharingTests(SharedCluster shared) : ProgramTests(shared)
{
    [Fact]
    public void A_file_closed_on_one_mount_is_read_whole_on_the_other_at_once()
    {
        for (var i = 0; i < 60; i++)
        {
            var bytes = RandomNumberGenerator.GetBytes(1 + (i * i * 97));
            File.WriteAllBytes(A($"f{i}"), bytes);
            Assert.Equal(bytes, File.ReadAllBytes(B($"f{i}")));
        }
    }

    [Fact]
    public void Overwrites_appends_and_truncates_are_seen_at_the_next_open()
    {
        var random = new Random(7);
        List<byte> model = [];
        for (var i = 0; i < 80; i++)
        {
            var (here, there) = i % 2 == 0 ? (A("f"), B("f")) : (B("f"), A("f"));
            using (var file = new FileStream(here, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, 0))
            {
                Assert.Equal(model.Count, file.Length);
                var bytes = new byte[random.Next(1, 20000)];
                random.NextBytes(bytes);
                var at = random.Next(3) switch { 0 => model.Count, 1 => random.Next(model.Count + 1), _ => -1 };
                if (at < 0)
                {
                    var length = random.Next(model.Count + 1);
                    model.RemoveRange(length, model.Count - length);
                    file.SetLength(length);
                }
                else
                {
                    file.Position = at;
                    file.Write(bytes);
                    model.RemoveRange(at, Math.Min(bytes.Length, model.Count - at));
                    model.InsertRange(at, bytes);
                }
            }

            using var read = new FileStream(there, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0);
            var all = new byte[model.Count + 1];
            var count = read.ReadAtLeast(all, all.Length, throwOnEndOfStream: false);
            Assert.True(model.SequenceEqual(all[..count]), $"step {i}: {count} bytes instead of {model.Count}, or other bytes");
        }
    }

    [Fact]
    public async Task Growth_is_read_at_the_next_open_though_the_size_was_looked_at_just_before()
    {
        // No fstat between open and read: only the open itself can tell the kernel the new size.
        await BashAsync(
            """
            cat >$t/grow.c <<'C'
            #include <fcntl.h>
            #include <stdio.h>
            #include <string.h>
            #include <sys/stat.h>
            #include <unistd.h>
            int main(int count, char **v)
            {
                char all[4096]; struct stat s; (void)count;
                for (int i = 1; i <= 200; i++) {
                    if (i > 1 && stat(v[2], &s) != 0) { perror("stat"); return 1; }
                    int out = open(v[1], O_WRONLY | O_CREAT | O_APPEND, 0644);
                    if (out < 0 || write(out, "0123456789", 10) != 10 || close(out) != 0) { perror("append"); return 1; }
                    int in = open(v[2], O_RDONLY);
                    int got = in < 0 ? -1 : (int)read(in, all, sizeof all);
                    close(in);
                    if (got != 10 * i) { printf("round %d: read %d bytes instead of %d\n", i, got, 10 * i); return 1; }
                }
                return 0;
            }
            C
            gcc -o $t/grow $t/grow.c; $t/grow $a/f $b/f
            """);
    }

    [Fact]
    public async Task Names_made_moved_linked_and_removed_on_one_mount_are_so_on_the_other() => await BashAsync(
        """
        mkdir -p $a/d/e; echo one >$a/d/e/f; soon grep -qx one $b/d/e/f
        mv $b/d/e $b/g; soon test -f $a/g/f; soon eval '! test -e $a/d/e'
        ln $a/g/f $a/h; soon eval '[ $(stat -c %h $b/g/f) = 2 ]'; [ $(stat -c %i $a/h) = $(stat -c %i $b/g/f) ]
        ln -s g/f $b/s; soon grep -qx one $a/s; [ "$(readlink $a/s)" = g/f ]
        echo two >$a/new; mv $a/new $a/h; soon grep -qx two $b/h; soon eval '[ $(stat -c %h $b/g/f) = 1 ]'
        rm $b/g/f; soon eval '! test -e $a/g/f'; rmdir $a/g; soon eval '! test -e $b/g'
        ! rmdir $a/nothing 2>/dev/null; mkdir $a/full; touch $a/full/x; ! rmdir $b/full 2>$t/err; grep -q 'not empty' $t/err
        mkfifo $a/p; soon test -p $b/p; chmod 4711 $a/h; soon eval '[ $(stat -c %a $b/h) = 4711 ]'
        chown 12:34 $b/h; soon eval '[ $(stat -c %u:%g $a/h) = 12:34 ]'
        """);

    [Fact]
    public async Task A_file_that_is_open_is_read_and_written_after_its_name_is_gone() => await BashAsync(
        """
        exec 5<>$a/f 6<>$a/f; echo one >&5; rm $b/f; soon eval '! test -e $a/f'
        echo two >&5; [ "$(cat <&6)" = "$(printf 'one\ntwo')" ]; [ $(stat -L -c %h /proc/self/fd/5) = 0 ]
        exec 5>&- 6>&-; soon eval '[ -z "$(ls -A $b)" ]'
        """);

    [Fact]
    public async Task What_is_written_through_a_mapping_is_read_on_the_other_mount() => await BashAsync(
        """
        cat >$t/map.c <<'C'
        #include <fcntl.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <unistd.h>
        int main(int count, char **v)
        {
            int f = open(v[1], O_RDWR | O_CREAT, 0644); (void)count;
            if (f < 0 || ftruncate(f, 3 << 20) != 0) { perror("ftruncate"); return 1; }
            char *p = mmap(0, 3 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
            if (p == MAP_FAILED) { perror("mmap"); return 1; }
            memset(p + 5000, 'A', 10000); memset(p + (2 << 20), 'A', 70000);
            if (msync(p, 3 << 20, MS_SYNC) != 0) { perror("msync"); return 1; }
            memset(p + (1 << 20), 'A', 1);
            return munmap(p, 3 << 20) != 0 || close(f) != 0;
        }
        C
        gcc -o $t/map $t/map.c; $t/map $a/f; [ $(stat -c %s $b/f) = 3145728 ]; [ $(tr -cd A <$b/f | wc -c) = 80001 ]; cmp $a/f $b/f
        """);
}
