using System.Buffers.Binary;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>ACLs as setxattr(2) takes them (linux/posix_acl_xattr.h): a version, then tag, permissions and id of each entry.</summary>
internal static class Acls
{
    private const uint NoId = uint.MaxValue;
    private const ushort User = 2, Group = 8, Mask = 16;

    internal static readonly CString Access = "system.posix_acl_access";
    internal static readonly CString Default = "system.posix_acl_default";

    /// <summary>One of many, the same for the same number; one in eight is not well-formed.</summary>
    internal static byte[] Of(ulong number)
    {
        Random random = new((int)(number ^ (number >> 32)));
        List<(ushort Tag, uint Id)> entries = [(1, NoId)];
        if (random.Next(2) == 0) entries.Add((User, 1002));
        if (random.Next(4) == 0) entries.Add((User, 1003));
        entries.Add((4, NoId));
        if (random.Next(2) == 0) entries.Add((Group, Users.Shared));
        if (entries.Count > 3 || random.Next(3) == 0) entries.Add((Mask, NoId));
        entries.Add((32, NoId));
        if (random.Next(8) == 0) entries.RemoveAt(random.Next(entries.Count));
        var bytes = new byte[4 + (8 * entries.Count)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, 2);
        for (var i = 0; i < entries.Count; i++)
        {
            var at = bytes.AsSpan(4 + (8 * i));
            BinaryPrimitives.WriteUInt16LittleEndian(at, entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], (ushort)(random.Next(3) == 0 ? random.Next(8) : 7));
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], entries[i].Id);
        }

        return bytes;
    }
}
