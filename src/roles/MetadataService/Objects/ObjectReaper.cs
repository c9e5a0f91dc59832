using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.MetadataService.Pipeline;
using FlexFs.MetadataService.Volumes;

namespace FlexFs.MetadataService.Objects;

/// <summary>Deletes what the engine has condemned from the object store, when nobody can still be reading it.</summary>
/// <remarks>
/// 1. Nothing is deleted that is not condemned, and condemned is irrevocable, so a late deletion does no harm.
/// 2. Nothing is deleted before it was condemned for the session term and a margin, as this server has measured since it opened the
///    volume, so that no step of a clock shortens it; nor before the volume's retention is over, which goes by volume time.
/// 3. It is forgotten only after the store has said that it is gone; a crash between the two deletes it once more.
/// Runs on the volume's context, one step of bounded size at a time.
/// </remarks>
internal sealed class ObjectReaper(VolumeSeat seat, IObjectDeleter deleter, VolumeCalls calls)
{
    private readonly MeasuredAge _margin = new(seat.Clock, seat.Options.SessionTerm + seat.Options.DeletionMargin);
    private ulong _after;
    private bool _sawAny;

    /// <summary>Whether the last pass found something, or none was completed yet.</summary>
    public bool HasCondemned { get; private set; } = true;

    /// <summary>Looks at the next page of condemned objects, and deletes those that are old enough.</summary>
    public async Task StepAsync()
    {
        if (seat.Volume.Retention == TimeSpan.MaxValue) return;
        var listed = await calls.RunAsync(InternalOpcode.ListCondemned, new ListRequest
        {
            After = _after,
            Limit = (uint)Math.Min(seat.Options.DeletionsPerStep, ListRequest.LimitMax),
        });
        if (listed.Errno != Errno.OK) return;
        var page = listed.Read<CondemnedListReply>();
        var now = Instant.Max(Instant.Now(seat.Clock), page.Before);
        _margin.Note(page.Before);
        var due = page.Objects
            .Where(o => o.Since.CompareTo(_margin.Reached) < 0 && now.Since(o.Since) >= seat.Volume.Retention)
            .Select(o => o.Object).ToImmutableArray();
        _sawAny |= page.Objects.Length > 0;
        if (due.Length > 0 && !await DeleteAsync(due)) return;
        _after = page.IsEnd ? 0 : page.Objects[^1].Object.Value;
        if (!page.IsEnd) return;
        HasCondemned = _sawAny;
        _sawAny = false;
    }

    private async Task<bool> DeleteAsync(ImmutableArray<ObjectId> objects)
    {
        try
        {
            await deleter.DeleteAsync(seat.Volume.Id, objects, CancellationToken.None);
        }
        catch (IOException failure)
        {
            Log.ObjectsNotDeleted(seat.Log, failure.Message);
            return false;
        }

        var forgotten = await calls.RunAsync(InternalOpcode.ForgetCondemned, new IdsRequest { Objects = objects });
        if (forgotten.Errno != Errno.OK) return false;
        Log.ObjectsDeleted(seat.Log, objects.Length);
        return true;
    }
}
