using FlexFs.Core;

namespace FlexFs.Client.Writing;

/// <summary>Write errors of one inode, each reported once to each handle, as the kernel's errseq_t does.</summary>
/// <remarks>
/// Under the lock of its inode. A handle keeps the number that it has seen; one that is opened later has seen what somebody was told.
/// </remarks>
internal struct ErrorSequence
{
    private Errno _last;
    private ulong _count;

    /// <summary>What a handle that is opened now has seen: all errors but a last one that nobody was told.</summary>
    public readonly ulong Seen => IsUntold ? _count - 1 : _count;

    /// <summary>Whether nobody was told of the last error.</summary>
    public bool IsUntold { get; private set; }

    /// <summary>Notes that what was written could not be stored.</summary>
    public void Record(Errno errno)
    {
        Check.That(errno != Errno.OK);
        _last = errno;
        _count++;
        IsUntold = true;
    }

    /// <summary>The last error behind <paramref name="seen"/>, which is then seen; OK when there is none.</summary>
    public Errno Report(ref ulong seen)
    {
        if (seen == _count) return Errno.OK;
        seen = _count;
        IsUntold = false;
        return _last;
    }
}
