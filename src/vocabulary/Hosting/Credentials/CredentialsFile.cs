using System.Text;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;
using Tomlyn;
using Tomlyn.Model;

namespace FlexFs.Hosting.Credentials;

/// <summary>Reads and writes the credentials files of all executables.</summary>
/// <remarks>A file that others may read is refused, not warned about: the secret in it may be known already. Unknown keys
/// are refused too, because a misspelt one would be a setting that silently does nothing. No message quotes a value.</remarks>
public static class CredentialsFile
{
    private const int BytesMax = 64 * 1024;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="remedy">The command that makes one: <c>meta.flexfs init creds</c>.</param>
    /// <exception cref="CommandException">It is missing, open to others, or not well formed.</exception>
    public static T Load<T>(string path, string remedy) where T : ICredentials<T>
    {
        if (!File.Exists(path)) throw new CommandException($"there are no credentials at {path}: run {remedy}");
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(PrivateFile.Read(path, "credentials", BytesMax));
        }
        catch (DecoderFallbackException)
        {
            throw new CommandException($"{path} is not a credentials file: it is not UTF-8 text");
        }
        return Parse<T>(path, text);
    }

    /// <summary>Writes a file, 0600 in folders 0700, whole or not at all.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="credentials">Its content.</param>
    /// <param name="force">Replace one that is there.</param>
    /// <exception cref="CommandException">There is one, or the disk refuses.</exception>
    public static void Save<T>(string path, T credentials, bool force) where T : ICredentials<T>
    {
        RequireAbsent(path, force);
        if (credentials.Fault() is { } fault) throw new CommandException(fault, ExitCode.Usage);
        byte[] bytes = Encoding.UTF8.GetBytes(TomlSerializer.Serialize(credentials, T.Toml));
        try
        {
            AtomicFile.CreatePrivateFolder(Path.GetDirectoryName(path)!);
            if (force) AtomicFile.Write(path, bytes);
            else if (!AtomicFile.TryCreate(path, bytes)) RequireAbsent(path, force: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"cannot write the credentials {path}: {e.Message}", cause: e);
        }
    }

    /// <summary>Fails when there is a file that must not be replaced: before anything is asked or tried.</summary>
    public static void RequireAbsent(string path, bool force)
    {
        if (!force && File.Exists(path))
            throw new CommandException($"there are credentials at {path} already: use --force to replace them");
    }

    /// <summary>Removes a file.</summary>
    /// <exception cref="CommandException">There is none, or it cannot be removed.</exception>
    public static void Delete(string path)
    {
        if (!File.Exists(path)) throw new CommandException($"there are no credentials at {path}");
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"cannot remove {path}: {e.Message}", cause: e);
        }
    }

    private static T Parse<T>(string path, string text) where T : ICredentials<T>
    {
        try
        {
            TomlTable table = TomlSerializer.Deserialize<TomlTable>(text, CredentialsToml.Default) ?? [];
            foreach (string key in table.Keys)
            {
                if (!T.Keys.Contains(key))
                    throw new CommandException($"{path}: unknown key '{key}'{Suggestion.For(key, T.Keys)}");
                if (table[key] is not string)
                    throw new CommandException($"{path}: the value of {key} must be a text in quotes");
            }
            T credentials = TomlSerializer.Deserialize(text, T.Toml)!;
            return credentials.Fault() is { } fault ? throw new CommandException($"{path}: {fault}") : credentials;
        }
        catch (TomlException e)
        {
            // The library's message may quote the offending line, and with it a secret: say where, not what.
            throw new CommandException($"{path} is not valid TOML: line {e.Line ?? 0}, column {e.Column ?? 0}");
        }
    }
}
