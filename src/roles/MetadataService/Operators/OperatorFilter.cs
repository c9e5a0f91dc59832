using FlexFs.Core;

namespace FlexFs.MetadataService.Operators;

/// <summary>What of a listing is wanted. What is left out does not narrow it.</summary>
public sealed record OperatorFilter
{
    /// <summary>Rows that a listing has when nobody says how many.</summary>
    public const int LimitDefault = 1000;

    /// <summary>Rows that a listing has at most.</summary>
    public const int LimitMax = 100_000;

    /// <summary>Name of the volume.</summary>
    public string? Volume { get; init; }

    /// <summary>Whose it is, or for whom is waited.</summary>
    public SessionId? Session { get; init; }

    /// <summary>Of which inode.</summary>
    public InodeId? Inode { get; init; }

    /// <summary>A part of the client's name, whose it is or for whom is waited.</summary>
    public string? Client { get; init; }

    /// <summary>Only what somebody waits for, and who waits.</summary>
    public bool OnlyWaiting { get; init; }

    /// <summary>Rows at most, 1 to <see cref="LimitMax"/>.</summary>
    public int Limit { get; init; } = LimitDefault;

    internal bool Takes(SessionId session, string client) =>
        (Session is not { } wanted || wanted == session)
        && (Client is null || client.Contains(Client, StringComparison.OrdinalIgnoreCase));

    internal bool Takes(InodeId inode) => Inode is not { } wanted || wanted == inode;
}

/// <summary>Rows, and whether that is all.</summary>
/// <param name="Rows">At most as many as were wanted.</param>
/// <param name="IsCut">Whether there are more.</param>
public sealed record Listing<T>(IReadOnlyList<T> Rows, bool IsCut);

/// <summary>Makes listings.</summary>
internal static class Listing
{
    /// <summary>The first rows of a sequence, which is not read further than it must be.</summary>
    public static Listing<T> Of<T>(IEnumerable<T> rows, int limit)
    {
        List<T> taken = [.. rows.Take(limit + 1)];
        var isCut = taken.Count > limit;
        if (isCut) taken.RemoveAt(limit);
        return new Listing<T>(taken, isCut);
    }
}
