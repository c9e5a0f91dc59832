using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs;

/// <summary>Locks of real programs on two mounts.</summary>
public sealed class LockTests(SharedCluster shared) : ProgramTests(shared)
{
    // python3 lib.py: SETLK and so on with a range, as fcntl(2) has them.
    private const string Library = """
        cat >$t/locks.py <<'P'
        import ctypes, errno, fcntl, os, signal, struct, subprocess, sys, time
        libc = ctypes.CDLL(None, use_errno=True)
        R, W, U = fcntl.F_RDLCK, fcntl.F_WRLCK, fcntl.F_UNLCK
        def call(fd, cmd, kind, start, length):
            raw = struct.pack('hhqqi4x', kind, 0, start, length, 0)
            try: return struct.unpack('hhqqi4x', fcntl.fcntl(fd, cmd, raw))
            except OSError as e: return e.errno
        def set(fd, kind, start, length=1): r = call(fd, fcntl.F_SETLK, kind, start, length); return 0 if isinstance(r, tuple) else r
        def wait(fd, kind, start, length=1): r = call(fd, fcntl.F_SETLKW, kind, start, length); return 0 if isinstance(r, tuple) else r
        def ofd(fd, kind, start, length=1): r = call(fd, 37, kind, start, length); return 0 if isinstance(r, tuple) else r
        def get(fd, kind, start, length=1): return call(fd, fcntl.F_GETLK, kind, start, length)
        def open_(path): return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        def is_(got, want): 
            if got != want: raise SystemExit(f'line {sys._getframe(1).f_lineno}: {got} instead of {want}')
        def until(what, condition):
            for _ in range(1500):
                if condition(): return
                time.sleep(0.02)
            raise SystemExit('not so: ' + what)
        def child(code, *args): return subprocess.Popen([sys.executable, '-c', 'from locks import *\n' + code, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=os.path.dirname(os.path.abspath(__file__)))
        P
        py() { cat >$t/main.py; (cd $t; python3 -B main.py "$a" "$b"); }

        """;

    [Fact]
    public async Task Flock_excludes_programs_on_the_other_mount_and_ends_with_the_open_file() => await RunAsync(
        """
        touch $a/f
        exec 5<$a/f; flock -x 5
        ! flock -n -s $b/f true; ! flock -n -x $b/f true; ! flock -n -s $a/f true
        flock $b/f sh -c 'echo got >'$t/got 5<&- & waiting=$!
        sleep 0.2; ! test -e $t/got
        flock -s 5; flock -n -s $b/f true; ! flock -n -x $b/f true
        exec 5<&-; wait $waiting; [ "$(cat $t/got)" = got ]
        soon flock -n -x $a/f true; soon flock -n -x $b/f true
        exec 5<$b/f; flock -x 5; sleep 60 <&5 & held=$!; exec 5<&-
        ! flock -n -s $a/f true; kill -9 $held; wait $held || true; soon flock -n -x $a/f true
        """);

    [Fact]
    public async Task Byte_ranges_exclude_split_and_are_told_as_the_man_page_has_it_on_both_mounts() => await RunAsync(
        """
        py <<'P'
        from locks import *
        a, b = open_(sys.argv[1] + '/f'), open_(sys.argv[2] + '/f')
        # Both descriptors are of this process, but of two mounts: two hosts, as far as locks go.
        is_(set(a, W, 10, 10), 0); is_(set(b, R, 19), errno.EAGAIN); is_(set(b, R, 20), 0); is_(set(b, W, 0, 10), 0)
        kind, _, start, length, pid = get(b, W, 5, 100)
        is_((kind, start, length, pid), (W, 10, 10, 0))
        is_(set(a, U, 14, 2), 0); is_(set(b, W, 14, 2), 0); is_(set(a, W, 15), errno.EAGAIN)
        is_(set(a, R, 10, 4), 0); is_(set(b, R, 10, 4), 0); is_(set(a, W, 10, 4), errno.EAGAIN)
        is_(get(a, W, 1000, 0)[0], U); is_(set(b, W, 1000, 0), 0); is_(set(a, R, 1 << 62), errno.EAGAIN)
        # Another process on the same mount is told who has it.
        c = child("fd = open_(sys.argv[1]); print(get(fd, W, 10)[4] in (int(sys.argv[2]), 0), get(fd, W, 16)[4] == int(sys.argv[2]))", sys.argv[1] + '/f', str(os.getpid()))
        is_(c.communicate()[0].split(), ['True', 'True'])
        # POSIX: closing any descriptor of the file ends all locks of the process there.
        os.close(open_(sys.argv[1] + '/f')); is_(set(b, W, 16, 4), 0); is_(set(a, W, 16), errno.EAGAIN)
        os.close(b); is_(set(a, W, 0, 0), 0)
        P
        """);

    [Fact]
    public async Task A_wait_ends_with_the_lock_a_signal_or_EDEADLK() => await RunAsync(
        """
        py <<'P'
        from locks import *
        fa, fb = sys.argv[1] + '/f', sys.argv[2] + '/f'
        a = open_(fa); is_(set(a, W, 0, 10), 0)
        c = child("fd = open_(sys.argv[1]); print('up', flush=True); print(wait(fd, W, 5), flush=True); sys.stdin.read()", fb)
        is_(c.stdout.readline(), 'up\n'); time.sleep(0.2); is_(c.poll(), None)
        is_(set(a, U, 0, 10), 0); is_(c.stdout.readline(), '0\n'); is_(set(a, W, 5), errno.EAGAIN)
        c.kill(); c.wait(); is_(wait(a, W, 5), 0)
        # A signal ends a wait; what waited has nothing.
        code = "\n".join(["signal.signal(signal.SIGUSR1, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))", "fd = open_(sys.argv[1])",
            "print('up', flush=True)", "try: print(wait(fd, W, 5))", "except KeyboardInterrupt: print('interrupted', flush=True)", "sys.stdin.read()"])
        c = child(code, fb); is_(c.stdout.readline(), 'up\n'); time.sleep(0.3); c.send_signal(signal.SIGUSR1); is_(c.stdout.readline(), 'interrupted\n')
        is_(set(a, U, 5), 0); b = open_(fb); is_(set(b, W, 5), 0); is_(set(b, U, 5), 0); c.kill(); c.wait()
        # A killed process waits no more.
        is_(set(a, W, 5), 0)
        c = child("fd = open_(sys.argv[1]); print('up', flush=True); wait(fd, W, 5)", fb); c.stdout.readline(); time.sleep(0.2); c.kill(); c.wait()
        is_(set(a, U, 5), 0); is_(set(b, W, 5), 0); is_(set(b, U, 5), 0)
        # Two that wait for each other: one is told.
        is_(set(a, W, 0), 0)
        c = child("fd = open_(sys.argv[1]); print(set(fd, W, 1), flush=True); r = wait(fd, W, 0); print(r, flush=True); set(fd, U, 0, 0); sys.stdin.read()", fb)
        is_(c.stdout.readline(), '0\n'); r = wait(a, W, 1)
        if r == errno.EDEADLK: is_(set(a, U, 0), 0); is_(c.stdout.readline(), '0\n')
        else: is_(r, 0); is_(c.stdout.readline(), f'{errno.EDEADLK}\n')
        P
        """);

    [Fact]
    public async Task Locks_of_open_files_are_inherited_and_end_with_the_last_descriptor() => await RunAsync(
        """
        py <<'P'
        from locks import *
        fa, fb = sys.argv[1] + '/f', sys.argv[2] + '/f'
        a, other, b = open_(fa), open_(fa), open_(fb)
        is_(ofd(a, W, 0, 10), 0); is_(ofd(other, R, 5), errno.EAGAIN); is_(ofd(b, R, 5), errno.EAGAIN); is_(set(a, W, 20), 0)
        # Closing another descriptor of the file ends the process's locks, not those of the open file.
        os.close(other); is_(set(b, W, 20), 0); is_(ofd(b, R, 5), errno.EAGAIN); is_(set(b, U, 20), 0)
        pid = os.fork()
        if pid == 0: time.sleep(60)
        os.close(a); is_(ofd(b, R, 5), errno.EAGAIN)
        os.kill(pid, signal.SIGKILL); os.waitpid(pid, 0); until('the lock is free', lambda: ofd(b, W, 5) == 0)
        P
        """);

    [Fact]
    public async Task Sqlite_on_two_mounts_at_once_loses_no_update()
    {
        Requirements.Programs("sqlite3");
        await RunAsync(
            """
            sqlite3 $a/db "create table t(k integer primary key, n integer); insert into t values(1, 0);"
            work() { for i in $(seq 25); do sqlite3 -bail -cmd '.timeout 60000' $1/db "begin immediate; update t set n = n + 1 where k = 1; insert into t(n) values($i); commit"; done; }
            work $a & one=$!; work $b & two=$!; wait $one; wait $two
            for m in $a $b; do [ "$(sqlite3 $m/db 'pragma integrity_check; select n from t where k = 1; select count(*) from t')" = "$(printf 'ok\n50\n51')" ]; done
            """);
    }

    [Fact]
    public async Task Locks_are_held_and_waited_for_over_a_restart_of_the_metadata_server()
    {
        await RunAsync(
            """
            touch $a/f $a/ready
            cat >$t/hold.py <<'P'
            from locks import *
            a = open_(sys.argv[1] + '/f'); is_(set(a, W, 0, 10), 0); fcntl.flock(open_(sys.argv[1] + '/g'), fcntl.LOCK_EX)
            open(sys.argv[2] + '/held', 'w').close()
            while not os.path.exists(sys.argv[2] + '/go'): time.sleep(0.02)
            P
            cat >$t/wait.py <<'P'
            from locks import *
            b = open_(sys.argv[1] + '/f'); open(sys.argv[2] + '/waiting', 'w').close()
            is_(wait(b, R, 5), 0); open(sys.argv[2] + '/got', 'w').close()
            P
            cd $t; (python3 -B hold.py $a $t; echo $? >$t/hold.rc) </dev/null >/dev/null 2>$t/hold.err &
            soon test -e $t/held
            (python3 -B wait.py $b $t; echo $? >$t/wait.rc) </dev/null >/dev/null 2>$t/wait.err &
            soon test -e $t/waiting; sleep 0.2
            """);
        await Cluster.Meta.KillAsync();
        await Cluster.StartMetaAsync();
        await RunAsync(
            """
            ! flock -n $b/g true; touch $b/other; ! test -e $t/got
            py <<'P'
            from locks import *
            b = open_(sys.argv[2] + '/f'); is_(set(b, W, 3), errno.EAGAIN); is_(set(b, W, 10), 0)
            P
            touch $t/go; soon test -e $t/got; soon test -e $t/wait.rc; cat $t/*.err; [ "$(cat $t/wait.rc $t/hold.rc)" = "$(printf '0\n0')" ]
            """);
    }

    private Task<string> RunAsync(string script)
    {
        Requirements.Programs("python3", "flock");
        return BashAsync(Library + script);
    }
}
