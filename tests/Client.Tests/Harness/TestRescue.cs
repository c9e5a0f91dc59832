namespace FlexFs.Client.Tests;

/// <summary>Keeps copies.</summary>
public sealed class TestRescue : IRescue
{
    private readonly List<RescuedSession> _saved = [];

    /// <summary>What was lost so far.</summary>
    public IReadOnlyList<RescuedSession> Saved
    {
        get
        {
            lock (_saved) return [.. _saved];
        }
    }

    /// <summary>The bytes of a file, which must be one run.</summary>
    public static byte[] Contents(RescuedFile file, long from)
    {
        var bytes = new List<byte>();
        foreach (var piece in file.Pieces)
        {
            Assert.Equal(from + bytes.Count, piece.FileOffset);
            bytes.AddRange(piece.Bytes.ToArray());
        }

        return [.. bytes];
    }

    public ValueTask SaveAsync(RescuedSession lost)
    {
        var files = lost.Files.Select(file => file with
        {
            Pieces = [.. file.Pieces.Select(piece => piece with { Bytes = piece.Bytes.ToArray() })],
        });
        lock (_saved) _saved.Add(lost with { Files = [.. files] });
        return default;
    }
}
