namespace FlexFs.Hosting.Http;

/// <summary>Why the administration server did not give what was asked for.</summary>
public enum AdminFailure
{
    /// <summary>Nobody answers, or not in time. It may work later.</summary>
    Unreachable,

    /// <summary>It is not the pinned server, or cannot prove who it is.</summary>
    WrongCertificate,

    /// <summary>It does not know the token.</summary>
    WrongToken,

    /// <summary>It has no such volume.</summary>
    NotFound,

    /// <summary>It refused for the reason in the message.</summary>
    Refused,

    /// <summary>It failed by itself. It may work later.</summary>
    ServerFailed,

    /// <summary>The answer is not one that this version understands.</summary>
    BadAnswer,
}

/// <summary>The administration server did not give what was asked for; the message is one line for the user.</summary>
public sealed class AdminClientException(AdminFailure failure, string message, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>The kind of failure.</summary>
    public AdminFailure Failure { get; } = failure;

    /// <summary>Whether the same request may succeed later.</summary>
    public bool IsTransient => Failure is AdminFailure.Unreachable or AdminFailure.ServerFailed;
}
