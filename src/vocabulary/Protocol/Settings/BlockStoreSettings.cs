using System.Text;

namespace FlexFs.Protocol.Settings;

/// <summary>An object store and the place of one volume in it.</summary>
public sealed record BlockStoreSettings
{
    /// <summary>Protocol: <c>file</c>, <c>s3</c>, <c>gcs</c>, <c>azure</c> or <c>oci</c>.</summary>
    public required string Api { get; init; }

    /// <summary>Bucket or container; for <c>file</c> the absolute path of a folder.</summary>
    public required string Bucket { get; init; }

    /// <summary>Prefix of every object name, without a slash at its ends; may be empty.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>The store's endpoint; empty for the platform's own.</summary>
    public string Address { get; set; } = "";

    /// <summary>Region code; empty when the store has none.</summary>
    public string Region { get; set; } = "";

    /// <summary>Access key; empty to use the host's identity.</summary>
    public string Username { get; set; } = "";

    /// <summary>Secret key. Never logged: <see cref="ToString"/> leaves it out.</summary>
    public string Password { get; set; } = "";

    /// <summary>Text for logs, without the secret.</summary>
    public override string ToString() => new StringBuilder(Api).Append(':').Append(Bucket)
        .Append(Prefix.Length == 0 ? "" : "/").Append(Prefix)
        .Append(Address.Length == 0 ? "" : " at ").Append(Address).ToString();
}
