using System.Text;
using FlexFs.Core;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse.Tests;

public sealed class DispatchTests
{
    private static byte[] Z(string text) => Encoding.UTF8.GetBytes(text + "\0");

    private static byte[] B<T>(T value)
        where T : unmanaged => FakeKernel.Bytes(value);

    /// <summary>Opcode, body, what the file system is to see.</summary>
    internal static List<(FuseOpcode Opcode, byte[] Body, string Call)> Requests()
    {
        var lk = new FuseLkIn { Owner = 5, LkFlags = 1, Lk = new FuseFileLock { End = 99 } };
        var read = new FuseReadIn { Fh = 3, Offset = 4096, Size = 512 };
        return
        [
            (FuseOpcode.Lookup, Z("name"), "lookup 1 name"),
            (FuseOpcode.GetAttr, B(new FuseGetattrIn { Fh = 4 }), "getattr 1 4"),
            (FuseOpcode.SetAttr, B(new FuseSetattrIn { Valid = FuseSetattrValid.Size, Size = 10, Gid = 6 }), "setattr Size 10 6"),
            (FuseOpcode.Statx, B(new FuseStatxIn { SxMask = 0xFFF }), "statx 4095"),
            (FuseOpcode.Access, B(new FuseAccessIn { Mask = 4 }), "access 4"),
            (FuseOpcode.ReadLink, [], "readlink"),
            (FuseOpcode.Symlink, [.. Z("name"), .. Z("to/there")], "symlink name to/there"),
            (FuseOpcode.MkNod, [.. B(new FuseMknodIn { Mode = 33188, Rdev = 2, Umask = 18 }), .. Z("n")], "mknod 33188 2 18 n"),
            (FuseOpcode.MkDir, [.. B(new FuseMkdirIn { Mode = 493, Umask = 18 }), .. Z("d")], "mkdir 493 18 d"),
            (FuseOpcode.Unlink, Z("n"), "unlink n"),
            (FuseOpcode.RmDir, Z("n"), "rmdir n"),
            (FuseOpcode.Rename, [.. B(new FuseRenameIn { NewDir = 5 }), .. Z("a"), .. Z("b")], "rename 5 0 a b"),
            (FuseOpcode.Rename2, [.. B(new FuseRename2In { NewDir = 5, Flags = 2 }), .. Z("a"), .. Z("b")], "rename 5 2 a b"),
            (FuseOpcode.Link, [.. B(new FuseLinkIn { OldNodeId = 12 }), .. Z("b")], "link 12 b"),
            (FuseOpcode.Open, B(new FuseOpenIn { Flags = 2, OpenFlags = 1 }), "open 2 1"),
            (FuseOpcode.Create, [.. B(new FuseCreateIn { Mode = 420 }), .. Z("c")], "create 420 c group "),
            (FuseOpcode.TmpFile, [.. B(new FuseCreateIn { Mode = 384 }), .. Z("t")], "tmpfile 384"),
            (FuseOpcode.Read, B(read), "read 3 4096 512"),
            (FuseOpcode.Write, [.. B(new FuseWriteIn { Fh = 3, Offset = 9, Size = 3 }), 1, 2, 3], "write 3 9 3 1 3"),
            (FuseOpcode.Write, [.. B(new FuseWriteIn { Size = 131072 }), 4, .. new byte[131070], 5], "write 0 0 131072 4 5"),
            (FuseOpcode.StatFs, [], "statfs"),
            (FuseOpcode.Release, B(new FuseReleaseIn { Fh = 3, ReleaseFlags = 2 }), "release 3 2"),
            (FuseOpcode.FSync, B(new FuseFsyncIn { FsyncFlags = 1 }), "fsync 1"),
            (FuseOpcode.SetXattr, [.. B(new FuseSetxattrIn { Size = 5, Flags = 1, SetxattrFlags = 1 }), .. Z("user.a"), .. "value"u8], "setxattr 1 1 user.a value"),
            (FuseOpcode.GetXattr, [.. B(new FuseGetxattrIn { Size = 64 }), .. Z("user.a")], "getxattr 64 user.a"),
            (FuseOpcode.ListXattr, B(new FuseGetxattrIn { Size = 0 }), "listxattr 0"),
            (FuseOpcode.RemoveXattr, Z("user.a"), "removexattr user.a"),
            (FuseOpcode.Flush, B(new FuseFlushIn { LockOwner = 77 }), "flush 77"),
            (FuseOpcode.OpenDir, B(new FuseOpenIn { Flags = 65536 }), "opendir 65536"),
            (FuseOpcode.ReadDir, B(read), "readdir 4096"),
            (FuseOpcode.ReadDirPlus, B(read), "readdirplus 4096"),
            (FuseOpcode.ReleaseDir, B(new FuseReleaseIn { Fh = 8 }), "releasedir 8"),
            (FuseOpcode.FSyncDir, B(default(FuseFsyncIn)), "fsyncdir 0"),
            (FuseOpcode.GetLk, B(lk), "getlk 5 99"),
            (FuseOpcode.SetLk, B(lk), "setlk 5 1"),
            (FuseOpcode.SetLkW, B(lk), "setlkw 5 1"),
            (FuseOpcode.BMap, B(new FuseBmapIn { Block = 6 }), "bmap 6"),
            (FuseOpcode.Ioctl, [.. B(new FuseIoctlIn { Cmd = 21505, InSize = 2 }), .. "in"u8], "ioctl 21505 in"),
            (FuseOpcode.Poll, B(new FusePollIn { Events = 1 }), "poll 1"),
            (FuseOpcode.Fallocate, B(new FuseFallocateIn { Offset = 1, Length = 2, Mode = 3 }), "fallocate 1 2 3"),
            (FuseOpcode.LSeek, B(new FuseLseekIn { Offset = 5, Whence = 4 }), "lseek 5 4"),
            (FuseOpcode.CopyFileRange, B(new FuseCopyFileRangeIn { NodeIdOut = 3, Len = 4 }), "copy 3 4"),
            (FuseOpcode.CopyFileRange64, B(new FuseCopyFileRangeIn { NodeIdOut = 3, Len = 1ul << 40 }), "copy 3 1099511627776"),
            (FuseOpcode.SetupMapping, B(new FuseSetupmappingIn { Len = 9 }), "setupmapping 9"),
            (FuseOpcode.RemoveMapping, new byte[20], "removemapping 20"),
            (FuseOpcode.SyncFs, new byte[8], "syncfs"),
        ];
    }

    [Fact]
    public void Every_operation_is_parsed()
    {
        using var kernel = FakeKernel.Create();
        var fs = new RecordingFileSystem();
        kernel.Serve(fs);
        ulong unique = 2;
        foreach ((FuseOpcode opcode, byte[] body, string call) in Requests())
        {
            kernel.Send(FakeKernel.Request(opcode, unique, 1, body));
            Assert.Equal(Errno.EDQUOT, kernel.ReceiveErrno(unique));
            Assert.Equal(call, fs.Calls[^1]);
            unique += 2;
        }
        var tested = Requests().Select(request => request.Opcode).ToHashSet();
        // What has no reply, or is the server's own business.
        tested.UnionWith([FuseOpcode.Forget, FuseOpcode.BatchForget, FuseOpcode.NotifyReply, FuseOpcode.Interrupt, FuseOpcode.Init, FuseOpcode.Destroy]);
        Assert.Empty(Enum.GetValues<FuseOpcode>().Except(tested));
    }

    [Fact]
    public void Every_truncated_body_is_EINVAL_or_a_shorter_name()
    {
        using var kernel = FakeKernel.Create();
        var fs = new RecordingFileSystem();
        FuseServer server = kernel.Serve(fs);
        ulong unique = 2;
        foreach ((FuseOpcode opcode, byte[] body, string _) in Requests())
        {
            for (int length = body.Length - 1; length >= Math.Max(0, body.Length - 120); length--)
            {
                kernel.Send(FakeKernel.Request(opcode, unique, 1, body[..length]));
                Errno errno = kernel.ReceiveErrno(unique);
                // These say nothing that could be cut off.
                bool any = opcode is FuseOpcode.RemoveMapping or FuseOpcode.SyncFs
                    || (opcode == FuseOpcode.TmpFile && length >= 16);
                Assert.True(errno == (any ? Errno.EDQUOT : Errno.EINVAL), $"{opcode} of {length} bytes: {errno}");
                unique += 2;
            }
        }
        Assert.True(server.Counters.Malformed > 500);
    }

    [Fact]
    public void A_wrong_length_in_the_header_is_EINVAL()
    {
        using var kernel = FakeKernel.Create();
        kernel.Serve(new RecordingFileSystem());
        foreach (uint length in (uint[])[0, 39, 45, 1000, uint.MaxValue])
        {
            byte[] request = FakeKernel.Request(FuseOpcode.Lookup, 6, 1, Z("abc"));
            BitConverter.TryWriteBytes(request, length);
            kernel.Send(request);
            Assert.Equal(Errno.EINVAL, kernel.ReceiveErrno(6));
        }
    }

    [Fact]
    public void Opcodes_nobody_knows_are_ENOSYS()
    {
        using var kernel = FakeKernel.Create();
        kernel.Serve(new RecordingFileSystem());
        foreach (uint opcode in (uint[])[0, 7, 19, 54, 4096, uint.MaxValue])
        {
            kernel.Send(FakeKernel.Request((FuseOpcode)opcode, 6, 1, new byte[64]));
            Assert.Equal(Errno.ENOSYS, kernel.ReceiveErrno(6));
        }
    }

    [Fact]
    public void Garbage_is_survived()
    {
        using var kernel = FakeKernel.Create();
        var fs = new RecordingFileSystem();
        kernel.Serve(fs);
        var random = new Random(20261123);
        ulong unique = 2;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] garbage = new byte[random.Next(1, 400)];
            random.NextBytes(garbage);
            if (garbage.Length >= 40 && random.Next(4) > 0)
            {
                BitConverter.TryWriteBytes(garbage, (uint)garbage.Length);
                BitConverter.TryWriteBytes(garbage.AsSpan(4), (uint)random.Next(0, 56));
                garbage[36] = (byte)random.Next(0, 4);
                garbage[37] = 0;
            }
            kernel.Send(garbage);
            // A right request behind it is answered: skip what the garbage was answered with.
            kernel.Send(FakeKernel.Request(FuseOpcode.Lookup, unique, 1, Z("alive")));
            while (true)
            {
                byte[] reply = kernel.Receive();
                if (BitConverter.ToUInt64(reply, 8) != unique) continue;
                Assert.Equal(Errno.EDQUOT, FakeKernel.Head(reply, unique));
                break;
            }
            unique += 2;
        }
    }

    [Fact]
    public void Forgets_have_no_reply_and_reach_the_file_system()
    {
        using var kernel = FakeKernel.Create();
        var fs = new RecordingFileSystem();
        kernel.Serve(fs);
        kernel.Send(FakeKernel.Request(FuseOpcode.Forget, 0, 7, B(new FuseForgetIn { NLookup = 3 })));
        kernel.Send(FakeKernel.Request(
            FuseOpcode.BatchForget,
            0,
            0,
            B(new FuseBatchForgetIn { Count = 2 }),
            B(new FuseForgetOne { NodeId = 8, NLookup = 1 }),
            B(new FuseForgetOne { NodeId = 9, NLookup = 2 })));
        kernel.Send(FakeKernel.Request(FuseOpcode.BatchForget, 0, 0, B(new FuseBatchForgetIn { Count = uint.MaxValue })));
        kernel.Send(FakeKernel.Request(
            FuseOpcode.NotifyReply, 44, 5, B(new FuseNotifyRetrieveIn { Offset = 6, Size = 2 }), "hi"u8.ToArray()));
        kernel.Send(FakeKernel.Request(FuseOpcode.StatFs, 2, 1));
        Assert.Equal(Errno.EDQUOT, kernel.ReceiveErrno(2));
        Assert.Equal(["forget 7 3", "forget 8 1", "forget 9 2", "retrieved 44 5 6 hi", "statfs"], fs.Calls);
    }

    [Fact]
    public void The_parents_group_is_read_from_the_extension()
    {
        using var kernel = FakeKernel.Create();
        var fs = new RecordingFileSystem();
        kernel.Serve(fs);
        byte[] extension = [.. B(new FuseExtHeader { Size = 16, Type = 32 }), 1, 0, 0, 0, 210, 4, 0, 0];
        byte[] request = FakeKernel.Request(FuseOpcode.Create, 2, 1, B(new FuseCreateIn { Mode = 420 }), Z("c"), extension);
        request[36] = 2;
        kernel.Send(request);
        Assert.Equal(Errno.EDQUOT, kernel.ReceiveErrno(2));
        Assert.Equal(["create 420 c group 1234"], fs.Calls);
    }

    [Fact]
    public void Setxattr_is_shorter_without_its_extension()
    {
        using var kernel = FakeKernel.Create();
        var fs = new RecordingFileSystem();
        kernel.Serve(fs, FuseCapabilities.Default & ~FuseCapabilities.SetxattrExt);
        byte[] head = B(new FuseSetxattrIn { Size = 1, Flags = 2 })[..8];
        kernel.Send(FakeKernel.Request(FuseOpcode.SetXattr, 2, 1, head, Z("user.a"), "v"u8.ToArray()));
        Assert.Equal(Errno.EDQUOT, kernel.ReceiveErrno(2));
        Assert.Equal(["setxattr 2 0 user.a v"], fs.Calls);
    }
}
