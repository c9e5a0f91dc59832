using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Fuse.Protocol;
using Microsoft.Win32.SafeHandles;

namespace FlexFs.Fuse.Tests;

/// <summary>The kernel's end of a connection: a socket that keeps message boundaries as /dev/fuse does.</summary>
internal sealed class FakeKernel : IDisposable
{
    private readonly SafeFileHandle _end;

    private FakeKernel(SafeFileHandle end, SafeFileHandle device)
    {
        _end = end;
        Device = device;
    }

    public SafeFileHandle Device { get; }

    public static FakeKernel Create()
    {
        const int AF_UNIX = 1, SOCK_SEQPACKET = 5, SOCK_CLOEXEC = 0x80000;
        int[] fds = new int[2];
        Assert.Equal(0, SocketPair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds));
        return new FakeKernel(new SafeFileHandle(fds[0], true), new SafeFileHandle(fds[1], true));
    }

    /// <summary>Serves with one reader; ends when this is disposed.</summary>
    public FuseServer Serve(IFuseFileSystem fs, FuseCapabilities agreed = FuseCapabilities.Default, Action<FuseFault>? onFault = null)
    {
        var negotiation = new FuseNegotiation(agreed, 45, 1 << 17, 1 << 17, 1, 64, 32, 0);
        var options = new FuseOptions { ReadersMax = 1, MaxRequestBytes = 1 << 17, OnFault = onFault };
        var server = new FuseServer(FuseConnection.Adopt([Device], negotiation), fs, options);
        server.Start();
        return server;
    }

    public void Send(ReadOnlySpan<byte> message) => Assert.Equal(message.Length, Write(_end, message, message.Length));

    /// <summary>A whole request with a right header.</summary>
    public static byte[] Request(FuseOpcode opcode, ulong unique, ulong nodeId, params byte[][] parts)
    {
        byte[] body = [.. parts.SelectMany(part => part)];
        return [.. Bytes(new FuseInHeader { Len = (uint)(40 + body.Length), Opcode = opcode, Unique = unique, NodeId = nodeId, Uid = 7, Gid = 8, Pid = 9 }), .. body];
    }

    public static byte[] Bytes<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value)).ToArray();

    public byte[] Receive()
    {
        byte[] buffer = new byte[1 << 18];
        nint length = Read(_end, buffer, buffer.Length);
        Assert.True(length >= 16);
        return buffer[..(int)length];
    }

    /// <summary>The errno of the next reply, which must be to this request and say its own length.</summary>
    public Errno ReceiveErrno(ulong unique) => Head(Receive(), unique);

    public static Errno Head(byte[] reply, ulong unique)
    {
        var header = MemoryMarshal.Read<FuseOutHeader>(reply);
        Assert.Equal(unique, header.Unique);
        Assert.Equal((uint)reply.Length, header.Len);
        if (header.Error != 0) Assert.Equal(16, reply.Length);
        return (Errno)(-header.Error);
    }

    public void Dispose() => _end.Dispose();

    [DllImport("libc", EntryPoint = "socketpair")]
    private static extern int SocketPair(int domain, int type, int protocol, int[] fds);

    [DllImport("libc", EntryPoint = "write")]
    private static extern unsafe nint WriteRaw(SafeFileHandle fd, byte* buffer, nint length);

    [DllImport("libc", EntryPoint = "read")]
    private static extern unsafe nint ReadRaw(SafeFileHandle fd, byte* buffer, nint length);

    private static unsafe nint Write(SafeFileHandle fd, ReadOnlySpan<byte> buffer, nint length)
    {
        fixed (byte* start = buffer) return WriteRaw(fd, start, length);
    }

    private static unsafe nint Read(SafeFileHandle fd, byte[] buffer, nint length)
    {
        fixed (byte* start = buffer) return ReadRaw(fd, start, length);
    }
}
