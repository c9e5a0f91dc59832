using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Live bytes of objects that one operation gives and takes; applied once per object at its end.</summary>
/// <remarks>An object that comes to 0 is condemned, which is irrevocable, and loses its record.</remarks>
internal sealed class LiveBytes
{
    private readonly Dictionary<ObjectId, long> _changes = [];
    private readonly List<ObjectId> _order = [];

    /// <summary>The extents are named no more.</summary>
    public void Remove(ReadOnlySpan<Extent> extents)
    {
        foreach (var extent in extents) Add(extent.Object, -(long)extent.LengthBytes);
    }

    /// <summary>The extents are named.</summary>
    public void Add(ReadOnlySpan<Extent> extents)
    {
        foreach (var extent in extents) Add(extent.Object, extent.LengthBytes);
    }

    /// <summary>Writes the objects' records.</summary>
    public void Apply(OperationContext c)
    {
        foreach (var id in _order)
        {
            var change = _changes[id];
            if (change == 0) continue;
            var found = c.TryGetObject(id, out var record);
            if (!c.IsComplete) continue;
            Check.That(found, "an object that extents name has a record");
            var live = (long)record.LiveBytes + change;
            Check.That(live >= 0);
            if (live > 0)
            {
                c.PutObject(id, record with { LiveBytes = (ulong)live });
            }
            else
            {
                c.Transaction.Delete(Keys.Object(id));
                c.Transaction.Put(
                    Keys.Condemned(id), new CondemnedRecord { Since = c.Now, StoredBytes = record.StoredBytes });
            }
        }

        Clear();
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        _changes.Clear();
        _order.Clear();
    }

    private void Add(ObjectId id, long bytes)
    {
        ref var change = ref CollectionsMarshal.GetValueRefOrAddDefault(_changes, id, out var existed);
        if (!existed) _order.Add(id);
        change += bytes;
    }
}
