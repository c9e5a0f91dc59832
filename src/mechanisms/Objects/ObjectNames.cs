using System.Globalization;
using FlexFs.Core;

namespace FlexFs.Objects;

/// <summary>The names of a volume's objects: <c>{prefix}/{spread}/{id}</c>.</summary>
/// <remarks>
/// The spread is two hex digits of a hash of the id: neighbours in time lie apart, so that a store that splits its key range by
/// load, and a file system with its folders, both see even load. 256 are enough for either (a 100 TiB volume of 4 MiB objects has
/// about 100,000 to a folder), and few enough that making the folders costs a volume nothing. Where the prefix holds the word
/// <c>partition</c>, the spread stands there instead: <c>data/partition/vol</c> gives <c>data/3f/vol/{id}</c>.
/// </remarks>
public sealed class ObjectNames
{
    private const string SpreadWord = "partition";
    private const int IdDigits = 16;
    private readonly string _before;
    private readonly string _after;

    /// <summary>Names below <paramref name="prefix"/>.</summary>
    /// <param name="prefix">May be empty; slashes around it do not count. At most 900 bytes.</param>
    public ObjectNames(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        Prefix = prefix.Trim('/');
        if (Prefix.Length > 900 || (Prefix.Length > 0 && !ObjectName.TryParse(Prefix, out _)))
        {
            throw new ArgumentException(
                $"'{prefix}' is no object prefix: up to 900 characters A-Z a-z 0-9 - _ . in segments between slashes");
        }

        var at = Prefix.IndexOf(SpreadWord, StringComparison.Ordinal);
        if (at >= 0)
        {
            _before = Prefix[..at];
            _after = $"{Prefix[(at + SpreadWord.Length)..]}/";
        }
        else
        {
            _before = Prefix.Length == 0 ? "" : $"{Prefix}/";
            _after = "/";
        }

        Owner = ObjectName.Of($"{_before}00{_after}flexfs-owner");
    }

    /// <summary>As given, without slashes around it.</summary>
    public string Prefix { get; }

    /// <summary>What all names begin with: what to list by. Where names of others begin so too, <see cref="TryParse"/> tells.</summary>
    public string ListPrefix => _before;

    /// <summary>The object that says whose prefix this is.</summary>
    public ObjectName Owner { get; }

    /// <summary>The name of an object.</summary>
    public ObjectName Of(ObjectId id)
    {
        Check.That(id != ObjectId.None);
        return ObjectName.Of(string.Create(
            CultureInfo.InvariantCulture, $"{_before}{SpreadOf(id):x2}{_after}{id.Value:x16}"));
    }

    /// <summary>The object of a listed name; false for names that are not ours.</summary>
    public bool TryParse(ObjectName name, out ObjectId id)
    {
        id = default;
        var text = name.Text;
        if (text.Length != _before.Length + 2 + _after.Length + IdDigits) return false;
        if (!ulong.TryParse(
            text.AsSpan(text.Length - IdDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            || value == 0) return false;
        id = new ObjectId(value);
        return Of(id) == name;
    }

    // The finalizer of MurmurHash3 (public domain): every bit of the id reaches the top byte.
    private static byte SpreadOf(ObjectId id)
    {
        var h = id.Value;
        h ^= h >> 33;
        h *= 0xff51afd7ed558ccd;
        h ^= h >> 33;
        h *= 0xc4ceb9fe1a85ec53;
        h ^= h >> 33;
        return (byte)(h >> 56);
    }
}
