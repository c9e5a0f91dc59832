using System.Buffers.Binary;
using System.Globalization;

namespace FlexFs.Conformance.Harness;

/// <summary>ACLs as acl(5) writes them, <c>u::rw-,u:1001:r--,g::---,m::r--,o::---</c>, and as their attributes hold them.</summary>
internal static class AclText
{
    internal const string Access = "system.posix_acl_access";
    internal const string Default = "system.posix_acl_default";
    private const int HeaderBytes = 4;
    private const int EntryBytes = 8;

    /// <summary>setxattr(2) of an ACL.</summary>
    internal static long Set(CString path, string text, string name = Access) => Xattrs.Set(path, name, Bytes(text));

    /// <summary>getxattr(2) of one, as text; "none" when there is none.</summary>
    internal static string Get(CString path, string name = Access)
    {
        var bytes = new byte[HeaderBytes + (1000 * EntryBytes)];
        var count = Xattrs.Get(path, name, bytes);
        return count == -(int)Core.Errno.ENODATA ? "none" : Text(bytes.AsSpan(0, Ok(count)));
    }

    internal static byte[] Bytes(string text)
    {
        var entries = text.Split(',');
        var bytes = new byte[HeaderBytes + (entries.Length * EntryBytes)];
        bytes[0] = 2;
        for (var i = 0; i < entries.Length; i++)
        {
            var parts = entries[i].Split(':');
            var hasId = parts[1].Length > 0;
            var tag = parts[0] switch { "u" => hasId ? 2 : 1, "g" => hasId ? 8 : 4, "m" => 16, _ => 32 };
            var at = bytes.AsSpan(HeaderBytes + (i * EntryBytes));
            BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)tag);
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], (ushort)parts[2].Select(c => c switch { 'r' => 4, 'w' => 2, 'x' => 1, _ => 0 }).Sum());
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], hasId ? uint.Parse(parts[1], CultureInfo.InvariantCulture) : uint.MaxValue);
        }

        return bytes;
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        List<string> entries = [];
        for (var at = HeaderBytes; at < bytes.Length; at += EntryBytes)
        {
            int tag = bytes[at], bits = bytes[at + 2];
            var id = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 4)..]);
            var letter = tag switch { 1 or 2 => "u", 4 or 8 => "g", 16 => "m", _ => "o" };
            entries.Add($"{letter}:{(tag is 2 or 8 ? id : "")}:{((bits & 4) != 0 ? 'r' : '-')}{((bits & 2) != 0 ? 'w' : '-')}{((bits & 1) != 0 ? 'x' : '-')}");
        }

        return string.Join(',', entries);
    }
}
