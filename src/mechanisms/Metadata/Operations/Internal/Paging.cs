using FlexFs.Metadata.Records;
using FlexFs.Metadata.State;

namespace FlexFs.Metadata.Operations.Internal;

/// <summary>Pages of a family whose keys are one id.</summary>
internal static class Paging
{
    /// <summary>Ids behind <see cref="ListRequest.After"/>, up to its limit. False: the limit is not one.</summary>
    public static bool TryScan(OperationContext c, KeyFamily family, in ListRequest request, out ScannedPage page)
    {
        page = default;
        if (request.Limit is 0 or > ListRequest.LimitMax) return false;
        var after = new byte[9];
        after[0] = (byte)family;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(after.AsSpan(1), request.After);
        var from = Keys.Next(after);
        var end = Keys.After(Keys.Family(family));
        do
        {
            // A page of which all was removed since its snapshot is empty and not the end: the next one follows.
            page = c.Transaction.Scan(from, end, (int)request.Limit);
            from = page.Resume;
        }
        while (!page.IsComplete && page.Pairs.Count == 0);

        // Changes since the page's snapshot may have added to it; a page not longer than asked keeps replies bounded.
        if (page.Pairs.Count > (int)request.Limit)
        {
            page = new ScannedPage([.. page.Pairs.Take((int)request.Limit)], false, page.Resume);
        }

        return true;
    }
}
