using System.Buffers;
using FlexFs.Core;
using FlexFs.Fuse.Memory;
using FlexFs.Fuse.Native;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse;

/// <summary>The ways to answer a request. One call ends the request; a second one throws.</summary>
/// <remarks>
/// Each returns whether the kernel took the answer. It does not when the program was killed meanwhile or the mount is
/// gone: what the answer gave away (a lookup, an open file) is then not held by anybody and must be taken back.
/// </remarks>
public readonly unsafe ref struct FuseReply
{
    /// <summary>Pieces of data that one answer can be gathered from.</summary>
    public const int SegmentsMax = 32;

    private readonly RequestSlot _slot;

    internal FuseReply(RequestSlot slot, long ticket)
    {
        _slot = slot;
        _ticket = ticket;
    }

    private readonly long _ticket;

    /// <summary>Done, with nothing to say.</summary>
    public bool Ok() => Error(Errno.OK);

    /// <summary>Refused; or done, with <see cref="Errno.OK"/>.</summary>
    public bool Error(Errno errno)
    {
        Claim();
        return Finish(_slot.Send(errno));
    }

    /// <summary>LOOKUP, MKNOD, MKDIR, SYMLINK, LINK.</summary>
    public bool Entry(in FuseEntryOut entry)
    {
        Claim();
        return Finish(_slot.Send(entry));
    }

    /// <summary>GETATTR, SETATTR.</summary>
    public bool Attr(in FuseAttrOut attr)
    {
        Claim();
        return Finish(_slot.Send(attr));
    }

    /// <summary>STATX.</summary>
    public bool Statx(in FuseStatxOut statx)
    {
        Claim();
        return Finish(_slot.Send(statx));
    }

    /// <summary>OPEN, OPENDIR.</summary>
    public bool Open(in FuseOpenOut open)
    {
        Claim();
        return Finish(_slot.Send(open));
    }

    /// <summary>CREATE, TMPFILE.</summary>
    public bool Create(in FuseEntryOut entry, in FuseOpenOut open)
    {
        Claim();
        return Finish(_slot.Send(entry, open));
    }

    /// <summary>WRITE: bytes taken.</summary>
    public bool Written(uint bytes)
    {
        Claim();
        return Finish(_slot.Send(new FuseWriteOut { Size = bytes }));
    }

    /// <summary>COPY_FILE_RANGE, in the form that was asked: bytes copied, below 4 GiB for the older one.</summary>
    public bool Copied(ulong bytes)
    {
        Claim();
        return Finish(
            _slot.Header.Opcode == FuseOpcode.CopyFileRange64
                ? _slot.Send(bytes)
                : _slot.Send(new FuseWriteOut { Size = (uint)Math.Min(bytes, uint.MaxValue) }));
    }

    /// <summary>STATFS.</summary>
    public bool StatFs(in FuseKstatfs statfs)
    {
        Claim();
        return Finish(_slot.Send(statfs));
    }

    /// <summary>GETXATTR, LISTXATTR asked with size 0: how many bytes there are.</summary>
    public bool XattrSize(uint bytes)
    {
        Claim();
        return Finish(_slot.Send(new FuseGetxattrOut { Size = bytes }));
    }

    /// <summary>GETLK: the lock in the way, or one of type F_UNLCK.</summary>
    public bool Lock(in FuseFileLock fileLock)
    {
        Claim();
        return Finish(_slot.Send(fileLock));
    }

    /// <summary>LSEEK, BMAP: where.</summary>
    public bool Position(ulong offset)
    {
        Claim();
        return Finish(_slot.Send(offset));
    }

    /// <summary>POLL: POLL bits that are ready.</summary>
    public bool Poll(uint events)
    {
        Claim();
        return Finish(_slot.Send(new FusePollOut { Revents = events }));
    }

    /// <summary>IOCTL: the call's result and output.</summary>
    public bool Ioctl(int result, ReadOnlySpan<byte> output)
    {
        Claim();
        *_slot.HeadBody<FuseIoctlOut>() = new FuseIoctlOut { Result = result };
        fixed (byte* start = output)
        {
            return Finish(_slot.Send(sizeof(FuseIoctlOut), [new IoVec(start, (nuint)output.Length)]));
        }
    }

    /// <summary>READ, READDIR, READDIRPLUS, READLINK, GETXATTR, LISTXATTR: bytes, no more than asked, not copied here.</summary>
    public bool Data(ReadOnlySpan<byte> data)
    {
        Claim();
        fixed (byte* start = data)
        {
            return Finish(_slot.Send(0, [new IoVec(start, (nuint)data.Length)]));
        }
    }

    /// <summary>The same, of two pieces.</summary>
    public bool Data(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        Claim();
        fixed (byte* one = first)
        fixed (byte* two = second)
        {
            return Finish(_slot.Send(0, [new IoVec(one, (nuint)first.Length), new IoVec(two, (nuint)second.Length)]));
        }
    }

    /// <summary>The same, of up to <see cref="SegmentsMax"/> pieces.</summary>
    public bool Data(ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        Check.That(pieces.Length <= SegmentsMax);
        Claim();
        Span<IoVec> vectors = stackalloc IoVec[SegmentsMax];
        Handles handles = default;
        for (int i = 0; i < pieces.Length; i++)
        {
            handles[i] = pieces[i].Pin();
            vectors[i] = new IoVec(handles[i].Pointer, (nuint)pieces[i].Length);
        }
        Errno errno = _slot.Send(0, vectors[..pieces.Length]);
        for (int i = 0; i < pieces.Length; i++) handles[i].Dispose();
        return Finish(errno);
    }

    private void Claim()
    {
        if (!_slot.TryClaim(_ticket)) throw new InvariantException("this FUSE request was answered already");
    }

    private bool Finish(Errno errno)
    {
        if (errno != Errno.OK) errno = _slot.Server.OnReplyRefused(_slot, errno);
        _slot.Release();
        return errno == Errno.OK;
    }

    [System.Runtime.CompilerServices.InlineArray(SegmentsMax)]
    private struct Handles
    {
        private MemoryHandle _first;
    }
}
