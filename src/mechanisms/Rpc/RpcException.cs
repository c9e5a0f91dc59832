using FlexFs.Core;

namespace FlexFs.Rpc;

/// <summary>A client could not get its session. The message is a sentence for a human.</summary>
public sealed class RpcException(Errno errno, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Why, for a program.</summary>
    public Errno Errno { get; } = errno;
}
