namespace FlexFs.Mount.Tests.Programs.Coherence;

/// <content>Bytes, sizes, mappings, appends.</content>
public abstract partial class CoherenceTests
{
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
    public async Task A_file_that_others_shorten_and_lengthen_has_zeros_where_nothing_was_written_since() => await RunAsync(
        """
        size = 60000; model = bytearray(os.urandom(size)); put(f'{A}/f', bytes(model))
        fds = {m: os.open(f'{m}/f', os.O_RDWR) for m in (A, B)}
        maps = {m: mmap.mmap(fds[m], size, prot=mmap.PROT_READ) for m in (A, B)}
        for m in (A, B): is_(maps[m][:size] == model, True)
        for i, x, y in turns(200):
            cut = random.randrange(0, size); os.ftruncate(fds[x], cut); is_(os.fstat(fds[y]).st_size, cut); is_(os.pread(fds[y], size, 0) == model[:cut], True)
            fails(errno.ENXIO, os.lseek, fds[y], cut, os.SEEK_DATA); is_(get(f'{y}/f') == model[:cut], True); model[cut:] = bytes(size - cut)
            if i % 3 == 0: os.posix_fallocate(fds[y], 0, size)
            elif i % 3 == 1: os.ftruncate(fds[y], size)
            else: is_(os.pwrite(fds[y], b'end', size - 3), 3); model[-3:] = b'end'
            at = random.randrange(0, size - 2000); data = os.urandom(random.randrange(1, 2000)); model[at:at + len(data)] = data; is_(os.pwrite(fds[y], data, at), len(data))
            # A fault in a mapping asks nobody for the size: who knows that the file has grown has looked at it.
            for m in (x, y): is_(os.pread(fds[m], size, 0) == model, True); is_(os.fstat(fds[m]).st_size, size); is_(maps[m][:size] == model, True)
        """);

    [Fact]
    public async Task Large_appends_of_both_mounts_are_whole() => await RunAsync(
        """
        put(f'{A}/log', b'')
        def run(mount, mark):
            fd = os.open(f'{mount}/log', os.O_WRONLY | os.O_APPEND)
            for i in range(25): n = 1 + (i * 7919) % 200000; is_(os.write(fd, struct.pack('>BBI', mark, i, n) + bytes([mark]) * n), n + 6)
            os.close(fd)
        fork_all([(A, 1), (B, 2), (A, 3), (B, 4)], run)
        for m in (A, B):
            data = get(f'{m}/log'); at, next = 0, collections.Counter()
            while at < len(data):
                mark, i, n = struct.unpack_from('>BBI', data, at); is_((i, n), (next[mark], 1 + (i * 7919) % 200000)); next[mark] += 1
                is_(data[at + 6:at + 6 + n] == bytes([mark]) * n, True); at += 6 + n
            is_(next, {1: 25, 2: 25, 3: 25, 4: 25})
        """);
}
