using System.Text;

namespace FlexFs.Metadata.RocksDb.Native;

/// <summary>What RocksDB said about a failure, as text: the C interface has no codes.</summary>
internal static unsafe class NativeError
{
    /// <summary>Takes and frees the message behind <paramref name="error"/>; null when there is none.</summary>
    internal static string? Take(byte* error)
    {
        if (error is null) return null;
        var length = 0;
        while (error[length] != 0) length++;
        var text = Encoding.UTF8.GetString(error, length);
        RocksDbNative.Free(error);
        return text;
    }

    /// <summary>Whether a file system, a quota or a limit had no room. RocksDB passes on what strerror(3) says.</summary>
    internal static bool IsOutOfSpace(string message) =>
        message.Contains("No space left on device", StringComparison.Ordinal)
        || message.Contains("Disk quota exceeded", StringComparison.Ordinal)
        || message.Contains("Space limit reached", StringComparison.Ordinal);

    /// <summary>Whether a write was refused, with no effect, because flushes or compactions are behind.</summary>
    internal static bool IsStall(string message) => message.Contains("Write stall", StringComparison.Ordinal);

    /// <summary>Whether what was asked for is not in memory, and only memory was to be asked.</summary>
    internal static bool IsIncomplete(string message) => message.StartsWith("Result incomplete", StringComparison.Ordinal);

    /// <summary>Whether another open database holds the folder's LOCK file.</summary>
    internal static bool IsLocked(string message) =>
        message.Contains("/LOCK", StringComparison.Ordinal)
        && (message.Contains("lock", StringComparison.Ordinal));

    /// <summary>Whether what was read is not what was written, or is not there any more.</summary>
    internal static bool IsDamage(string message) =>
        message.StartsWith("Corruption", StringComparison.Ordinal)
        || message.Contains("No such file or directory", StringComparison.Ordinal);
}
