using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Access times of what was read, by the rule of relatime (mount(8)), so that most reads change nothing.</summary>
internal static class NoteAccess
{
    private const long DayNanoseconds = 24 * 3600 * Instant.NanosecondsPerSecond;

    public static Outcome Run(OperationContext c, in NoteAccessRequest request)
    {
        if (request.Inodes.IsDefaultOrEmpty) return Outcome.Ok;
        foreach (var access in request.Inodes)
        {
            if (!c.TryGetInode(access.Inode, out var record)) continue;
            var accessedAt = access.At.CompareTo(c.Now) < 0 ? access.At : c.Now;
            if (IsDue(record.AccessedAt, record.ModifiedAt, record.ChangedAt, accessedAt))
            {
                // No host drops what it has cached because another one has read.
                c.PutInode(access.Inode, record with { AccessedAt = accessedAt }, isQuiet: true);
            }
        }

        return Outcome.Ok;
    }

    private static bool IsDue(Instant accessedAt, Instant modifiedAt, Instant changedAt, Instant now) =>
        now.CompareTo(accessedAt) > 0
        && (accessedAt.CompareTo(modifiedAt) <= 0 || accessedAt.CompareTo(changedAt) <= 0
            || now.Nanoseconds - accessedAt.Nanoseconds >= DayNanoseconds);
}
