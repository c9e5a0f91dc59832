namespace FlexFs.Fuse.Memory;

/// <summary>Where request and reply buffers live.</summary>
/// <remarks>
/// The memory must be resident: if the kernel has to fault a page in while a server is being killed, it ends the request
/// with EIO and does not resend it. So it is touched and locked before use, and never a mapping of a file.
/// </remarks>
public interface IFuseMemory
{
    /// <summary>Page-aligned, zeroed memory, or 0 when there is none.</summary>
    nint Allocate(nuint bytes);

    /// <summary>Gives it back.</summary>
    void Free(nint address, nuint bytes);
}
