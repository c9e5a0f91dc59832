using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs;

/// <summary>What programmers do: unpack, clone, build, copy.</summary>
public sealed class SourceTreeTests(SharedCluster shared) : ProgramTests(shared)
{
    [Fact]
    public async Task A_tree_of_5000_files_unpacked_on_one_mount_is_the_same_on_the_other()
    {
        // 100 folders of 49 files and a symlink; sizes 0 to 6 KB, some of 300 KB; modes and times that tar keeps.
        await BashAsync(
            """
            mkdir $t/tree; cd $t/tree; head -c 400000 /dev/urandom >../random
            for d in $(seq 100); do
              mkdir -p p$((d % 10))/d$d; cd p$((d % 10))/d$d
              head -c $((d * 2940)) ../../../random | split -b $((d * 60)) -a 2 - f_
              ln -s ../d$d/f_aa link; chmod 750 f_aa; touch -d "2001-02-03 04:05:06.789" f_ab; chmod 640 f_ab
              cd ../..
            done
            head -c 300000 ../random >large; mkdir -m 700 private; ln large hard
            [ $(find . -type f | wc -l) -ge 4900 ]
            tar cf ../tree.tar --format=posix .
            mkdir $a/tree; tar xpf ../tree.tar -C $a/tree
            list() { (cd $1; find . -printf '%P %y %m %s %T@ %l\n' | sed -E '/ d [0-9]+ /s/ [0-9]+ ([0-9.]+) $/ \1/' | sort); }
            list $t/tree >$t/here
            same() { list $b/tree >$t/there; cmp -s $t/here $t/there; }
            soon same || { diff $t/here $t/there | head -20; exit 1; }
            diff -r --no-dereference $t/tree $b/tree
            tar cf - -C $b/tree . | tar df - -C $a/tree
            rm -rf $b/tree/p3; soon eval '! test -e $a/tree/p3'
            """, seconds: 150);
    }

    [Fact]
    public async Task Git_clones_checks_and_commits_on_either_mount()
    {
        Requirements.Programs("git");
        await BashAsync(
            """
            export GIT_CONFIG_GLOBAL=$t/gitconfig; git config --global user.name n; git config --global user.email n@example.org
            git init -q $t/origin; cd $t/origin
            for i in $(seq 100); do mkdir -p d$((i % 7)); seq $i $((i * 20)) >d$((i % 7))/f$i; done
            git add .; git commit -qm one
            git clone -q --no-hardlinks $t/origin $a/clone
            cd $b/clone; git fsck --full --strict; [ -z "$(git status --porcelain)" ]
            echo changed >d1/f1; git commit -qam two; git gc -q; git fsck --full
            cd $a/clone; soon eval '[ "$(git log -1 --format=%s)" = two ]'; soon eval '[ -z "$(git status --porcelain)" ]'
            git checkout -q -b side HEAD~1; echo other >d2/f2; git commit -qam three; git merge -q -m four master 2>/dev/null || git merge -q -m four main
            [ "$(cat d1/f1)" = changed ]; git fsck --full
            """);
    }

    [Fact]
    public async Task A_c_program_is_built_by_make_on_one_mount_and_runs_on_the_other()
    {
        Requirements.Programs("gcc", "make");
        var output = await BashAsync(
            """
            mkdir $a/c; cd $a/c
            for i in $(seq 12); do echo "int f$i(int x) { return x + $i; }" >f$i.c; done
            { echo '#include <stdio.h>'; seq -f 'int f%g(int);' 12; echo 'int main(void) { int x = 0;'
              seq -f 'x = f%g(x);' 12; echo 'printf("%d\n", x); return 0; }'; } >main.c
            printf 'objects := $(patsubst %%.c,%%.o,$(wildcard *.c))\nall: sum\nsum: libf.a main.o\n\t$(CC) -o $@ main.o libf.a\nlibf.a: $(filter-out main.o,$(objects))\n\tar rcs $@ $^\n' >Makefile
            make -s -j2; soon test -x $b/c/sum; $b/c/sum
            cd $b/c; soon eval '[ "$(make)" = "make: Nothing to be done for '"'all'"'." ]'
            """);
        Assert.Equal("78", output.Split('\n')[^1]);
    }

    [Fact]
    public async Task A_dotnet_project_is_built_and_runs()
    {
        Requirements.Programs("dotnet");
        var output = await BashAsync(
            """
            export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_CLI_HOME=$t MSBUILDDISABLENODEREUSE=1
            mkdir $a/app; cd $a/app
            echo 'System.Console.WriteLine("it runs: " + System.Environment.CurrentDirectory.Length.ToString().Length);' >Program.cs
            echo '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><UseSharedCompilation>false</UseSharedCompilation></PropertyGroup></Project>' >app.csproj
            dotnet build -v q --nologo -o out >$t/build 2>&1 || { cat $t/build; exit 1; }
            soon test -e $b/app/out/app.dll; dotnet $b/app/out/app.dll
            """);
        Assert.StartsWith("it runs", output.Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rsync_transfers_nothing_the_second_time()
    {
        Requirements.Programs("rsync");
        await BashAsync(
            """
            mkdir $t/src; cd $t/src; for i in $(seq 150); do mkdir -p d$((i % 5)); seq $i $((i * 9)) >d$((i % 5))/f$i; done
            ln -s d1 link; ln d1/f1 hard; head -c 9000000 /dev/urandom >large; chmod 600 d2/f2
            rsync -aH $t/src/ $a/copy/
            again() { rsync -aHi $t/src/ $b/copy/ >$t/again; [ ! -s $t/again ]; }
            soon again || { head $t/again; exit 1; }
            rsync -aHc --itemize-changes $t/src/ $b/copy/ >$t/again; [ ! -s $t/again ]
            """);
    }
}
