using FlexFs.Blocks.Buffers;

namespace FlexFs.Blocks;

/// <summary>Takes runs from bytes that come in pieces; a run across pieces is gathered in scratch memory.</summary>
internal ref struct PieceReader(IReadOnlyList<ReadOnlyMemory<byte>> pieces, BufferPool pool)
{
    private PooledBuffer? _scratch;
    private int _piece;
    private int _at;

    /// <summary>The next <paramref name="length"/> bytes, which are there; valid until the next call.</summary>
    internal ReadOnlySpan<byte> Take(int length)
    {
        while (_at == pieces[_piece].Length) NextPiece();
        var piece = pieces[_piece].Span;
        if (piece.Length - _at >= length)
        {
            _at += length;
            return piece.Slice(_at - length, length);
        }

        _scratch ??= pool.Rent(length);
        var run = _scratch.GetSpan()[..length];
        for (var done = 0; done < length;)
        {
            piece = pieces[_piece].Span[_at..];
            var part = Math.Min(piece.Length, length - done);
            piece[..part].CopyTo(run[done..]);
            done += part;
            _at += part;
            if (done < length) NextPiece();
        }

        return run;
    }

    internal void Dispose()
    {
        _scratch?.Release();
        _scratch = null;
    }

    private void NextPiece()
    {
        _piece++;
        _at = 0;
    }
}
