using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs;

/// <summary>Names, sizes, offsets and folders at their limits.</summary>
public sealed class LimitTests(SharedCluster shared) : ProgramTests(shared)
{
    [Fact]
    public async Task A_folder_of_10000_names_is_listed_completely_while_it_changes() => await BashAsync(
        """
        mkdir $a/d; cd $a/d; seq -f 'stays-%05g' 10000 | xargs -n 2000 touch
        (i=0; while [ ! -e $t/stop ] && [ $i -lt 3000 ]; do i=$((i + 1)); : >comes-$i; [ $i -lt 5 ] || rm comes-$((i - 4)); done; : >$t/ended) &
        for i in 1 2 3; do
          ls -U $b/d >$t/list; [ $(grep -c ^stays- $t/list) = 10000 ]; [ $(grep ^stays- $t/list | sort -u | wc -l) = 10000 ]
          [ -z "$(sort $t/list | uniq -d)" ]
        done
        : >$t/stop; wait; [ -e $t/ended ]
        find $b/d -name 'stays-*' -size 0 -printf . | wc -c | grep -qx 10000
        """, seconds: 170);

    [Fact]
    public async Task A_name_has_255_bytes_at_most() => await BashAsync(
        """
        n=$(printf '%0255d' 7); echo x >$a/$n; [ "$(cat $b/$n)" = x ]; ! touch $a/${n}x 2>$t/err; grep -q 'File name too long' $t/err
        ! mkdir $a/${n}x 2>/dev/null; ! ln $a/$n $a/${n}x 2>/dev/null; ! mv $a/$n $a/${n}x 2>/dev/null; [ "$(ls $b)" = $n ]
        u=$(printf 'ü%.0s' $(seq 127)); : >$a/$u; soon test -e $b/$u; printf 'x' >$a/$'\x01\xff\\ \t"'; [ "$(cat $b/$'\x01\xff\\ \t"')" = x ]
        """);

    [Fact]
    public async Task Statfs_shows_the_volume() => await BashAsync(
        """
        [ "$(stat -f -c %l $a)" = 255 ]; [ "$(stat -f -c '%b > 0' $a | bc 2>/dev/null || echo 1)" = 1 ]
        [ $(stat -f -c %b $a) -gt 0 ]; [ $(stat -f -c %a $a) -gt 0 ]; [ $(stat -f -c %d $a) -gt 0 ]; df $b >/dev/null; df -i $b >/dev/null
        """);

    [Fact]
    public async Task Of_all_that_create_a_name_exclusively_one_wins()
    {
        for (var round = 0; round < 25; round++)
        {
            using Barrier start = new(4);
            var outcomes = new int[4];
            var threads = Enumerable.Range(0, 4).Select(number => new Thread(() =>
            {
                start.SignalAndWait();
                outcomes[number] = Posix.CreateExclusively(number % 2 == 0 ? A($"r{round}") : B($"r{round}"));
            })
            {
                IsBackground = true,
            }).ToArray();
            foreach (var thread in threads) thread.Start();
            foreach (var thread in threads) Assert.True(thread.Join(TimeSpan.FromSeconds(60)), $"round {round}: a create hangs");
            Assert.Equal([0, Posix.EEXIST, Posix.EEXIST, Posix.EEXIST], outcomes.Order());
        }

        await Until.TrueAsync("the other mount lists them", () => Directory.GetFiles(B()).Length == 25);
    }

    [Fact]
    public async Task Holes_take_no_space_and_read_as_zeros() => await BashAsync(
        """
        truncate -s 1G $a/f; printf x | dd of=$a/f bs=1 seek=500000000 conv=notrunc status=none
        [ $(stat -c %s $b/f) = 1073741824 ]; soon eval '[ $(stat -c %b $b/f) -lt 20000 ]'
        [ $(dd if=$b/f bs=1M skip=476 count=2 status=none | tr -d '\0') = x ]
        [ $(dd if=$b/f bs=4096 skip=100000 count=50 status=none | tr -d '\0' | wc -c) = 0 ]
        truncate -s 10 $b/f; truncate -s 600000000 $b/f; soon eval '[ $(stat -c %s $a/f) = 600000000 ]'
        [ $(dd if=$a/f bs=1M skip=476 count=2 status=none | tr -d '\0' | wc -c) = 0 ]
        """);

    [Fact]
    public async Task Offsets_have_64_bits() => await BashAsync(
        """
        for at in 4294967295 4294967296 1099511627776 4398046511103; do printf "$at" | dd of=$a/f bs=1 seek=$at conv=notrunc status=none; done
        for at in 4294967296 1099511627776 4398046511103; do
          [ "$(dd if=$b/f iflag=skip_bytes,count_bytes skip=$at count=${#at} bs=64 status=none)" = $at ]
        done
        [ "$(dd if=$b/f iflag=skip_bytes,count_bytes skip=4294967295 count=1 bs=64 status=none)" = 4 ]
        [ $(stat -c %s $b/f) = $((4398046511103 + 13)) ]
        """);
}
