using System.Text;

namespace FlexFs.Metadata.RocksDb.Native;

/// <summary>A path as the C interface takes it.</summary>
internal static class Utf8Path
{
    /// <summary>UTF-8 with a terminating zero.</summary>
    internal static byte[] Of(string path)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        Encoding.UTF8.GetBytes(path, bytes);
        return bytes;
    }
}
