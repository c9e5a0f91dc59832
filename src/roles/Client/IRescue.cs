using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client;

/// <summary>Takes what a client had not committed when the server ended its session: it will never be committed.</summary>
public interface IRescue
{
    /// <summary>Keeps it where a person can find it, and says where. Called once for each session that ended with something unsent.</summary>
    /// <param name="lost">Its bytes stay as they are until the task ends.</param>
    ValueTask SaveAsync(RescuedSession lost);
}

/// <summary>All that was not committed in a session.</summary>
/// <param name="Session">The session that ended.</param>
/// <param name="EndedAt">When this client learnt of it, in the server's time.</param>
/// <param name="Files">In order of inode.</param>
public sealed record RescuedSession(SessionId Session, Instant EndedAt, IReadOnlyList<RescuedFile> Files);

/// <summary>What was not committed of one file.</summary>
/// <param name="Inode">The file.</param>
/// <param name="Change">Attributes that waited for the bytes; its mask says which, and may be empty.</param>
/// <param name="Pieces">In order of offset; none overlaps another.</param>
public sealed record RescuedFile(InodeId Inode, AttributeChange Change, IReadOnlyList<RescuedPiece> Pieces);

/// <summary>Bytes that were written last to a place of a file.</summary>
/// <param name="FileOffset">Where they belong.</param>
/// <param name="Bytes">The bytes.</param>
public readonly record struct RescuedPiece(long FileOffset, ReadOnlyMemory<byte> Bytes);
