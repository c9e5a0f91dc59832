namespace FlexFs.Mount.Tests.Programs.Coherence;

/// <content>Names, attributes, extended attributes, links, listings.</content>
public abstract partial class CoherenceTests
{
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
    public async Task Extended_attributes_are_those_of_now() => await RunAsync(
        """
        put(f'{A}/f', b''); os.mkdir(f'{A}/d'); have = {}
        for i, x, y in turns(200):
            n = f'user.n{i % 7}'; fresh = n not in have; have[n] = b'%d' % i
            os.setxattr(f'{x}/f', n, have[n], os.XATTR_CREATE if fresh else os.XATTR_REPLACE)
            is_({k: os.getxattr(f'{y}/f', k) for k in os.listxattr(f'{y}/f')}, have); fails(errno.EEXIST, os.setxattr, f'{y}/f', n, b'', os.XATTR_CREATE)
            os.setxattr(f'{y}/d', 'trusted.d', have[n]); is_(os.getxattr(f'{x}/d', 'trusted.d'), have[n])
            if i % 3 == 0:
                os.removexattr(f'{y}/f', n); del have[n]; fails(errno.ENODATA, os.getxattr, f'{x}/f', n); is_(sorted(os.listxattr(f'{x}/f')), sorted(have))
            if i % 10 == 9:
                # Another file with the same name has others.
                put(f'{x}/g', b''); os.setxattr(f'{x}/g', 'user.g', b'g'); os.rename(f'{x}/g', f'{x}/f'); is_(os.listxattr(f'{y}/f'), ['user.g'])
                os.removexattr(f'{y}/f', 'user.g'); have = {}; is_(os.listxattr(f'{x}/f'), [])
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
    public async Task Hard_and_symbolic_links_are_those_of_now() => await RunAsync(
        """
        put(f'{A}/f', b''); links = []
        for i, x, y in turns(200):
            links.append(f'h{i}'); os.link(f'{x}/f', f'{x}/h{i}'); s = os.stat(f'{y}/f'); is_((s.st_nlink, s.st_ino), (len(links) + 1, os.stat(f'{y}/h{i}').st_ino))
            data = b'%d' % i * 100; put(f'{y}/h{i}', data); is_(get(f'{x}/f'), data); is_(get(f'{x}/{links[0]}'), data); is_(os.stat(f'{x}/{links[0]}').st_size, len(data))
            os.symlink(f'h{i}', f'{x}/new'); os.rename(f'{x}/new', f'{x}/s'); is_(os.readlink(f'{y}/s'), f'h{i}'); is_(get(f'{y}/s'), data)
            fails(errno.EEXIST, os.link, f'{y}/f', f'{y}/h{i}'); fails(errno.EEXIST, os.symlink, 'f', f'{y}/h{i}')
            if i % 10 == 9:
                fd = os.open(f'{x}/f', os.O_RDWR)
                for j, name in enumerate(links): os.unlink(f'{(x, y)[j % 2]}/{name}'); is_(os.fstat(fd).st_nlink, len(links) - j); fails(errno.ENOENT, os.stat, f'{(y, x)[j % 2]}/{name}')
                os.unlink(f'{y}/f'); is_(os.fstat(fd).st_nlink, 0); fails(errno.ENOENT, get, f'{y}/s'); os.pwrite(fd, b'on', 0); is_(os.pread(fd, 2, 0), b'on'); os.close(fd)
                links = []; put(f'{y}/f', b'')
        """);

    [Fact]
    public async Task A_listing_shows_once_what_stays_while_the_other_mount_changes_the_folder() => await RunAsync(
        """
        stay = {f'stay{i}' for i in range(400)}
        for name in stay: put(f'{A}/{name}', b'', os.O_CREAT | os.O_EXCL)
        stop = threading.Event(); there, gone = set(), set()
        def change(mount, mark):
            try:
                for i in range(150):
                    name = f'{mark}{i}'; put(f'{mount}/{name}', b'', os.O_CREAT | os.O_EXCL); there.add(name)
                    if i >= 20: old = f'{mark}{i - 20}'; there.discard(old); os.unlink(f'{mount}/{old}'); gone.add(old)
            finally: done.append(1); len(done) == 2 and stop.set()
        def look(mount, _):
            while not stop.is_set():
                before, away = set(there), set(gone); names = collections.Counter(os.listdir(mount)); after = set(there)
                is_({n for n in stay | (before & after) if names[n] != 1}, set()); is_({n for n in away if names[n]}, set())
                with os.scandir(mount) as entries: is_({e.name for e in entries} >= stay, True)
        done = []; run_all([(change, A, 'a'), (change, B, 'b'), (look, A, 0), (look, B, 0)], lambda f, *args: f(*args))
        is_(sorted(os.listdir(A)), sorted(stay | there)); is_(sorted(os.listdir(B)), sorted(stay | there))
        """);
}
