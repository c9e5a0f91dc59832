using System.Text.Json.Serialization;
using Tomlyn.Model;
using Tomlyn.Serialization;

namespace FlexFs.Hosting.Credentials;

[TomlSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = Tomlyn.TomlIgnoreCondition.WhenWritingNull)]
[TomlSerializable(typeof(TomlTable))]
[TomlSerializable(typeof(FreeCredentials))]
[TomlSerializable(typeof(MetaCredentials))]
[TomlSerializable(typeof(MountCredentials))]
internal sealed partial class CredentialsToml : TomlSerializerContext;
