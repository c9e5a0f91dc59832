using FlexFs.Core;

namespace FlexFs.Mount.Bridge;

/// <summary>Until when the kernel may believe a name, of those it was given lately.</summary>
/// <remarks>
/// A table of times by hash: names that share a place share the later time, so an answer can be later than the truth, never earlier.
/// Nothing is ever removed and nothing allocated. Any thread.
/// </remarks>
internal sealed class GivenNames(TimeProvider time)
{
    private const int PlacesLog2 = 15;
    private readonly long[] _until = new long[1 << PlacesLog2];

    /// <summary>A name is given to the kernel for a while.</summary>
    internal void Note(InodeId parent, ReadOnlySpan<byte> name, TimeSpan valid)
    {
        if (valid <= TimeSpan.Zero) return;
        var until = time.GetTimestamp() + (long)(valid.TotalSeconds * time.TimestampFrequency);
        ref var place = ref _until[PlaceOf(parent, name)];
        var before = Volatile.Read(ref place);
        while (before < until)
        {
            var found = Interlocked.CompareExchange(ref place, until, before);
            if (found == before) return;
            before = found;
        }
    }

    /// <summary>For how long the kernel may still believe it; zero when it does not.</summary>
    internal TimeSpan Left(InodeId parent, ReadOnlySpan<byte> name)
    {
        var left = Volatile.Read(ref _until[PlaceOf(parent, name)]) - time.GetTimestamp();
        return left > 0 ? TimeSpan.FromSeconds((double)left / time.TimestampFrequency) : TimeSpan.Zero;
    }

    private static int PlaceOf(InodeId parent, ReadOnlySpan<byte> name)
    {
        var hash = default(HashCode);
        hash.Add(parent.Value);
        hash.AddBytes(name);
        return hash.ToHashCode() & ((1 << PlacesLog2) - 1);
    }
}
