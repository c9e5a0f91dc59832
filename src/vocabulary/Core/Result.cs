namespace FlexFs.Core;

/// <summary>A value, or why there is none. Nothing is thrown for what a caller must expect.</summary>
/// <typeparam name="T">The value of a success.</typeparam>
public readonly struct Result<T>
{
    private readonly T _value;

    /// <summary>A success.</summary>
    public Result(T value)
    {
        _value = value;
        Errno = Errno.OK;
    }

    /// <summary>A refusal.</summary>
    public Result(Errno errno)
    {
        Check.That(errno != Errno.OK);
        _value = default!;
        Errno = errno;
    }

    /// <summary>Why not; <see cref="Errno.OK"/> when there is a value.</summary>
    public Errno Errno { get; }

    /// <summary>Whether there is a value.</summary>
    public bool IsOk => Errno == Errno.OK;

    /// <summary>The value; only of a success.</summary>
    public T Value
    {
        get
        {
            Check.That(Errno == Errno.OK);
            return _value;
        }
    }

    /// <summary>A success.</summary>
    public static implicit operator Result<T>(T value) => new(value);

    /// <summary>A refusal.</summary>
    public static implicit operator Result<T>(Errno errno) => new(errno);
}
