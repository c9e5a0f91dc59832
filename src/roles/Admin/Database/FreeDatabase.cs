using System.Text.Json;
using System.Text.Json.Serialization;
using FlexFs.Protocol.Settings;

namespace FlexFs.Admin.Database;

/// <summary>All that the Community administration server knows: one volume, and who may use it.</summary>
/// <remarks>Tokens are kept as hashes only. The secret key of the block store is kept as it is, because it is handed to
/// those who hold a token: hence the file's mode.</remarks>
public sealed record FreeDatabase
{
    /// <summary>Version of the file's format that this code reads and writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Version of the format.</summary>
    public required int Version { get; init; }

    /// <summary>The volume.</summary>
    public required VolumeSettings Volume { get; init; }

    /// <summary>Who may mount it.</summary>
    public required IReadOnlyList<VolumeTokenGrant> VolumeTokens { get; init; }

    /// <summary>Hash of the token of its metadata server.</summary>
    public required string MetaTokenHash { get; init; }

    /// <summary>Usage as last reported; null before the first report.</summary>
    public VolumeStats? Stats { get; init; }
}

/// <summary>What an account sees of the volume: no secret.</summary>
public sealed record VolumeView
{
    /// <summary>The settings, without the secret key of the store.</summary>
    public required VolumeSettings Settings { get; init; }

    /// <summary>Usage as last reported.</summary>
    public VolumeStats? Stats { get; init; }
}

/// <summary>JSON of the database file and of the account's view.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FreeDatabase))]
[JsonSerializable(typeof(IReadOnlyList<VolumeView>))]
[JsonSerializable(typeof(VolumeView))]
internal sealed partial class DatabaseJson : JsonSerializerContext;
