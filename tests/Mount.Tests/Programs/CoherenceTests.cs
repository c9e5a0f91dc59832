using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs;

/// <summary>What a program did on one mount, a program on the other sees as soon as the first one was told that it is done.</summary>
/// <remarks>Each step is done on one mount and looked at through the other, which has it cached from the step before; they take turns.</remarks>
public sealed class CoherenceTests(SharedCluster shared) : ProgramTests(shared)
{
    private const string Library = """
        import ctypes, errno, mmap, os, random, signal, stat, subprocess, sys, threading, time
        A, B = sys.argv[1], sys.argv[2]
        def is_(got, want):
            if got != want: raise SystemExit(f'line {sys._getframe(1).f_lineno}: {got!r} instead of {want!r}')
        def fails(code, call, *args):
            try: call(*args)
            except OSError as e: is_(e.errno, code); return
            raise SystemExit(f'line {sys._getframe(1).f_lineno}: no error {code}')
        def turns(count):
            for i in range(count): yield i, *((A, B) if i % 2 == 0 else (B, A))
        def put(path, data, flags=os.O_CREAT | os.O_TRUNC):
            fd = os.open(path, os.O_WRONLY | flags, 0o644); is_(os.write(fd, data), len(data)); os.close(fd)
        def get(path):
            fd = os.open(path, os.O_RDONLY); data = os.read(fd, 1 << 24); os.close(fd); return data

        """;

    [Fact]
    public async Task Names_that_come_go_and_move_are_there_and_gone_at_once() => await RunAsync(
        """
        for i, x, y in turns(200):
            f, g, d = f'f{i}', f'g{i}', f'd{i}'
            fails(errno.ENOENT, os.stat, f'{y}/{f}'); is_(f in os.listdir(y), False)
            put(f'{x}/{f}', b'1'); is_(os.stat(f'{y}/{f}').st_size, 1); is_(f in os.listdir(y), True)
            fails(errno.ENOENT, os.stat, f'{y}/{g}'); os.rename(f'{x}/{f}', f'{x}/{g}')
            fails(errno.ENOENT, os.stat, f'{y}/{f}'); is_(get(f'{y}/{g}'), b'1')
            put(f'{x}/{f}', b'22'); is_(get(f'{y}/{f}'), b'22'); os.rename(f'{x}/{f}', f'{x}/{g}')
            is_(get(f'{y}/{g}'), b'22'); is_(os.stat(f'{y}/{g}').st_size, 2)
            os.mkdir(f'{x}/{d}'); is_(os.listdir(f'{y}/{d}'), []); put(f'{y}/{d}/in', b'3'); is_(os.listdir(f'{x}/{d}'), ['in'])
            fails(errno.ENOTEMPTY, os.rmdir, f'{x}/{d}'); os.unlink(f'{x}/{d}/in'); fails(errno.ENOENT, os.stat, f'{y}/{d}/in')
            os.rmdir(f'{y}/{d}'); fails(errno.ENOENT, os.stat, f'{x}/{d}'); fails(errno.ENOENT, os.open, f'{x}/{d}/in', os.O_CREAT | os.O_RDWR)
            os.symlink(f'{g}', f'{x}/{d}'); is_(get(f'{y}/{d}'), b'22'); os.unlink(f'{y}/{d}'); fails(errno.ENOENT, os.lstat, f'{x}/{d}')
            os.link(f'{x}/{g}', f'{x}/{f}'); is_(os.stat(f'{y}/{g}').st_nlink, 2); os.unlink(f'{y}/{g}'); is_(os.stat(f'{x}/{f}').st_nlink, 1)
            os.unlink(f'{x}/{f}'); is_(f in os.listdir(y), False)
        """);

    [Fact]
    public async Task Attributes_are_those_of_now() => await RunAsync(
        """
        put(f'{A}/f', b'0123456789'); os.stat(f'{B}/f')
        for i, x, y in turns(300):
            os.chmod(f'{x}/f', 0o600 + i % 64); is_(os.stat(f'{y}/f').st_mode & 0o777, 0o600 + i % 64)
            os.chown(f'{x}/f', i, i + 1); s = os.stat(f'{y}/f'); is_((s.st_uid, s.st_gid), (i, i + 1))
            os.utime(f'{x}/f', ns=(i * 10**9 + 1, i * 10**9 + 2)); s = os.stat(f'{y}/f'); is_((s.st_atime_ns, s.st_mtime_ns), (i * 10**9 + 1, i * 10**9 + 2))
            os.truncate(f'{x}/f', i); is_(os.stat(f'{y}/f').st_size, i); is_(len(get(f'{y}/f')), i)
            os.chmod(f'{x}', 0o755 if i % 4 < 2 else 0o700); is_(os.stat(y).st_mode & 0o777, 0o755 if i % 4 < 2 else 0o700)
        """);

    [Fact]
    public async Task Bytes_that_were_written_are_read_whether_files_are_open_or_mapped() => await RunAsync(
        """
        put(f'{A}/f', bytes(100000))
        fds = {m: os.open(f'{m}/f', os.O_RDWR) for m in (A, B)}
        maps = {m: mmap.mmap(fds[m], 65536, prot=mmap.PROT_READ) for m in (A, B)}
        for m in (A, B): is_(os.pread(fds[m], 10, 0), bytes(10)); is_(maps[m][5000], 0)
        for i, x, y in turns(300):
            at = random.randrange(0, 60000); data = os.urandom(random.randrange(1, 5000))
            is_(os.pwrite(fds[x], data, at), len(data))
            is_(os.pread(fds[y], len(data), at), data); is_(maps[y][at:at + len(data)], data); is_(get(f'{y}/f')[at:at + len(data)], data)
            is_(maps[x][at:at + len(data)], data); is_(os.fstat(fds[y]).st_size, 100000)
        """);

    [Fact]
    public async Task Stores_through_a_mapping_are_read_by_others_after_msync() => await RunAsync(
        """
        put(f'{A}/f', bytes(65536))
        fds = {m: os.open(f'{m}/f', os.O_RDWR) for m in (A, B)}
        maps = {m: mmap.mmap(fds[m], 65536) for m in (A, B)}
        for i, x, y in turns(100):
            at = (i * 977) % 60000; data = os.urandom(100)
            maps[x][at:at + 100] = data; maps[x].flush()
            is_(os.pread(fds[y], 100, at), data); is_(maps[y][at:at + 100], data); is_(get(f'{y}/f')[at:at + 100], data)
        """);

    [Fact]
    public async Task What_is_open_shows_that_its_last_name_was_removed_on_the_other_mount() => await RunAsync(
        """
        for i, x, y in turns(20):
            os.mkdir(f'{x}/d'); put(f'{x}/f', b'1'); os.mkfifo(f'{x}/p')
            d, f, p = (os.open(f'{x}/{n}', os.O_RDONLY | os.O_NONBLOCK) for n in 'dfp')
            is_([os.fstat(fd).st_nlink for fd in (d, f, p)], [2, 1, 1])
            os.rmdir(f'{y}/d'); os.unlink(f'{y}/f'); os.unlink(f'{y}/p')
            is_([os.fstat(fd).st_nlink for fd in (d, f)], [0, 0]); fails(errno.ESTALE, os.fstat, p); is_(os.listdir(d), [])
            for fd in (d, f, p): os.close(fd)
        """);

    [Fact]
    public async Task Appends_of_both_mounts_are_all_there_and_whole() => await RunAsync(
        """
        put(f'{A}/log', b'')
        def run(mount, mark):
            fd = os.open(f'{mount}/log', os.O_WRONLY | os.O_APPEND)
            for i in range(150): line = b'%c%06d\n' % (mark, i); is_(os.write(fd, line), len(line))
            os.close(fd)
        run_all([(A, b'a'[0]), (A, b'b'[0]), (B, b'c'[0]), (B, b'd'[0])], run)
        for m in (A, B):
            lines = get(f'{m}/log').split(b'\n')[:-1]; is_(len(lines), 600)
            for mark in b'abcd': is_([l for l in lines if l[0] == mark], [b'%c%06d' % (mark, i) for i in range(150)])
        """);

    [Fact]
    public async Task Writers_of_one_file_on_both_mounts_lose_nothing_and_do_not_wait_for_ever() => await RunAsync(
        """
        size = 400000; put(f'{A}/f', bytes(size))
        fds = {m: os.open(f'{m}/f', os.O_RDWR) for m in (A, B)}
        late = {m: os.open(f'{m}/f', os.O_RDWR) for m in (B, A)}
        def run(mount, first):
            for at in range(first * 1000, size, 4000): is_(os.pwrite((fds if at % 8000 < 4000 else late)[mount], b'%d' % first * 1000, at), 1000)
        run_all([(A, 0), (B, 1), (A, 2), (B, 3)], run)
        want = b''.join(b'%d' % (i % 4) * 1000 for i in range(size // 1000))
        for m in (A, B): is_(get(f'{m}/f') == want, True); is_(os.pread(fds[m], size, 0) == want, True)
        """);

    [Fact]
    public async Task Of_those_who_make_the_same_name_one_wins_and_nobody_waits_long() => await RunAsync(
        """
        won = {A: 0, B: 0}; begun = time.monotonic()
        def run(mount, _):
            for i in range(150):
                for make in (lambda p: os.close(os.open(p, os.O_CREAT | os.O_EXCL | os.O_RDWR)), os.mkdir):
                    name = f'{mount}/{make.__name__}{i}'
                    try: os.stat(name)
                    except FileNotFoundError: pass
                    try: make(name); won[mount] += 1
                    except FileExistsError: os.stat(name)
        run_all([(A, 0), (B, 0)], run)
        is_(won[A] + won[B], 300); is_(sorted(os.listdir(A)), sorted(os.listdir(B))); is_(len(os.listdir(A)), 300)
        if time.monotonic() - begun > 60: raise SystemExit('it took longer than a minute')
        """);

    [Fact]
    public async Task A_lock_file_makes_a_counter_exact() => await RunAsync(
        """
        put(f'{A}/n', b'0')
        def run(mount, _):
            for i in range(60):
                while True:
                    try: os.close(os.open(f'{mount}/lock', os.O_CREAT | os.O_EXCL)); break
                    except FileExistsError: time.sleep(0.001)
                put(f'{mount}/n', b'%d' % (int(get(f'{mount}/n')) + 1)); os.unlink(f'{mount}/lock')
        run_all([(A, 0), (B, 0), (A, 1)], run); is_(get(f'{A}/n'), b'180'); is_(get(f'{B}/n'), b'180')
        """);

    [Fact]
    public async Task A_rename_over_a_file_is_never_seen_half() => await RunAsync(
        """
        put(f'{A}/f', b'0' * 5000); stop = threading.Event()
        def look(mount, _):
            while not stop.is_set(): data = get(f'{mount}/f'); is_((len(data), len(set(data))), (5000, 1))
        def replace(mount, first):
            try:
                for i in range(first, 200, 2): put(f'{mount}/new{first}', b'%d' % (i % 10) * 5000); os.rename(f'{mount}/new{first}', f'{mount}/f')
            finally: done.append(1); len(done) == 2 and stop.set()
        done = []; run_all([(A, 0), (B, 0), (A, 0), (B, 1)], lambda m, n: (look if next(order) < 2 else replace)(m, n))
        """);

    [Fact]
    public async Task What_is_cached_is_served_without_the_metadata_server_until_the_lease_is_over()
    {
        await RunAsync(
            """
            os.mkdir(f'{A}/d')
            for i in range(20): put(f'{A}/d/{i}', b'x' * 100)
            for i in range(20): os.stat(f'{A}/d/{i}'); get(f'{A}/d/{i}')
            """);
        var meta = Cluster.Meta.Id;
        await BashAsync($"kill -STOP {meta}");
        try
        {
            // Within the term of ten seconds: what the mount holds a lease of it answers by itself.
            await RunAsync(
                """
                sys.setswitchinterval(1)
                for i in range(20): is_(os.stat(f'{A}/d/{i}').st_size, 100); fails(errno.ENOENT, os.stat, f'{A}/d/none') if i < 0 else None
                """);
        }
        finally
        {
            await BashAsync($"kill -CONT {meta}");
        }

        await RunAsync("put(f'{B}/d/0', b'yy'); is_(get(f'{A}/d/0'), b'yy')");
    }

    private Task<string> RunAsync(string script)
    {
        Requirements.Programs("python3");
        const string Threads = """
            order = iter(range(100))
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

            """;
        return BashAsync("cat >$t/main.py <<'P'\n" + Library + Threads + script + "\nP\npython3 -B $t/main.py \"$a\" \"$b\"");
    }
}
