using FlexFs.Core;

namespace FlexFs.Client;

/// <summary>The volume could not be reached or was refused when it was first connected: why, for a human.</summary>
public sealed class FileSystemConnectException(Errno errno, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Why, for a program: the server's when it refused.</summary>
    public Errno Errno { get; } = errno;
}
