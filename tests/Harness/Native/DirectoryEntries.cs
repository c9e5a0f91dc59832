using System.Buffers.Binary;

namespace FlexFs.Harness.Native;

/// <summary>One entry of getdents64(2).</summary>
/// <param name="Inode">Its number.</param>
/// <param name="Cookie">Where the listing goes on behind it.</param>
/// <param name="Type">DT_REG and so on.</param>
/// <param name="Name">Its name.</param>
public readonly record struct DirectoryEntry(ulong Inode, long Cookie, byte Type, CString Name);

/// <summary>Listings.</summary>
public static class DirectoryEntries
{
    private const int BufferBytes = 32 << 10;

    /// <summary>What getdents64(2) wrote.</summary>
    public static List<DirectoryEntry> Parse(ReadOnlySpan<byte> bytes)
    {
        List<DirectoryEntry> entries = [];
        while (bytes.Length > 0)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[16..]);
            var name = bytes[19..length];
            entries.Add(new DirectoryEntry(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
                bytes[18],
                CString.Of(name[..name.IndexOf((byte)0)])));
            bytes = bytes[length..];
        }

        return entries;
    }

    /// <summary>From where the open folder is to its end; an errno as a negative number, or 0.</summary>
    public static long ReadAll(int folder, List<DirectoryEntry> into)
    {
        var buffer = new byte[BufferBytes];
        while (true)
        {
            var count = Libc.GetDents(folder, buffer);
            if (count <= 0) return count;
            into.AddRange(Parse(buffer.AsSpan(0, (int)count)));
        }
    }
}
