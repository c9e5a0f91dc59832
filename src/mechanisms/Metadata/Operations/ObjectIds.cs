using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Object ids are handed out in aligned ranges.</summary>
internal static class ObjectIds
{
    /// <summary>The first id of the range that an id is in.</summary>
    public static ulong RangeOf(ObjectId id) => id.Value & ~((ulong)AllocateIdsRequest.Count - 1);
}
