using FlexFs.Core;
using FlexFs.Fuse.Native;
using FlexFs.Fuse.Protocol;
using Microsoft.Win32.SafeHandles;

namespace FlexFs.Fuse;

/// <summary>The device descriptors of one mount and what was agreed with the kernel: all that a server needs to serve it.</summary>
/// <remarks>
/// The connection lives as long as any process holds any of its descriptors. A request belongs to the descriptor it was
/// read from and is answered there; closing the last descriptor of a clone ends what was read from it, so whoever is to
/// outlive a server holds all of them from before the first read.
/// </remarks>
public sealed class FuseConnection : IDisposable
{
    private readonly SafeFileHandle[] _devices;

    private FuseConnection(SafeFileHandle[] devices, FuseNegotiation negotiation)
    {
        _devices = devices;
        Negotiation = negotiation;
        Notifier = new FuseNotifier(this);
    }

    /// <summary>What was agreed at INIT.</summary>
    public FuseNegotiation Negotiation { get; }

    /// <summary>Tells the kernel what changed.</summary>
    public FuseNotifier Notifier { get; }

    /// <summary>The device that was mounted, and its clones. To be handed to whoever is to outlive this process.</summary>
    public IReadOnlyList<SafeFileHandle> Devices => _devices;

    /// <summary>
    /// Waits for INIT on the device of a fresh mount, answers it, and opens clones, so that there are
    /// <see cref="FuseOptions.ReadersMax"/> devices. The connection owns the device, also when this fails.
    /// </summary>
    public static FuseResult<FuseConnection> Open(SafeFileHandle device, FuseOptions options)
    {
        var agreed = FuseHandshake.Run(device, options);
        if (!agreed.TryGet(out FuseHandshake? handshake))
        {
            device.Dispose();
            return new(agreed.Errno, agreed.Reason);
        }
        var devices = new List<SafeFileHandle> { device };
        while (devices.Count < options.ReadersMax && Clone(device) is { } clone) devices.Add(clone);
        return new(new FuseConnection([.. devices], handshake.Negotiation));
    }

    /// <summary>
    /// Goes on with a connection that another server had: its descriptors and what that one agreed on. Then, when no
    /// thread of the old server can answer any more, <see cref="FuseNotifier.Resend"/> brings back what it had read.
    /// </summary>
    public static FuseConnection Adopt(IEnumerable<SafeFileHandle> devices, FuseNegotiation negotiation)
    {
        SafeFileHandle[] all = [.. devices];
        Check.That(all.Length > 0);
        return new FuseConnection(all, negotiation);
    }

    /// <summary>Registers an open file as the backing of passthrough opens; it stays until closed or unmounted.</summary>
    public unsafe Result<int> OpenBacking(SafeFileHandle file)
    {
        bool held = false;
        try
        {
            file.DangerousAddRef(ref held);
            var map = new FuseBackingMap { Fd = (int)file.DangerousGetHandle() };
            int id = Libc.Ioctl(_devices[0], Libc.FUSE_DEV_IOC_BACKING_OPEN, &map);
            return id < 0 ? Libc.LastErrno : id;
        }
        finally
        {
            if (held) file.DangerousRelease();
        }
    }

    /// <summary>Ends a registration.</summary>
    public unsafe Errno CloseBacking(int backingId)
    {
        uint id = (uint)backingId;
        return Libc.Ioctl(_devices[0], Libc.FUSE_DEV_IOC_BACKING_CLOSE, &id) < 0 ? Libc.LastErrno : Errno.OK;
    }

    /// <summary>Closes this process's descriptors, each when the calls under way on it have returned.</summary>
    public void Dispose()
    {
        Notifier.Dispose();
        foreach (SafeFileHandle device in _devices) device.Dispose();
    }

    /// <summary>One more device of the same connection, or null when the kernel has no such thing for it.</summary>
    private static unsafe SafeFileHandle? Clone(SafeFileHandle device)
    {
        int fd = Libc.Open("/dev/fuse", Libc.O_RDWR | Libc.O_CLOEXEC);
        if (fd < 0) return null;
        var clone = new SafeFileHandle(fd, ownsHandle: true);
        uint attached = (uint)(int)device.DangerousGetHandle();
        if (Libc.Ioctl(clone, Libc.FUSE_DEV_IOC_CLONE, &attached) == 0) return clone;
        clone.Dispose();
        return null;
    }
}
