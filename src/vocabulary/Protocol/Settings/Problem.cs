namespace FlexFs.Protocol.Settings;

/// <summary>Problem details (RFC 9457): the body of every REST answer that is an error.</summary>
public sealed record Problem
{
    /// <summary>Media type of the body.</summary>
    public const string ContentType = "application/problem+json";

    /// <summary>Kind of problem; <c>about:blank</c> says no more than the status.</summary>
    public string Type { get; set; } = "about:blank";

    /// <summary>The status in words.</summary>
    public required string Title { get; init; }

    /// <summary>HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What happened, to what, and what to do.</summary>
    public string? Detail { get; init; }

    /// <summary>Names this occurrence in the server's log; only of unexpected errors.</summary>
    public string? Instance { get; init; }
}
