using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs.Coherence;

/// <summary>Two hosts, as far as the network goes, and the servers on a third.</summary>
public sealed class TwoHostsCluster() : SharedCluster(new ClusterOptions { MountFlags = ["--xAttr"], OnHostsOfTheirOwn = true });

/// <summary>Tests that share it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TwoHosts : ICollectionFixture<TwoHostsCluster>
{
    /// <summary>Its name.</summary>
    public const string Name = "two hosts";
}

/// <summary>Two mounts of two hosts.</summary>
[Collection(TwoHosts.Name)]
public sealed class TwoHostsTests(TwoHostsCluster shared) : CoherenceTests(shared)
{
    // A process of its own from the start on: a child that is made later would close files of the cut mount, and wait.
    private const string Cable = """
        cable = subprocess.Popen(['bash', '-c', 'while read -r host state; do $enter ip link set port$host $state && echo done; done'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        def link(host, state): cable.stdin.write(f'{host} {state}\n'); is_(cable.stdout.readline(), 'done\n')
        atexit.register(link, 1, 'up')
        def ends(pid, seconds):
            for _ in range(seconds * 50):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended: is_(status, 0); return True
                time.sleep(0.02)
            return False

        """;

    [Fact]
    public async Task A_host_that_is_cut_off_for_less_than_a_lease_goes_on_where_it_was() => await RunOnHostsAsync(
        """
        for i in range(20): put(f'{A}/f{i}', b'%d' % i * 1000)
        fds = [os.open(f'{A}/f{i}', os.O_RDONLY) for i in range(20)]
        def known():
            for i in range(20):
                is_(os.stat(f'{A}/f{i}').st_size, len(b'%d' % i) * 1000); is_(os.pread(fds[i], 9999, 0), b'%d' % i * 1000)
        # Programs on both hosts, who know what they have made and may see no error.
        def work(mount, mark):
            model, folder = {}, f'{mount}/w{mark}'; end = False; i = 0
            while not end or i % 10:
                end = os.path.exists(stop); name = f'n{random.randrange(12)}'; i += 1; way = random.randrange(5); other = f'n{random.randrange(12)}'
                if name not in model or way == 0: model[name] = b'%d' % i * random.randrange(1, 4000); put(f'{folder}/{name}', model[name])
                elif way == 1: os.unlink(f'{folder}/{name}'); del model[name]
                elif way == 2 and name != other: os.rename(f'{folder}/{name}', f'{folder}/{other}'); model[other] = model.pop(name)
                else: is_(get(f'{folder}/{name}'), model[name])
                if i % 10 == 0: is_(sorted(os.listdir(folder)), sorted(model))
        stop = os.environ['t'] + '/stop'
        for seconds in (0.5, 2, 5):
            for n in 'ab': os.mkdir(f'{A}/w{n}-{seconds}')
            os.mkdir(f'{B}/own')
            workers = [fork(work, m, f'{n}-{seconds}') for m, n in ((A, 'a'), (B, 'b'))]
            known(); time.sleep(0.3); link(1, 'down'); begun = time.monotonic()
            known(); time.sleep(seconds / 2)
            # Beside it the other host makes, moves and removes; only what the first one has cached it cannot change yet.
            for i in range(30): put(f'{B}/own/f', b'1'); os.rename(f'{B}/own/f', f'{B}/own/g'); os.unlink(f'{B}/own/g')
            waits = fork(os.chmod, f'{B}/f0', 0o600 + int(seconds)); is_(os.waitpid(waits, os.WNOHANG)[0], 0); known(); time.sleep(max(0, seconds - time.monotonic() + begun)); link(1, 'up')
            known(); is_(os.waitpid(waits, 0)[1], 0); is_(os.stat(f'{A}/f0').st_mode & 0o777, 0o600 + int(seconds)); put(stop, b''); os.rmdir(f'{A}/own')
            for pid in workers: is_(os.waitpid(pid, 0)[1], 0)
            os.unlink(stop); known()
            for m, n in ((A, 'a'), (B, 'b')):
                folder = f'w{n}-{seconds}'; is_(sorted(os.listdir(f'{A}/{folder}')), sorted(os.listdir(f'{B}/{folder}')))
                for name in os.listdir(f'{A}/{folder}'): is_(get(f'{A}/{folder}/{name}') == get(f'{B}/{folder}/{name}'), True)
        """);

    [Fact]
    public async Task A_host_that_is_cut_off_for_longer_is_fenced_says_so_and_comes_back() => await RunOnHostsAsync(
        """
        for name in ('mode', 'mine', 'lock', 'name', 'told'): put(f'{A}/{name}', b'old' * 1000)
        go, looks, done = (os.environ['t'] + name for name in ('/go', '/looks', '/done'))
        def look():
            # What is seen after the other host was told of its change is the new state, however long it takes.
            while True:
                begun = time.monotonic()
                try: mode = os.stat(f'{A}/mode').st_mode & 0o777
                except OSError as e: is_(e.errno, errno.EIO); continue  # the session was expired before it was answered
                open(looks, 'a').write(f'{begun} {mode:o}\n')
                if mode == 0o600: return
        def change():
            try: os.mkdir(f'{A}/made'); how = 'done'
            except OSError as e: is_(e.errno, errno.EIO); how = 'EIO'
            open(done, 'w').write(how)
        def later(body):
            while not os.path.exists(go): time.sleep(0.02)
            body()
        # Processes from before the files are open: they would close them, too, and be told in our place.
        programs = [fork(later, look), fork(later, change)]
        for m in (A, B): os.stat(f'{m}/mode'); get(f'{m}/mine'); is_(sorted(os.listdir(m)), ['lock', 'mine', 'mode', 'name', 'told'])
        mine, held, told = (os.open(f'{A}/{name}', os.O_RDWR) for name in ('mine', 'lock', 'told')); fcntl.flock(held, fcntl.LOCK_EX)
        os.pwrite(mine, b'kept', 0); os.fsync(mine); os.pwrite(told, b'kept', 0); os.fsync(told)
        fails(errno.EAGAIN, fcntl.flock, os.open(f'{B}/lock', os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
        link(1, 'down')
        # Within the lease: caches, and bytes that stay in memory.
        is_(os.stat(f'{A}/mode').st_mode & 0o777, 0o644); is_(os.pwrite(mine, b'lost', 0), 4); is_(os.pread(mine, 4, 0), b'lost'); is_(os.pwrite(told, b'lost', 0), 4)
        open(go, 'w').close()
        # The other one waits until the lease is over, and goes on.
        os.chmod(f'{B}/mode', 0o600); changed = time.monotonic()
        is_(get(f'{B}/mine')[:7], b'keptldo'); put(f'{B}/mine', b'yours'); is_(get(f'{B}/told')[:7], b'keptldo')
        b = os.open(f'{B}/lock', os.O_RDWR); fcntl.flock(b, fcntl.LOCK_EX); is_(os.pwrite(b, b'new', 0), 3); os.fsync(b)
        os.rename(f'{B}/name', f'{B}/name2'); put(f'{B}/name', b'2'); put(f'{B}/more', b'3')
        for pid in programs: is_(ends(pid, 2), False)
        link(1, 'up')
        for pid in programs: is_(ends(pid, 90), True)
        for line in open(looks):
            begun, mode = line.split(); is_(mode == '600' or float(begun) < changed, True)
        made = open(done).read(); is_(made == 'EIO' or os.path.isdir(f'{B}/made'), True); is_(os.path.exists(f'{A}/made'), os.path.exists(f'{B}/made'))
        # It has been told of what is lost, once for each open file.
        fails(errno.EIO, os.fsync, mine); os.fsync(mine); is_(os.pread(mine, 10, 0), b'yours'); fails(errno.EIO, os.close, told); is_(get(f'{A}/told')[:7], b'keptldo')
        fails(errno.EIO, os.pread, held, 3, 0); fails(errno.EIO, fcntl.flock, held, fcntl.LOCK_EX)
        try: os.close(held)
        except OSError as e: is_(e.errno, errno.EIO)
        is_(get(f'{A}/lock')[:6], b'newold'); is_(get(f'{A}/name'), b'2'); is_(get(f'{A}/more'), b'3')
        rescued = glob.glob(os.environ['HOME'] + '/.flexfs/mount/rescue/shared/*/*'); is_(len([f for f in rescued if os.path.getsize(f) == 4 and get(f) == b'lost']), 2)
        # And both see each other as before.
        is_(os.pwrite(mine, b'again', 0), 5); os.fsync(mine); os.close(mine); is_(get(f'{B}/mine'), b'again')
        for i, x, y in turns(100):
            put(f'{x}/turn', b'%d' % i); is_(get(f'{y}/turn'), b'%d' % i); os.rename(f'{y}/turn', f'{y}/t{i}'); fails(errno.ENOENT, os.stat, f'{x}/turn'); is_(sorted(os.listdir(A)), sorted(os.listdir(B)))
        """);

    private Task<string> RunOnHostsAsync(string script)
    {
        Requirements.Programs("ip", "nsenter");
        return RunAsync(script, $"os.environ['enter'] = '{string.Join(' ', Cluster.Network!.EnterSwitch)}'\n" + Cable);
    }
}
