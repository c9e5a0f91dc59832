using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>Paths from a small alphabet, so that they collide; now and then long, odd or wrong ones.</summary>
/// <remarks>No path leaves the folder of the run by more than one step, and there is nothing to meet there.</remarks>
internal sealed class Names(Random random)
{
    private static readonly CString[] Odd =
    [
        "", ".", "..", "a/.", "a/..", "b/../a", "a/", "b/", "a//b", "./c", " ", "-rf", "ü", "a\nb", ".hidden", "a/b/", "a/./b",
        CString.Of(0xff, 0xfe), CString.Of(1), CString.Of([(byte)'a', 0x80]), new string('n', 255), new string('m', 256),
        "b/" + new string('n', 255), "b/" + new string('m', 256), "a/" + new string('ü', 127),
        string.Concat(Enumerable.Repeat("a/", 2047)) + "a", string.Concat(Enumerable.Repeat("a/", 2048)) + "a",
    ];

    private readonly List<CString> _known = [];

    /// <summary>Remembers what is there, so that operations meet it.</summary>
    internal void Learn(CString path, bool exists)
    {
        if (path.Bytes.Length > 600) return;
        if (!exists) _known.Remove(path);
        else if (!_known.Contains(path)) _known.Add(path);
    }

    /// <summary>A path that may or may not be there.</summary>
    internal CString Any() => random.Next(100) switch
    {
        < 4 => Odd[random.Next(Odd.Length)],
        < 60 when _known.Count > 0 => _known[random.Next(_known.Count)],
        _ => Fresh(),
    };

    /// <summary>A path for something new, often below what is there.</summary>
    internal CString New() => random.Next(100) switch
    {
        < 4 => Odd[random.Next(Odd.Length)],
        < 20 when _known.Count > 0 => _known[random.Next(_known.Count)],
        < 50 when _known.Count > 0 => CString.Of([.. _known[random.Next(_known.Count)].Bytes, (byte)'/', Letter()]),
        _ => Fresh(),
    };

    /// <summary>What a symbolic link says: never upwards.</summary>
    internal CString Target() => random.Next(100) switch
    {
        < 3 => CString.Of([.. Enumerable.Repeat((byte)'t', 4095)]),
        < 5 => CString.Of([.. Enumerable.Repeat((byte)'t', 4096)]),
        < 7 => "",
        < 10 => ".",
        < 15 => "ü \n",
        _ => Fresh(),
    };

    private CString Fresh()
    {
        var depth = random.Next(10) switch { < 5 => 1, < 8 => 2, _ => 3 };
        List<byte> path = [Letter()];
        while (--depth > 0) path.AddRange([(byte)'/', Letter()]);
        return CString.Of([.. path]);
    }

    private byte Letter() => (byte)('a' + random.Next(5));
}
