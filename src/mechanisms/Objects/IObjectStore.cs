using FlexFs.Core;

namespace FlexFs.Objects;

/// <summary>Named, immutable bytes: an S3 bucket or what behaves like one.</summary>
/// <remarks>
/// 1. An object is written once, whole, and durable when <see cref="PutAsync"/> says so. A name never changes its bytes.
/// 2. Writing the same bytes again is the same success, so a request whose answer was lost may be repeated.
/// 3. What was put is got and listed from then on; what was deleted is not.
/// What must be expected is a result. What goes wrong in the world is an <see cref="ObjectStoreException"/>. Any number of calls
/// at a time.
/// </remarks>
public interface IObjectStore : IAsyncDisposable
{
    /// <summary>Where it is, for messages: a URL or a path, without secrets.</summary>
    string Location { get; }

    /// <summary>Stores an object.</summary>
    /// <param name="name">New, or of an object with the same bytes.</param>
    /// <param name="bytes">Not changed by the caller until the answer.</param>
    /// <param name="cancellationToken">Ends the wait; the object may be there all the same.</param>
    ValueTask<PutOutcome> PutAsync(ObjectName name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Reads a range into the caller's memory.</summary>
    /// <param name="name">Of the object.</param>
    /// <param name="offset">First byte; at or beyond the end nothing is read.</param>
    /// <param name="destination">Filled as far as the object reaches.</param>
    /// <param name="cancellationToken">Ends the wait; the memory may still be written until the task has completed.</param>
    ValueTask<ObjectRange> GetAsync(
        ObjectName name, long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Bytes of an object; null when there is none.</summary>
    ValueTask<long?> LengthAsync(ObjectName name, CancellationToken cancellationToken);

    /// <summary>Deletes objects. Those that are not there are deleted already.</summary>
    /// <param name="names">At most <see cref="ObjectStoreLimits.NamesPerDeleteMax"/>.</param>
    /// <param name="cancellationToken">Ends the wait; any of them may be gone.</param>
    ValueTask DeleteAsync(IReadOnlyList<ObjectName> names, CancellationToken cancellationToken);

    /// <summary>Lists objects whose names begin with <paramref name="prefix"/>, in the order of their bytes.</summary>
    /// <param name="prefix">Any beginning of a name; empty for all.</param>
    /// <param name="continuation">Of the page before; null for the first.</param>
    /// <param name="limit">Objects on the page, at most <see cref="ObjectStoreLimits.NamesPerPageMax"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<ObjectPage> ListAsync(
        string prefix, string? continuation, int limit, CancellationToken cancellationToken);
}

/// <summary>Bounds of one call of <see cref="IObjectStore"/>, those of S3.</summary>
public static class ObjectStoreLimits
{
    /// <summary>Names in one deletion.</summary>
    public const int NamesPerDeleteMax = 1000;

    /// <summary>Objects on one page of a listing.</summary>
    public const int NamesPerPageMax = 1000;
}

/// <summary>What became of a put.</summary>
public enum PutOutcome
{
    /// <summary>Durable: written now, or there already with the same bytes.</summary>
    Stored,

    /// <summary>The name has other bytes; nothing was changed.</summary>
    Conflict,

    /// <summary>No space or quota left; nothing was changed.</summary>
    OutOfSpace,
}

/// <summary>What a range read found.</summary>
/// <param name="IsFound">Whether the object is there.</param>
/// <param name="BytesRead">Bytes placed in the destination; fewer than asked only at the object's end.</param>
/// <param name="ObjectBytes">Length of the whole object.</param>
public readonly record struct ObjectRange(bool IsFound, int BytesRead, long ObjectBytes)
{
    /// <summary>There is no such object.</summary>
    public static readonly ObjectRange NotFound;
}

/// <summary>An object of a listing.</summary>
/// <param name="Name">Its name.</param>
/// <param name="LengthBytes">Stored bytes.</param>
/// <param name="StoredAt">When, by the store's clock.</param>
public readonly record struct ListedObject(ObjectName Name, long LengthBytes, Instant StoredAt);

/// <summary>A page of a listing.</summary>
/// <param name="Objects">In the order of names; may be none although there are more pages.</param>
/// <param name="Continuation">For the next page; null at the end.</param>
public readonly record struct ObjectPage(IReadOnlyList<ListedObject> Objects, string? Continuation);
