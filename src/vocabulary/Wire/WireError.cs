using System.Globalization;

namespace FlexFs.Wire;

/// <summary>What is wrong with an input.</summary>
public enum WireErrorKind : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It ends before the record does.</summary>
    Truncated,

    /// <summary>A version that this program does not read.</summary>
    UnknownVersion,

    /// <summary>A length or count above the field's limit.</summary>
    TooLong,

    /// <summary>A boolean or presence byte that is neither 0 nor 1.</summary>
    InvalidBoolean,

    /// <summary>Text that is not UTF-8.</summary>
    InvalidText,

    /// <summary>A value that its enum does not declare.</summary>
    UndefinedValue,

    /// <summary>Bytes after the end of the record.</summary>
    TrailingBytes,
}

/// <summary>What is wrong with an input, and where. Costs nothing until it is put in words.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Position">Byte offset in the input.</param>
/// <param name="Found">The offending number: bytes left, version, length or value.</param>
/// <param name="Allowed">What it should have been: bytes needed, version or length at most.</param>
/// <param name="Record">The innermost record's name.</param>
/// <param name="Field">The field's name.</param>
public readonly record struct WireError(
    WireErrorKind Kind, int Position, ulong Found, ulong Allowed, string? Record, string? Field)
{
    /// <summary>Of <see cref="WireErrorKind.UnknownVersion"/>: the oldest version that is read.</summary>
    public byte Oldest { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        var where = (Record, Field) switch
        {
            (null, _) => "input",
            (_, null) => Record,
            _ => $"{Record}.{Field}",
        };
        return Kind switch
        {
            WireErrorKind.None => "no error",
            WireErrorKind.UnknownVersion when Found > Allowed => string.Create(CultureInfo.InvariantCulture,
                $"{where} at byte {Position} has version {Found}, this program reads versions {Oldest} to {Allowed}: upgrade this program"),
            WireErrorKind.UnknownVersion => string.Create(CultureInfo.InvariantCulture,
                $"{where} at byte {Position} has version {Found}, this program reads versions {Oldest} to {Allowed}: use an older program or restore the data"),
            WireErrorKind.Truncated => string.Create(CultureInfo.InvariantCulture,
                $"{where} at byte {Position} needs {Allowed} bytes, the input has {Found} left"),
            WireErrorKind.TooLong => string.Create(CultureInfo.InvariantCulture,
                $"{where} at byte {Position} has length {Found}, the limit is {Allowed}"),
            WireErrorKind.InvalidBoolean => string.Create(CultureInfo.InvariantCulture,
                $"{where} at byte {Position} is {Found} where only 0 and 1 have a meaning"),
            WireErrorKind.InvalidText => string.Create(CultureInfo.InvariantCulture,
                $"{where} at byte {Position} is not UTF-8"),
            WireErrorKind.UndefinedValue => string.Create(CultureInfo.InvariantCulture,
                $"{where} at byte {Position} has the undefined value {Found}"),
            WireErrorKind.TrailingBytes => string.Create(CultureInfo.InvariantCulture,
                $"{where} ends at byte {Position}, but {Found} more bytes follow"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{where} at byte {Position} is invalid"),
        };
    }
}

/// <summary>Data of our own is not what we wrote, or a value is longer than its field allows.</summary>
public sealed class WireException : Exception
{
    /// <summary>Stored data does not decode.</summary>
    public WireException(WireError error)
        : base(error.ToString()) => Error = error;

    /// <summary>A value does not fit its field.</summary>
    public WireException(string message)
        : base(message)
    {
    }

    /// <summary>What is wrong with the data; none when a value did not fit.</summary>
    public WireError Error { get; }
}
