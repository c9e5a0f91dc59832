namespace FlexFs.Client.Reading;

/// <summary>
/// Whether a handle is read from front to back, and what to bring into memory before it is asked for.
/// </summary>
/// <remarks>One per handle; its lock guards the positions. The window doubles while the reader stays in
/// order.</remarks>
internal sealed class Readahead(int bytesMax)
{
    private const int WindowMin = 1 << 20;

    // The kernel sends the reads of one readahead of its own at once, so they arrive in any order within some
    // megabytes.
    private const long Slack = 4 << 20;
    private readonly Lock _gate = new();
    private long _expected;
    private long _ahead;
    private int _window;

    /// <summary>A read came.</summary>
    /// <returns>The range to prefetch; empty when there is nothing to do.</returns>
    public (long From, long To) Next(long offset, int length, long sizeBytes)
    {
        if (bytesMax <= 0) return default;
        lock (_gate)
        {
            var end = offset + length;
            if (Math.Abs(offset - _expected) > Slack || (_window == 0 && offset != _expected))
            {
                _window = 0;
                _expected = end;
                _ahead = end;
                return default;
            }

            _expected = Math.Max(_expected, end);
            if (_window == 0) _window = Math.Min(WindowMin, bytesMax);
            if (_ahead - _expected > _window / 2) return default;
            var from = Math.Max(_ahead, end);
            var to = Math.Min(_expected + _window, sizeBytes);
            if (to <= from) return default;
            _ahead = to;
            _window = Math.Min(_window * 2, bytesMax);
            return (from, to);
        }
    }
}
