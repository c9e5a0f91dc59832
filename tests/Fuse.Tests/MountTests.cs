using System.Diagnostics;
using FlexFs.Core;
using FlexFs.Fuse.MemoryFs;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse.Tests;

public sealed class MountTests
{
    [Fact]
    public async Task Names_are_made_renamed_linked_and_removed()
    {
        await using var mount = MountedMemory.Create();
        Assert.Equal("hello", await mount.ShAsync("mkdir a; echo hello > a/b; mv a/b a/c; ln a/c a/d; ln -s c a/e; cat a/e"));
        Assert.Equal("2", await mount.ShAsync("stat -c %h a/d"));
        Assert.Equal("c", await mount.ShAsync("readlink a/e"));
        Assert.Equal("c\nd\ne", await mount.ShAsync("ls a"));
        await mount.ShAsync("rmdir a 2>&1 | grep -q 'not empty'");
        await mount.ShAsync("mkdir x y; touch x/1; mv -T y x 2>&1 | grep -qi 'not empty'; mv x y; test -f y/x/1");
        Assert.Equal("0", await mount.ShAsync("rm -rf a y; ls | wc -l"));
        await mount.ShAsync($"touch {new string('n', 255)}; ! touch {new string('n', 256)} 2>/dev/null");
        await mount.ShAsync("mkfifo p; test -p p; mknod z c 1 5; test -c z");
    }

    [Fact]
    public async Task Ten_thousand_names_are_listed_once_each()
    {
        await using var mount = MountedMemory.Create();
        await mount.ShAsync("mkdir d; cd d; seq -f 'file-with-a-longish-name-%06g' 10000 | xargs touch");
        Assert.Equal("10000", await mount.ShAsync("ls d | sort -u | wc -l"));
        Assert.Equal("10000", await mount.ShAsync("find d -type f -size 0 | wc -l"));
        Assert.Equal("10000", await mount.ShAsync("ls -lU d | grep -c longish"));
        Assert.Equal("0", await mount.ShAsync("rm -rf d; ls -A | wc -l"));
    }

    [Fact]
    public async Task Bytes_come_back_as_they_were_written()
    {
        await using var mount = MountedMemory.Create();
        await mount.ShAsync("head -c 5000000 /dev/urandom > /tmp/$$.src; cp /tmp/$$.src f; cmp /tmp/$$.src f; "
            + "dd if=/tmp/$$.src of=g bs=7001 2>/dev/null; cmp /tmp/$$.src g; "
            + "dd if=/tmp/$$.src of=h bs=1M oflag=direct conv=notrunc 2>/dev/null || true; "
            + "dd if=f of=/tmp/$$.dst bs=64k iflag=direct 2>/dev/null; cmp /tmp/$$.src /tmp/$$.dst; rm /tmp/$$.*");
        Assert.Equal("12345678x", await mount.ShAsync("printf 1234 > a; printf 5678 >> a; (printf x >> a); cat a"));
        Assert.Equal("1000000", await mount.ShAsync("truncate -s 1000000 t; tr -d '\\0' < t | wc -c | grep -qx 0; stat -c %s t"));
        Assert.Equal("ab", await mount.ShAsync("printf abcdef > u; truncate -s 2 u; truncate -s 6 u; tr -d '\\0' < u"));
        Assert.Equal("0", await mount.ShAsync("echo long > v; : > v; stat -c %s v"));
    }

    [Fact]
    public async Task Attributes_are_kept()
    {
        await using var mount = MountedMemory.Create();
        Assert.Equal(
            "4750 7 8 981173106",
            await mount.ShAsync("touch f; chown 7:8 f; chmod 4750 f; touch -m -d '2001-02-03 04:05:06 UTC' f; stat -c '%a %u %g %Y' f"));
        Assert.Equal("777", await mount.ShAsync("umask 0; mkdir d; stat -c %a d"));
        // Written by somebody without CAP_FSETID, a file loses its set-id bits (FUSE_HANDLE_KILLPRIV_V2).
        string user = "setpriv --reuid 7 --regid 7 --clear-groups --inh-caps=-all sh -c";
        Assert.Equal("755", await mount.ShAsync($"touch s; chown 7 s; chmod 4755 s; {user} 'echo x >> s'; stat -c %a s"));
        Assert.Equal("255", await mount.ShAsync("stat -f -c %l ."));
    }

    [Fact]
    public async Task Holes_are_found_and_punched()
    {
        await using var mount = MountedMemory.Create();
        await mount.ShAsync("head -c 4M /dev/zero | tr '\\0' x > f; fallocate -p -o 1M -l 1M f; "
            + "test $(tr -d '\\0' < f | wc -c) = 3145728; test $(stat -c %s f) = 4194304; test $(stat -c %b f) -lt 8192");
        await mount.ShAsync("fallocate -l 9M f; test $(stat -c %s f) = 9437184; fallocate -z -o 0 -l 10 f; head -c 10 f | tr -d '\\0' | wc -c | grep -qx 0");
        // cp looks for holes with SEEK_DATA and makes them anew.
        await mount.ShAsync("truncate -s 50M s; printf end >> s; cp --sparse=auto s c; cmp s c; test $(stat -c %b c) -lt 10000");
    }

    [Fact]
    public async Task Programs_run_from_the_mount_and_map_its_files()
    {
        await using var mount = MountedMemory.Create();
        await mount.ShAsync("cp /bin/cat prog; chmod 755 prog; ./prog prog | cmp - /bin/cat");
        string tool = Path.Combine(AppContext.BaseDirectory, "memoryfs.dll");
        await mount.ShAsync("truncate -s 300000 m; "
            + $"dotnet '{tool}' --map m 300000; sum=$(head -c 300000 /dev/zero | tr '\\0' M | cksum); test \"$(cksum < m)\" = \"$sum\"");
    }

    [Fact]
    public async Task A_blocked_lock_is_interrupted_and_granted_in_turn()
    {
        await using var mount = MountedMemory.Create();
        using Process holder = mount.Start("touch l; exec 9<l; flock -x 9; echo held; sleep 60");
        Assert.Equal("held", await MountedMemory.LineAsync(holder));
        await mount.ShAsync("! flock -n l true");
        // The waiting one is sent SIGTERM: the request ends, and with it the program.
        await mount.ShAsync("timeout 0.3 flock l true", expected: 124);
        Assert.True(mount.Mount.Server.Counters.Interrupts > 0);
        using Process waiter = mount.Start("flock l echo granted");
        Assert.True(SpinWait.SpinUntil(() => mount.Mount.Server.Pending > 0, 10_000));
        holder.Kill(entireProcessTree: true);
        Assert.Equal("granted", await MountedMemory.LineAsync(waiter));
        await MountedMemory.EndAsync(waiter);
    }

    [Fact]
    public async Task Extended_attributes_are_kept()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setfattr"), "setfattr is not installed");
        await using var mount = MountedMemory.Create();
        await mount.ShAsync("touch f; setfattr -n user.a -v one f; setfattr -n user.b -v two f; "
            + "test $(getfattr --only-values -n user.a f) = one; getfattr f | grep -q user.b; setfattr -x user.a f; ! getfattr -n user.a f 2>/dev/null");
    }

    [Fact]
    public async Task The_mount_is_what_was_asked_for()
    {
        await using var mount = MountedMemory.Create();
        MountTableEntry entry = MountTable.Find(mount.Path)!;
        Assert.Equal(("fuse.memoryfs", "test"), (entry.Type, entry.Source));
        Assert.Contains("nosuid", entry.Options, StringComparison.Ordinal);
        Assert.Equal("16384", (await File.ReadAllTextAsync($"/sys/class/bdi/{entry.Major}:{entry.Minor}/read_ahead_kb", TestContext.Current.CancellationToken)).Trim());
        Assert.Equal(1u << 20, mount.Mount.Connection.Negotiation.MaxWriteBytes);
        await mount.ShAsync("head -c 64M /dev/zero > f; sync -f . ; echo 1 > /proc/sys/vm/drop_caches; cat f > /dev/null");
        FuseCounters counters = mount.Mount.Server.Counters;
        // 1 MiB each, both ways.
        Assert.InRange(counters.Requests(FuseOpcode.Read), 1, 200);
    }

    [Fact]
    public async Task Mounting_fails_with_the_reason()
    {
        await using var mount = MountedMemory.Create();
        var fs = new MemoryFileSystem(TimeProvider.System);
        (string Path, Errno Errno, string Reason)[] cases =
        [
            (mount.Path, Errno.EBUSY, "is mounted at"),
            ("/nonexistent/place", Errno.ENOENT, "does not exist"),
            ("/etc/passwd", Errno.ENOTDIR, "is not a directory"),
            ("", Errno.ENOENT, "is empty"),
        ];
        foreach ((string path, Errno errno, string reason) in cases)
        {
            var result = FuseMount.Mount(path, fs, MountedMemory.Options());
            Assert.Equal(errno, result.Errno);
            Assert.Contains(reason, result.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_busy_mount_is_EBUSY_and_can_be_detached()
    {
        var mount = MountedMemory.Create();
        using Process user = mount.Start("echo in; exec sleep 60");
        await MountedMemory.LineAsync(user);
        Assert.Equal(Errno.EBUSY, mount.Mount.Unmount());
        Assert.Equal(Errno.OK, mount.Mount.Detach());
        Assert.Null(MountTable.Find(mount.Path));
        Assert.False(mount.Mount.Completion.IsCompleted);
        user.Kill();
        await mount.Mount.DisposeAsync();
        Directory.Delete(mount.Path);
    }

    [Fact]
    public async Task A_read_only_mount_refuses_to_write()
    {
        string path = MountedMemory.NewMountPoint();
        var options = MountedMemory.Options() with { ReadOnly = true };
        var result = FuseMount.Mount(path, new MemoryFileSystem(TimeProvider.System), options);
        Assert.True(result.IsOk, result.Reason);
        Assert.StartsWith("ro", MountTable.Find(path)!.Options, StringComparison.Ordinal);
        Assert.Equal(Errno.OK, result.Value.Unmount());
        await result.Value.DisposeAsync();
        Directory.Delete(path);
    }

    [Fact]
    public async Task Requests_are_answered_while_handlers_block_all_but_one_reader()
    {
        var fs = new Blocking();
        await using var mount = MountedMemory.Create(fs);
        using Process one = mount.Start("stat -f .");
        using Process two = mount.Start("stat -f .");
        Assert.True(SpinWait.SpinUntil(() => fs.Blocked == 2, 20_000));
        Assert.Equal("40755", await mount.ShAsync("printf %o 0x$(stat -c %f .)"));
        Assert.True(mount.Mount.Server.Counters.ReadersWoken >= 2);
        fs.Gate.Set();
        await MountedMemory.EndAsync(one);
        await MountedMemory.EndAsync(two);
        Assert.Equal((0, 0), (one.ExitCode, two.ExitCode));
    }

    /// <summary>Does what a handler must not: waits on the reader's thread.</summary>
    private sealed class Blocking : IFuseFileSystem
    {
        private int _blocked;

        public ManualResetEventSlim Gate { get; } = new(false);

        public int Blocked => Volatile.Read(ref _blocked);

        public ValueTask GetAttrAsync(FuseRequest request, FuseGetattrIn args)
        {
            request.Reply.Attr(new FuseAttrOut { Attr = new FuseAttr { Ino = 1, Mode = 0x41ED, Nlink = 2 } });
            return default;
        }

        public ValueTask StatFsAsync(FuseRequest request)
        {
            Interlocked.Increment(ref _blocked);
            Gate.Wait();
            request.Reply.StatFs(default);
            return default;
        }
    }
}
