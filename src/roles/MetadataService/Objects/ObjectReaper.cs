using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.MetadataService.Pipeline;
using FlexFs.MetadataService.Volumes;

namespace FlexFs.MetadataService.Objects;

/// <summary>Deletes what the engine has condemned from the object store, when nobody can still be reading it.</summary>
/// <remarks>
/// 1. Nothing is deleted that is not condemned, and condemned is irrevocable, so a late deletion does no harm.
/// 2. Nothing is deleted before it was condemned for the session term and a margin, and for the volume's retention.
/// 3. It is forgotten only after the store has said that it is gone; a crash between the two deletes it once more.
/// Runs on the volume's context, one step of bounded size at a time.
/// </remarks>
internal sealed class ObjectReaper(VolumeSeat seat, IObjectDeleter deleter, VolumeCalls calls)
{
    private readonly TimeSpan _age = Max(
        seat.Options.SessionTerm + seat.Options.DeletionMargin, seat.Volume.Retention);
    private ulong _after;
    private bool _sawAny;

    /// <summary>Whether the last pass found something, or none was completed yet.</summary>
    public bool HasCondemned { get; private set; } = true;

    /// <summary>Looks at the next page of condemned objects, and deletes those that are old enough.</summary>
    public async Task StepAsync()
    {
        if (_age == TimeSpan.MaxValue) return;
        var listed = await calls.RunAsync(InternalOpcode.ListCondemned, new ListRequest
        {
            After = _after,
            Limit = (uint)Math.Min(seat.Options.DeletionsPerStep, ListRequest.LimitMax),
        });
        if (listed.Errno != Errno.OK) return;
        var page = listed.Read<CondemnedListReply>();
        var now = Instant.Now(seat.Clock);
        var due = page.Objects.Where(o => now.Since(o.Since) >= _age).Select(o => o.Object).ToImmutableArray();
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

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a >= b ? a : b;
}
