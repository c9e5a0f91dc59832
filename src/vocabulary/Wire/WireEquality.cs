using System.Collections.Immutable;
using System.ComponentModel;

namespace FlexFs.Wire;

/// <summary>Equality by content of what compares by reference otherwise. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class WireEquality
{
    /// <summary>Same bytes.</summary>
    public static bool Equal(ReadOnlyMemory<byte> a, ReadOnlyMemory<byte> b) => a.Span.SequenceEqual(b.Span);

    /// <summary>Same elements in the same order; no array is an empty one.</summary>
    public static bool Equal<T>(ImmutableArray<T> a, ImmutableArray<T> b) => a.AsSpan().SequenceEqual(b.AsSpan(), null);

    /// <summary>Same byte strings in the same order; no array is an empty one.</summary>
    public static bool Equal(ImmutableArray<ReadOnlyMemory<byte>> a, ImmutableArray<ReadOnlyMemory<byte>> b)
    {
        var left = a.AsSpan();
        var right = b.AsSpan();
        if (left.Length != right.Length) return false;
        for (var i = 0; i < left.Length; i++)
        {
            if (!Equal(left[i], right[i])) return false;
        }

        return true;
    }

    /// <summary>Of the bytes.</summary>
    public static int Hash(ReadOnlyMemory<byte> bytes)
    {
        var hash = default(HashCode);
        hash.AddBytes(bytes.Span);
        return hash.ToHashCode();
    }

    /// <summary>Of the elements.</summary>
    public static int Hash<T>(ImmutableArray<T> items)
    {
        var hash = default(HashCode);
        foreach (var item in items.AsSpan()) hash.Add(item);
        return hash.ToHashCode();
    }

    /// <summary>Of the byte strings.</summary>
    public static int Hash(ImmutableArray<ReadOnlyMemory<byte>> items)
    {
        var hash = default(HashCode);
        foreach (var item in items.AsSpan()) hash.Add(Hash(item));
        return hash.ToHashCode();
    }
}
