using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs.Coherence;

/// <summary>What a program did on one mount, a program on the other sees as soon as the first one was told that it is done.</summary>
/// <remarks>
/// Each step is done on one mount and looked at through the other, which has it cached from the step before; they take turns. The same
/// claims hold for two mounts of one host and for two hosts.
/// </remarks>
public abstract partial class CoherenceTests(SharedCluster shared) : ProgramTests(shared)
{
    private const string Library = """
        import atexit, collections, ctypes, errno, fcntl, glob, mmap, os, random, signal, stat, struct, subprocess, sys, threading, time
        A, B = sys.argv[1], sys.argv[2]
        def is_(got, want):
            if got != want: raise SystemExit(f'line {sys._getframe(1).f_lineno}: {got!r:.500} instead of {want!r:.500}')
        def fails(code, call, *args):
            try: call(*args)
            except OSError as e: is_(e.errno, code); return
            raise SystemExit(f'line {sys._getframe(1).f_lineno}: no error {code}')
        def turns(count):
            for i in range(count): yield i, *((A, B) if i % 2 == 0 else (B, A))
        def put(path, data, flags=os.O_CREAT | os.O_TRUNC):
            fd = os.open(path, os.O_WRONLY | flags, 0o644); is_(os.write(fd, data), len(data)); os.close(fd)
        def get(path, **at):
            fd = os.open(path, os.O_RDONLY, **at); data = os.read(fd, 1 << 24); os.close(fd); return data
        NOREPLACE, EXCHANGE = 1, 2
        libc = ctypes.CDLL(None, use_errno=True)
        def rename2(old, new, flags):
            if libc.renameat2(-100, old.encode(), -100, new.encode(), flags) != 0: code = ctypes.get_errno(); raise OSError(code, os.strerror(code), new)
        OFD_SETLK, OFD_SETLKW = 37, 38
        def lock(fd, command, kind): fcntl.fcntl(fd, command, struct.pack('hhqqi4x', kind, 0, 0, 0, 0))
        def run_all(of, body):
            errors = []
            def one(args):
                try: body(*args)
                except BaseException as e: errors.append(e); print(repr(e), file=sys.stderr)
            threads = [threading.Thread(target=one, args=(args,), daemon=True) for args in of]
            for thread in threads: thread.start()
            for thread in threads:
                thread.join(90)
                if thread.is_alive(): errors.append('it hangs')
            if errors: print(errors, file=sys.stderr); sys.stderr.flush(); os._exit(1)
        def fork(body, *args):
            sys.stdout.flush(); pid = os.fork()
            if pid: return pid
            try: body(*args); os._exit(0)
            except BaseException as e: print(repr(e), file=sys.stderr, flush=True); os._exit(1)
        def fork_all(of, body):
            for pid in [fork(body, *args) for args in of]: is_(os.waitpid(pid, 0)[1], 0)

        """;

    /// <summary>Runs a Python script that has the folder of the test as <c>A</c> and <c>B</c>, seen through the two mounts.</summary>
    protected Task<string> RunAsync(string script, string prelude = "")
    {
        Requirements.Programs("python3");
        return BashAsync("cat >$t/main.py <<'P'\n" + Library + prelude + script + "\nP\npython3 -X faulthandler -B $t/main.py \"$a\" \"$b\"");
    }
}
