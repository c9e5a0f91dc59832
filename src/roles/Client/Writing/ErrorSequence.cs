using FlexFs.Core;

namespace FlexFs.Client.Writing;

/// <summary>Write errors of one inode, each reported once to each handle, as the kernel's errseq_t does.</summary>
/// <remarks>Under the lock of its inode. A handle keeps the number that it has seen.</remarks>
internal struct ErrorSequence
{
    private Errno _last;

    /// <summary>Errors so far: what a handle that is opened now has seen.</summary>
    public ulong Count { get; private set; }

    /// <summary>Notes that what was written could not be stored.</summary>
    public void Record(Errno errno)
    {
        Check.That(errno != Errno.OK);
        _last = errno;
        Count++;
    }

    /// <summary>The last error behind <paramref name="seen"/>, which is then seen; OK when there is none.</summary>
    public readonly Errno Report(ref ulong seen)
    {
        if (seen == Count) return Errno.OK;
        seen = Count;
        return _last;
    }
}
