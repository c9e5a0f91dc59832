using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Session;

/// <summary>Ids for new objects, from ranges that only this session may commit.</summary>
/// <remarks>One request for 1,024 objects. Its window lets one caller at a time in.</remarks>
internal sealed class ObjectIds(MetadataSession session)
{
    private readonly AsyncWindow _window = new(1);
    private readonly Lock _gate = new();
    private ulong _next;
    private ulong _end;
    private ulong _drops;

    /// <summary>An id that was never used.</summary>
    public async ValueTask<Result<ObjectId>> NextAsync()
    {
        if (TryNext(out var id)) return id;
        await _window.EnterAsync();
        try
        {
            while (!TryNext(out id))
            {
                ulong drops;
                lock (_gate) drops = _drops;
                var reply = await session.MutateAsync(Opcode.AllocateIds, default(AllocateIdsRequest));
                if (!reply.IsOk) return reply.Errno;
                var first = reply.Value.Value;
                Check.That(first != 0 && first % AllocateIdsRequest.Count == 0);
                lock (_gate)
                {
                    // A range of a session that ended meanwhile is closed.
                    if (drops != _drops) continue;
                    _next = first;
                    _end = first + AllocateIdsRequest.Count;
                }
            }

            return id;
        }
        finally
        {
            _window.Exit();
        }
    }

    /// <summary>Forgets the range: the server closed it.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            _next = _end;
            _drops++;
        }
    }

    private bool TryNext(out ObjectId id)
    {
        lock (_gate)
        {
            id = new ObjectId(_next);
            if (_next >= _end) return false;
            _next++;
            return true;
        }
    }
}
