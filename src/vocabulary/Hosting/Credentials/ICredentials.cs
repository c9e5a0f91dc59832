using Tomlyn;

namespace FlexFs.Hosting.Credentials;

/// <summary>The content of a credentials file: a flat table of texts.</summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
public interface ICredentials<TSelf> where TSelf : ICredentials<TSelf>
{
    /// <summary>Reads and writes it.</summary>
    static abstract TomlTypeInfo<TSelf> Toml { get; }

    /// <summary>The keys a file may have.</summary>
    static abstract IReadOnlyList<string> Keys { get; }

    /// <summary>What is wrong with the values, as the end of a sentence about the file; null when nothing is.</summary>
    string? Fault();
}
