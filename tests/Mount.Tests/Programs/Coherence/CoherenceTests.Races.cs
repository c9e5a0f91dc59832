namespace FlexFs.Mount.Tests.Programs.Coherence;

/// <content>Several programs at once: who makes a name, renames over, counts under locks.</content>
public abstract partial class CoherenceTests
{
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
        put(f'{A}/f', b'0' * 5000); stop = threading.Event(); done = []
        def look(mount, _):
            while not stop.is_set(): data = get(f'{mount}/f'); is_((len(data), len(set(data))), (5000, 1))
        def replace(mount, first):
            try:
                for i in range(first, 200, 2): put(f'{mount}/new{first}', b'%d' % (i % 10) * 5000); os.rename(f'{mount}/new{first}', f'{mount}/f')
            finally: done.append(1); len(done) == 2 and stop.set()
        run_all([(look, A, 0), (look, B, 0), (replace, A, 0), (replace, B, 1)], lambda f, *args: f(*args))
        """);

    [Fact]
    public async Task Of_those_who_link_move_or_set_under_the_same_name_at_the_same_moment_one_wins() => await RunAsync(
        """
        won = collections.Counter(); ready = threading.Barrier(2)
        for m in 'AB': put(f'{A}/from{m}', b'')
        put(f'{A}/x', b'')
        def move(mount, name): put(f'{mount}/temporary{mount == A}', b''); rename2(f'{mount}/temporary{mount == A}', f'{mount}/{name}', NOREPLACE)
        makes = {
            'open': lambda m, name: os.close(os.open(f'{m}/{name}', os.O_CREAT | os.O_EXCL | os.O_RDWR)),
            'mkdir': lambda m, name: os.mkdir(f'{m}/{name}'),
            'mknod': lambda m, name: os.mkfifo(f'{m}/{name}'),
            'symlink': lambda m, name: os.symlink(m, f'{m}/{name}'),
            'link': lambda m, name: os.link(f'{m}/from{"AB"[m == B]}', f'{m}/{name}'),
            'move': move,
            'xattr': lambda m, name: os.setxattr(f'{m}/x', f'user.{name}', b'%d' % (m == A), os.XATTR_CREATE),
        }
        def run(mount, _):
            for i in range(40):
                for kind, make in makes.items():
                    ready.wait(60)
                    try: make(mount, f'{kind}{i}'); won[kind] += 1
                    except FileExistsError: pass
        run_all([(A, 0), (B, 0)], run); is_(won, {kind: 40 for kind in makes})
        is_(sorted(os.listdir(A)), sorted(os.listdir(B))); is_(len(os.listxattr(f'{B}/x')), 40)
        for name in os.listdir(A): a, b = os.lstat(f'{A}/{name}'), os.lstat(f'{B}/{name}'); is_((a.st_ino, a.st_mode, a.st_nlink), (b.st_ino, b.st_mode, b.st_nlink))
        """);

    [Fact]
    public async Task Of_those_who_remove_or_take_away_the_same_name_one_wins() => await RunAsync(
        """
        won = collections.Counter(); ready = threading.Barrier(2)
        ends = {
            'unlink': (lambda m, name: put(f'{m}/{name}', b''), lambda m, name: os.unlink(f'{m}/{name}')),
            'rmdir': (lambda m, name: os.mkdir(f'{m}/{name}'), lambda m, name: os.rmdir(f'{m}/{name}')),
            'rename': (lambda m, name: put(f'{m}/{name}', b''), lambda m, name: os.rename(f'{m}/{name}', f'{m}/taken-{m == A}-{name}')),
        }
        def run(mount, _):
            for i in range(60):
                for kind, (make, end) in ends.items():
                    if ready.wait(60) == 0: make(mount, f'{kind}{i}')
                    ready.wait(60)
                    try: end(mount, f'{kind}{i}'); won[kind] += 1
                    except FileNotFoundError: pass
        run_all([(A, 0), (B, 0)], run); is_(won, {kind: 60 for kind in ends}); is_(sorted(os.listdir(A)), sorted(os.listdir(B))); is_(len(os.listdir(B)), 60)
        """);

    [Fact]
    public async Task A_link_to_a_name_that_others_replace_finds_it() => await RunAsync(
        """
        ready = threading.Barrier(2); lost = []
        def run(mount, mark):
            for i in range(200):
                ready.wait(60); put(f'{mount}/new{mark}', b'%d' % mark); os.rename(f'{mount}/new{mark}', f'{mount}/s')
                try: os.link(f'{mount}/s', f'{mount}/l{mark}-{i}')
                except OSError as e: lost.append((mark, i, e.errno))
        run_all([(A, 0), (B, 1)], run); is_(lost, []); is_(len(os.listdir(A)), 401)
        """);

    [Fact]
    public async Task A_swap_and_a_folder_or_link_that_is_replaced_are_never_seen_half() => await RunAsync(
        """
        put(f'{A}/f', b'0' * 5000); put(f'{A}/g', b'1' * 5000); stop = threading.Event()
        def release(mount, n): os.mkdir(f'{mount}/r{n}'); put(f'{mount}/r{n}/one', b'%d' % n * 50); put(f'{mount}/r{n}/two', b'%d' % n * 50)
        release(A, 0); os.symlink('r0', f'{A}/current'); release(A, 1); os.rename(f'{A}/r1', f'{A}/live')
        def swap(mount, _):
            for i in range(150): rename2(f'{mount}/f', f'{mount}/g', EXCHANGE)
        def deploy(mount, first):
            for n in range(first, first + 40):
                release(mount, n); os.symlink(f'r{n}', f'{mount}/new{first}'); os.rename(f'{mount}/new{first}', f'{mount}/current')
                release(mount, n + 1000); rename2(f'{mount}/r{n + 1000}', f'{mount}/live', EXCHANGE)
        def look(mount, _):
            while not stop.is_set():
                for name in 'fg': data = get(f'{mount}/{name}'); is_((len(data), len(set(data))), (5000, 1))
                is_([n for n in sorted(os.listdir(mount)) if n in 'fg'], ['f', 'g'])
                for name in ('live', 'current'):
                    d = os.open(f'{mount}/{name}', os.O_DIRECTORY); one, two = get('one', dir_fd=d), get('two', dir_fd=d); os.close(d); is_(one, two)
        def work(f, *args):
            try: f(*args)
            finally: done.append(1); len(done) == 4 and stop.set()
        done = []; run_all([(work, swap, A, 0), (work, swap, B, 0), (work, deploy, A, 10), (work, deploy, B, 100), (look, A, 0), (look, B, 0)], lambda f, *args: f(*args))
        is_(sorted(os.listdir(A)), sorted(os.listdir(B)))
        """);

    [Fact]
    public async Task A_counter_under_locks_of_any_kind_loses_no_update() => await RunAsync(
        """
        locks = {
            'fcntl': lambda fd, on: lock(fd, fcntl.F_SETLKW, fcntl.F_WRLCK if on else fcntl.F_UNLCK),
            'ofd': lambda fd, on: lock(fd, OFD_SETLKW, fcntl.F_WRLCK if on else fcntl.F_UNLCK),
            'flock': lambda fd, on: fcntl.flock(fd, fcntl.LOCK_EX if on else fcntl.LOCK_UN),
        }
        def written(path, fd): n = int(os.pread(fd, 100, 0)); is_(os.pwrite(fd, b'%08d' % (n + 1), 0), 8)
        def mapped(path, fd):
            with mmap.mmap(fd, 8) as m: m[:] = b'%08d' % (int(m[:]) + 1); m.flush()
        def replaced(path, fd): n = int(get(path + '.n')); put(path + '.new', b'%08d' % (n + 1)); os.rename(path + '.new', path + '.n')
        def appended(path, fd): put(path + '.log', b'x' * (os.stat(path + '.log').st_size + 1 - len(get(path + '.log'))), os.O_APPEND)
        ways = {'written': written, 'mapped': mapped, 'replaced': replaced, 'appended': appended}
        for how in locks:
            for way in ways:
                f = f'{A}/{how}-{way}'; put(f, b'%08d' % 0); put(f + '.n', b'%08d' % 0); put(f + '.log', b'')
        def run(mount, _):
            for how, hold in locks.items():
                for way, count in ways.items():
                    path = f'{mount}/{how}-{way}'; fd = os.open(path, os.O_RDWR)
                    for i in range(20): hold(fd, True); count(path, fd); hold(fd, False)
                    os.close(fd)
        fork_all([(A, 0), (B, 0), (A, 1), (B, 1)], run)
        for m in (A, B):
            for how in locks:
                is_([get(f'{m}/{how}-written'), get(f'{m}/{how}-mapped'), get(f'{m}/{how}-replaced.n'), get(f'{m}/{how}-appended.log')], [b'%08d' % 80] * 3 + [b'x' * 80])
        """);
}
