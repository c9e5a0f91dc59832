using System.Text;

namespace FlexFs.Formats.Tests;

/// <summary>Compares with bytes that were committed when a format was made. Files hold hex, 32 bytes in a line.</summary>
/// <remarks>A file is written only when it is missing and <see cref="UpdateVariable"/> is 1; one that exists never is.</remarks>
public static class Golden
{
    /// <summary>Environment variable that lets missing files be written.</summary>
    public const string UpdateVariable = "FLEXFS_GOLDEN_UPDATE";

    private const int BytesPerLine = 32;

    /// <summary>Whether missing files and changed pages are to be written.</summary>
    public static bool IsUpdating => Environment.GetEnvironmentVariable(UpdateVariable) == "1";

    /// <summary>The folder of the files.</summary>
    public static string Folder => Repository.At("tests", "Formats.Tests", "golden");

    /// <summary>Fails when <paramref name="bytes"/> differ from the file's, or there is none.</summary>
    /// <param name="name">Of the file below the folder, without its extension; may have folders.</param>
    /// <param name="bytes">As the program writes them now.</param>
    public static void Verify(string name, ReadOnlySpan<byte> bytes) => Verify(Folder, name, bytes, IsUpdating);

    /// <summary>The same in another folder.</summary>
    public static void Verify(string folder, string name, ReadOnlySpan<byte> bytes, bool isUpdating)
    {
        var path = Path.Combine(folder, name + ".golden");
        var text = Text(bytes);
        if (!File.Exists(path))
        {
            Assert.True(isUpdating, $"{name}.golden does not exist: run the test with {UpdateVariable}=1 and commit the file");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
            return;
        }

        var stored = File.ReadAllText(path);
        Assert.True(
            stored == text,
            $"{name}: the bytes are not those of {name}.golden. Data written before would not be read as it was meant. "
            + "Raise the record's Version and mark new fields with Since; only if this version was never released, delete "
            + $"the file and run the test with {UpdateVariable}=1.\ngolden:\n{stored}now:\n{text}");
    }

    /// <summary>The bytes of a file.</summary>
    public static byte[] Read(string path) => Convert.FromHexString(File.ReadAllText(path).ReplaceLineEndings(""));

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        for (var at = 0; at < bytes.Length; at += BytesPerLine)
        {
            text.Append(Convert.ToHexStringLower(bytes.Slice(at, Math.Min(BytesPerLine, bytes.Length - at)))).Append('\n');
        }

        return text.ToString();
    }
}
