namespace FlexFs.Crash.Tests;

/// <summary>Small files, on a mount or beside it.</summary>
internal static class Files
{
    internal static void Write(string path, string text) => File.WriteAllText(path, text);

    internal static void Write(string path, byte[] bytes) => File.WriteAllBytes(path, bytes);

    internal static string Read(string path) => File.ReadAllText(path);

    internal static byte[] ReadBytes(string path) => File.ReadAllBytes(path);
}
