using FlexFs.Harness;

namespace FlexFs.Programs;

/// <summary>What programmers do all day: git, make, tar, rsync, packages of many small files.</summary>
public sealed class TreeTests(RestartingCluster shared) : RestartTests(shared)
{
    [Fact]
    public async Task Git_of_both_hosts_pushes_into_one_repository()
    {
        Requirements.Programs("git");
        await UnderRestartsAsync(
            """
            export GIT_CONFIG_GLOBAL=$t/gitconfig; git config --global user.name n; git config --global user.email n@example.org
            git config --global init.defaultBranch main; git config --global pull.rebase true; git config --global safe.directory '*'
            git init -q --bare $a/shared.git; git clone -q $a/shared.git $t/first 2>/dev/null; (cd $t/first; seq 2000 >base; git add .; git commit -qm base; git push -q origin main)
            git clone -q $a/shared.git $a/one; git clone -q $b/shared.git $b/two
            work() { local name=one i; [ $1 = $b ] && name=two; cd $1/$name
              for i in 1 2 3; do
                mkdir -p d/$name; seq $RANDOM >d/$name/f$RANDOM; date +%N >$name; git add .; git commit -qm "$name $i"; echo >>$t/commits
                until git push -q 2>$t/push-$name; do grep -q -e 'fetch first' -e 'failed to push' -e 'cannot lock ref' $t/push-$name || { cat $t/push-$name; exit 1; }; git pull -q; done
              done; git fsck --full --strict 2>&1 | { ! grep -v -e dangling; }; }
            again both work
            for m in $a $b; do git -C $m/shared.git fsck --full --strict; [ $(git -C $m/shared.git rev-list --count main) = $(($(wc -l <$t/commits) + 1)) ]; done
            git -C $b/shared.git gc -q; git clone -q --no-hardlinks $a/shared.git $t/last; git -C $t/last fsck --full; git -C $a/one pull -q; [ -z "$(git -C $b/one status --porcelain)" ]
            diff -r -x .git $t/last $b/one
            """);
    }

    [Fact]
    public async Task Make_builds_with_all_processors_and_the_other_mount_runs_it()
    {
        Requirements.Programs("gcc", "make");
        await UnderRestartsAsync(
            """
            build() { local c=$1/c-$(basename $(dirname $1)) i; rm -rf $c; mkdir -p $c/src $c/include
              for i in $(seq 40); do echo "int f$i(int);" >$c/include/f$i.h; printf '#include "f%d.h"\n#include <string.h>\nint f%d(int x) { return x + %d; }\n' $i $i $i >$c/src/f$i.c; done
              { echo '#include <stdio.h>'; seq -f '#include "f%g.h"' 40; echo 'int main(void) { int x = 0;'; seq -f 'x = f%g(x);' 40; echo 'printf("%d\n", x); return 0; }'; } >$c/src/main.c
              printf 'objects := $(patsubst src/%%.c,out/%%.o,$(wildcard src/*.c))\nsum: out/libf.a out/main.o\n\t$(CC) -o $@ out/main.o out/libf.a\nout/libf.a: $(filter-out out/main.o,$(objects))\n\tar rcs $@ $^\nout/%%.o: src/%%.c\n\t@mkdir -p out\n\t$(CC) -MMD -Iinclude -c -o $@ $<\n-include $(wildcard out/*.d)\n' >$c/Makefile
              make -s -C $c -j4; [ $($c/sum) = 820 ]; make -q -C $c; }
            again both build
            for c in c-$(basename $(dirname $a)) c-$(basename $(dirname $b)); do for m in $a $b; do [ $($m/$c/sum) = 820 ]; make -q -C $m/$c; done; done
            touch $a/c-*/include/f1.h; for c in $b/c-*; do ! make -q -C $c; make -s -C $c -j4; done; for c in $a/c-*; do make -q -C $c; done
            """);
    }

    [Fact]
    public async Task Tar_and_rsync_with_everything_bring_a_tree_there_and_back()
    {
        Requirements.Programs("rsync", "setfacl", "getfacl", "setfattr");
        await UnderRestartsAsync(
            """
            mkdir $t/src; cd $t/src; head -c 3000000 /dev/urandom >../random
            for d in $(seq 25); do mkdir -p d$((d % 5))/e$d; split -b $((d * 400)) -a 2 <(head -c $((d * 8000)) ../random) d$((d % 5))/e$d/f_; done
            head -c 2500000 ../random >large; truncate -s 5M sparse; printf x | dd of=sparse bs=1 seek=3000000 conv=notrunc status=none
            ln large hard; ln d1/e1/f_aa d2/hard; ln -s ../large d3/link; ln -s nowhere d4/broken; mkfifo pipe; mknod null c 1 3; mkdir -m 1777 sticky; mkdir -m 2750 setgid; chmod 4711 hard
            setfacl -m u:1234:rw,g:77:r d1/e1/f_ab; setfacl -d -m u:1234:rwx d2; setfattr -n user.note -v 'a note' large; setfattr -n trusted.t -v 1 d3; chown -h 12:34 d3/link d4/e4
            touch -d '2001-02-03 04:05:06.789012345' d1/e1/f_aa d1
            state() { (cd $1; find . -printf '%P %y %#m %U %G %s %T@ %l\n' | sed -E '/ d /s/ [0-9]+ ([0-9.]+) $/ \1/' | sort
              find . ! -type l | sort | getfacl -pn - 2>&1; find . | sort | tr '\n' '\0' | xargs -0 getfattr -hd -m '^(user|trusted)' 2>&1); }
            state $t/src >$t/want; find . -type f -exec sha1sum {} + | sort >$t/sums
            copy() { local name=$(basename $(dirname $1)); rm -rf $1/rsync-$name $1/tar-$name
              rsync -aHAX $t/src/ $1/rsync-$name/; mkdir $1/tar-$name; tar -C $t/src --acls --xattrs --xattrs-include='*' --format=posix -Scf - . | tar -C $1/tar-$name --acls --xattrs --xattrs-include='*' -xpf -; }
            again both copy
            for m in $a $b; do for tree in $m/rsync-* $m/tar-*; do
              state $tree >$t/got; diff $t/want $t/got; (cd $tree; find . -type f -exec sha1sum {} + | sort) | diff $t/sums -
              [ $(stat -c %i $tree/large) = $(stat -c %i $tree/hard) ]; [ $(stat -c %h $tree/d2/hard) = 2 ]; [[ $tree == */rsync-* ]] || [ $(stat -c %b $tree/sparse) -lt 1000 ]
            done; done
            for tree in $b/rsync-*; do rsync -aHAXi --delete $t/src/ $tree/ >$t/again; [ ! -s $t/again ] || { head $t/again; exit 1; }; done
            """);
    }

    [Fact]
    public async Task Packages_of_many_small_files_are_unpacked_linked_moved_and_removed()
    {
        // As npm and pnpm do it: a store by content, files written beside and renamed, hard links into trees, folders moved into place.
        Requirements.Programs("python3");
        await UnderRestartsAsync(
            """
            cat >$t/install.py <<'P'
            import hashlib, os, shutil, sys
            root, name, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
            store = f'{root}/store'
            def content(package, i): return (f'module.exports = "{package} {i}";\n' * (1 + i * 7 % 40)).encode()
            def into_store(data):
                key = hashlib.sha1(data).hexdigest(); path = f'{store}/{key[:2]}/{key[2:]}'
                if os.path.exists(path): return path
                os.makedirs(os.path.dirname(path), exist_ok=True); temporary = f'{store}/{name}-{key}'
                with open(temporary, 'xb') as f: f.write(data)
                os.rename(temporary, path); return path
            for round in range(rounds):
                modules = f'{root}/{name}/node_modules'; shutil.rmtree(modules, ignore_errors=False) if os.path.exists(modules) else os.makedirs(f'{root}/{name}', exist_ok=True)
                os.makedirs(f'{modules}/.bin')
                for p in range(15):
                    package = f'package{p}'; staging = f'{modules}/.{package}-staging'; os.makedirs(f'{staging}/lib/deep')
                    for i in range(24):
                        data = content(package, i); target = f'{staging}/lib/{"deep/" if i % 3 == 0 else ""}{i}.js'
                        os.link(into_store(data), target) if i % 2 else open(target, 'xb').write(data)
                    with open(f'{staging}/package.json', 'x') as f: f.write(f'{{"name": "{package}", "round": {round}}}')
                    os.rename(staging, f'{modules}/{package}'); os.symlink(f'../{package}/lib/1.js', f'{modules}/.bin/{package}'); os.chmod(f'{modules}/.bin/{package}', 0o644)
                seen = {}
                for folder, folders, files in os.walk(modules):
                    for f in files: seen[os.path.join(folder, f)] = 1
                assert len(seen) == 15 * 26, len(seen)
                for p in range(15):
                    for i in range(24):
                        got = open(f'{modules}/package{p}/lib/{"deep/" if i % 3 == 0 else ""}{i}.js', 'rb').read(); assert got == content(f'package{p}', i), (p, i, got)
            P
            install() { python $t/install.py $1 project-$(basename $(dirname $1)) 1; }
            again both install
            list() { (cd $1; find . -type f -exec sha1sum {} + | sort -k 2; find . -printf '%P %y %n %l\n' | sort); }
            list $a >$t/one; list $b >$t/two; cmp $t/one $t/two; ! ls $b/store | grep -q project
            """);
    }
}
