using System.Runtime.CompilerServices;
using FlexFs.Core;
using FlexFs.Fuse.Memory;
using FlexFs.Fuse.Native;
using FlexFs.Fuse.Protocol;
using Microsoft.Win32.SafeHandles;

namespace FlexFs.Fuse;

/// <summary>INIT: the kernel offers, the server takes. The first exchange on a connection, and never repeated.</summary>
internal sealed class FuseHandshake
{
    private const uint Major = 7;
    private const int PageBytes = 4096;

    private FuseHandshake(FuseNegotiation negotiation) => Negotiation = negotiation;

    public FuseNegotiation Negotiation { get; }

    /// <summary>Decides what to take of an offer; the reply's and the agreement's one source.</summary>
    public static FuseNegotiation Decide(in FuseInitIn offer, FuseOptions options)
    {
        ulong offered = offer.Flags;
        if ((offered & (ulong)FuseCapabilities.InitExt) != 0) offered |= (ulong)offer.Flags2 << 32;
        var taken = (FuseCapabilities)offered & options.Capabilities;
        // Without MAX_PAGES a request has 32 pages.
        uint pages = (taken & FuseCapabilities.MaxPages) != 0 ? (uint)options.MaxRequestBytes / PageBytes : 32;
        return new FuseNegotiation(
            taken,
            Math.Min(offer.Minor, FuseNegotiation.MinorMax),
            Math.Min((uint)options.MaxRequestBytes, pages * PageBytes),
            Math.Min(offer.MaxReadahead, options.MaxReadaheadBytes),
            options.TimeGranularityNanoseconds,
            options.MaxBackground,
            (ushort)pages,
            (taken & FuseCapabilities.Passthrough) != 0 ? options.MaxStackDepth : 0);
    }

    /// <summary>Reads INIT from a fresh connection and answers it.</summary>
    public static unsafe FuseResult<FuseHandshake> Run(SafeFileHandle device, FuseOptions options)
    {
        // Like every buffer the kernel writes to: resident, and as large as the largest request it may send.
        int bytes = RequestSlot.LargeRequestAt + 80 + options.MaxRequestBytes;
        nint memory = LockedMemory.Instance.Allocate((nuint)bytes);
        if (memory == 0) return new(Errno.ENOMEM, $"no memory for a FUSE buffer of {bytes} bytes");
        try
        {
            return Run(device, options, (byte*)memory, bytes);
        }
        finally
        {
            LockedMemory.Instance.Free(memory, (nuint)bytes);
        }
    }

    private static unsafe FuseResult<FuseHandshake> Run(
        SafeFileHandle device, FuseOptions options, byte* buffer, int bytes)
    {
        while (true)
        {
            nint length = Libc.Read(device, buffer, (nuint)bytes);
            if (length < 0)
            {
                Errno errno = Libc.LastErrno;
                if (errno is Errno.EINTR or Errno.EAGAIN or Errno.ENOENT) continue;
                return new(errno, $"the kernel ended the mount before it began ({errno})");
            }
            var header = Unsafe.ReadUnaligned<FuseInHeader>(buffer);
            int body = (int)length - sizeof(FuseInHeader);
            if (body < FuseInitIn.BytesBefore36 || header.Opcode != FuseOpcode.Init)
            {
                return new(Errno.EPROTO, "the first request of the kernel is not INIT: another server has this mount");
            }
            FuseInitIn offer = default;
            Unsafe.CopyBlockUnaligned(&offer, buffer + sizeof(FuseInHeader), (uint)Math.Min(body, sizeof(FuseInitIn)));
            if (offer.Major > Major)
            {
                // The kernel asks again with the major that both have.
                Errno again = Answer(device, buffer, header.Unique, Errno.OK, new FuseInitOut { Major = Major });
                if (again != Errno.OK) return new(again, $"INIT could not be answered ({again})");
                continue;
            }
            if (offer.Major < Major || offer.Minor < FuseNegotiation.MinorMin)
            {
                _ = Answer(device, buffer, header.Unique, Errno.EPROTO, default);
                return new(
                    Errno.EPROTO,
                    $"the kernel speaks FUSE {offer.Major}.{offer.Minor}, but {Major}.{FuseNegotiation.MinorMin} is needed");
            }
            return Agree(device, buffer, header.Unique, Decide(offer, options));
        }
    }

    private static unsafe FuseResult<FuseHandshake> Agree(
        SafeFileHandle device, byte* buffer, ulong unique, in FuseNegotiation agreed)
    {
        var reply = new FuseInitOut
        {
            Major = Major,
            Minor = agreed.Minor,
            MaxReadahead = agreed.MaxReadaheadBytes,
            Flags = (uint)agreed.Capabilities,
            Flags2 = (uint)((ulong)agreed.Capabilities >> 32),
            MaxBackground = agreed.MaxBackground,
            CongestionThreshold = (ushort)(agreed.MaxBackground * 3 / 4),
            MaxWrite = agreed.MaxWriteBytes,
            TimeGran = agreed.TimeGranularityNanoseconds,
            MaxPages = agreed.MaxPages,
            MaxStackDepth = agreed.MaxStackDepth,
        };
        Errno errno = Answer(device, buffer, unique, Errno.OK, reply);
        return errno == Errno.OK
            ? new(new FuseHandshake(agreed))
            : new(errno, $"INIT could not be answered ({errno})");
    }

    private static unsafe Errno Answer(
        SafeFileHandle device, byte* buffer, ulong unique, Errno errno, in FuseInitOut body)
    {
        int length = sizeof(FuseOutHeader) + (errno == Errno.OK ? sizeof(FuseInitOut) : 0);
        *(FuseOutHeader*)buffer = new FuseOutHeader { Len = (uint)length, Error = -(int)errno, Unique = unique };
        *(FuseInitOut*)(buffer + sizeof(FuseOutHeader)) = body;
        return Libc.Write(device, buffer, (nuint)length) < 0 ? Libc.LastErrno : Errno.OK;
    }
}
