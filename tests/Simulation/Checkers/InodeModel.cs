namespace FlexFs.Simulation.Checkers;

/// <summary>One inode as plain values: what POSIX says of its attributes and bytes, without any machinery.</summary>
public sealed class InodeModel : IModel<InodeModel, InodeOperation>
{
    private readonly uint _mode;
    private readonly byte[] _cells;
    private readonly byte _xattr;
    private string? _key;

    /// <summary>As it was made: empty.</summary>
    public InodeModel(uint mode)
        : this(mode, [], 0)
    {
    }

    private InodeModel(uint mode, byte[] cells, byte xattr)
    {
        _mode = mode;
        _cells = cells;
        _xattr = xattr;
    }

    /// <inheritdoc/>
    public string Key => _key ??= $"mode {_mode:x}, xattr {_xattr}, [{string.Join(' ', _cells)}]";

    /// <inheritdoc/>
    public bool TryApply(InodeOperation operation, out InodeModel after)
    {
        after = this;
        var o = operation;
        switch (o.Verb)
        {
            case InodeVerb.Get:
                return o.Mode == _mode && (o.Size < 0 || o.Size == _cells.Length);
            case InodeVerb.Read:
                return o.Found.AsSpan().SequenceEqual(_cells.AsSpan(Math.Min(o.At, _cells.Length)..Math.Min(o.At + o.Cells, _cells.Length)));
            case InodeVerb.GetXattr:
                return o.Found.AsSpan().SequenceEqual(_xattr == 0 ? [] : [_xattr]);
            case InodeVerb.SetMode:
                after = new InodeModel(o.Mode, _cells, _xattr);
                return true;
            case InodeVerb.SetXattr:
                after = new InodeModel(_mode, _cells, o.Value);
                return true;
            case InodeVerb.Truncate:
                var resized = new byte[o.Size];
                _cells.AsSpan(..Math.Min(o.Size, _cells.Length)).CopyTo(resized);
                after = new InodeModel(_mode, resized, _xattr);
                return true;
            case InodeVerb.Append:
                after = Written(_cells.Length, o);
                return o.Answered == 0 || o.IsUnknown || o.At == _cells.Length;
            default:
                after = Written(o.At, o);
                return true;
        }
    }

    private InodeModel Written(int at, InodeOperation o)
    {
        var cells = new byte[Math.Max(_cells.Length, at + o.Cells)];
        _cells.CopyTo(cells, 0);
        cells.AsSpan(at, o.Cells).Fill(o.Value);
        return new InodeModel(_mode, cells, _xattr);
    }
}
