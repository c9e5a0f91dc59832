using System.Diagnostics.CodeAnalysis;
using FlexFs.Core;

namespace FlexFs.Fuse;

/// <summary>What was asked for, or the errno and a sentence for the user that says why not.</summary>
/// <typeparam name="T">What was asked for.</typeparam>
public readonly struct FuseResult<T>
    where T : class
{
    private readonly T? _value;

    /// <summary>A success.</summary>
    public FuseResult(T value)
    {
        _value = value;
        Errno = Errno.OK;
        Reason = "";
    }

    /// <summary>A refusal.</summary>
    public FuseResult(Errno errno, string reason)
    {
        Check.That(errno != Errno.OK);
        _value = null;
        Errno = errno;
        Reason = reason;
    }

    /// <summary>Why not, as a number.</summary>
    public Errno Errno { get; }

    /// <summary>Why not, and to what, in one sentence; empty on success.</summary>
    public string Reason { get; }

    /// <summary>Whether there is a value.</summary>
    public bool IsOk => _value is not null;

    /// <summary>The value; only of a success.</summary>
    public T Value
    {
        get
        {
            Check.That(_value is not null);
            return _value;
        }
    }

    /// <summary>The value, or false.</summary>
    public bool TryGet([NotNullWhen(true)] out T? value)
    {
        value = _value;
        return value is not null;
    }
}
