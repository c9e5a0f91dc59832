using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>The model of what is there: paths that exist, and paths from a small alphabet, so that they collide; now and then odd or wrong ones.</summary>
/// <remarks>No path leaves the folder of the run by more than one step, and there is nothing to meet there.</remarks>
internal sealed class Names(Random random)
{
    private const int PathBytesMax = 600;
    private const int Letters = 8;
    private static readonly CString[] Odd =
    [
        "", ".", "..", "a/.", "a/..", "b/../a", "a/", "b/", "a//b", "./c", " ", "-rf", "ü", "a\nb", ".hidden", "a/b/", "a/./b", "/proc/self/fd/100000",
        CString.Of(0xff, 0xfe), CString.Of(1), CString.Of([(byte)'a', 0x80]), new string('n', 255), new string('m', 256),
        "b/" + new string('n', 255), "b/" + new string('m', 256), "a/" + new string('ü', 127),
        string.Concat(Enumerable.Repeat("a/", 2047)) + "a", string.Concat(Enumerable.Repeat("a/", 2048)) + "a",
    ];

    private readonly List<CString> _known = [];
    private readonly HashSet<CString> _set = [];

    /// <summary>How many paths are known.</summary>
    internal int Count => _known.Count;

    /// <summary>Remembers what is there, so that operations meet it.</summary>
    internal void Learn(CString path, bool exists)
    {
        if (path.Bytes.Length > PathBytesMax || IsUpwards(path)) return;
        if (exists && _set.Add(path)) _known.Add(path);
        else if (!exists && _set.Remove(path)) _known.Remove(path);
    }

    /// <summary>What was below a folder is below another one now.</summary>
    internal void Move(CString from, CString to)
    {
        foreach (var path in _known.Where(path => IsBelow(path, from)).ToArray())
        {
            Learn(path, exists: false);
            Learn(CString.Of([.. to.Bytes, .. path.Bytes[from.Bytes.Length..]]), exists: true);
        }
    }

    /// <summary>Whether a path below this one is known.</summary>
    internal bool HasBelow(CString folder) => _known.Exists(path => IsBelow(path, folder));

    /// <summary>One that was there when it was last looked at; null when there is none.</summary>
    internal CString? Known() => _known.Count == 0 ? default(CString?) : _known[random.Next(_known.Count)];

    /// <summary>A path that may or may not be there.</summary>
    internal CString Any() => random.Next(100) switch
    {
        < 12 => Odd[random.Next(Odd.Length)],
        < 60 when _known.Count > 0 => _known[random.Next(_known.Count)],
        _ => Fresh(),
    };

    /// <summary>A path for something new, often below what is there.</summary>
    internal CString New() => random.Next(100) switch
    {
        < 12 => Odd[random.Next(Odd.Length)],
        < 30 when _known.Count > 0 => _known[random.Next(_known.Count)],
        < 60 when _known.Count > 0 => In(_known[random.Next(_known.Count)]),
        _ => Fresh(),
    };

    /// <summary>A name in a folder; null is the folder of the run.</summary>
    internal CString In(CString? folder)
    {
        var name = random.Next(40) == 0 ? Odd[random.Next(Odd.Length)] : CString.Of(Letter());
        if (name.Bytes.Contains((byte)'/') || name.Bytes.IsEmpty || name.Bytes[0] == '.') name = CString.Of(Letter());
        return folder is { } path ? CString.Of([.. path.Bytes, (byte)'/', .. name.Bytes]) : name;
    }

    /// <summary>What a symbolic link says: never upwards.</summary>
    internal CString Target() => random.Next(100) switch
    {
        < 2 => CString.Of([.. Enumerable.Repeat((byte)'t', 4095)]),
        < 4 => CString.Of([.. Enumerable.Repeat((byte)'t', 4096)]),
        < 5 => "",
        < 10 => ".",
        < 13 => "ü \n",
        < 40 => CString.Of(Letter()),
        < 70 when Known() is { } known && !IsUpwards(known) => known,
        _ => Fresh(),
    };

    private static bool IsUpwards(CString path) => path.Bytes.IndexOf(".."u8) >= 0;

    private static bool IsBelow(CString path, CString folder) =>
        path.Bytes.Length > folder.Bytes.Length && path.Bytes[folder.Bytes.Length] == '/' && path.Bytes.StartsWith(folder.Bytes);

    private CString Fresh()
    {
        var depth = random.Next(10) switch { < 5 => 1, < 8 => 2, _ => 3 };
        List<byte> path = [Letter()];
        while (--depth > 0) path.AddRange([(byte)'/', Letter()]);
        return CString.Of([.. path]);
    }

    private byte Letter() => (byte)('a' + random.Next(Letters));
}
