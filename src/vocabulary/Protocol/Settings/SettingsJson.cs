using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlexFs.Protocol.Settings;

/// <summary>JSON of the administration REST interface: camelCase, generated, no reflection.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VolumeSettings))]
[JsonSerializable(typeof(MetaVolumes))]
[JsonSerializable(typeof(MetaIdentity))]
[JsonSerializable(typeof(VolumeStatsReport))]
[JsonSerializable(typeof(Problem))]
public sealed partial class SettingsJson : JsonSerializerContext;
