using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FlexFs.Core;

/// <summary>States what must be true; in release builds too.</summary>
public static class Check
{
    /// <summary>Throws <see cref="InvariantException"/> when <paramref name="condition"/> does not hold.</summary>
    public static void That(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string? claim = null,
        [CallerFilePath] string? file = null,
        [CallerLineNumber] int line = 0)
    {
        if (!condition) Fail(claim, file, line);
    }

    [DoesNotReturn]
    private static void Fail(string? claim, string? file, int line) =>
        throw new InvariantException($"does not hold: {claim} ({Path.GetFileName(file)}:{line})");
}

/// <summary>An invariant is broken: a bug. Whoever owns the state stops serving it and writes nothing more.</summary>
public sealed class InvariantException(string message) : Exception(message);
