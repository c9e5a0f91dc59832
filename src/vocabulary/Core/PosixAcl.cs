using System.Buffers.Binary;

namespace FlexFs.Core;

/// <summary>What an entry of an ACL is about (e_tag of <c>posix_acl_xattr_entry</c>).</summary>
public enum AclTag : ushort
{
    /// <summary>ACL_USER_OBJ: the owner.</summary>
    Owner = 0x01,

    /// <summary>ACL_USER: a user by id.</summary>
    User = 0x02,

    /// <summary>ACL_GROUP_OBJ: the owning group.</summary>
    OwningGroup = 0x04,

    /// <summary>ACL_GROUP: a group by id.</summary>
    Group = 0x08,

    /// <summary>ACL_MASK: the most that users by id and all groups get.</summary>
    Mask = 0x10,

    /// <summary>ACL_OTHER: everybody else.</summary>
    Other = 0x20,
}

/// <summary>One entry of an ACL.</summary>
/// <param name="Tag">Whom it is about.</param>
/// <param name="Permissions">r 4, w 2, x 1.</param>
/// <param name="Id">Of <see cref="AclTag.User"/> and <see cref="AclTag.Group"/>; else <see cref="PosixAcl.NoId"/>.</param>
public readonly record struct AclEntry(AclTag Tag, ushort Permissions, uint Id);

/// <summary>A POSIX.1e access control list as acl(5) describes it, in the form of the system.posix_acl attributes (version 2).</summary>
/// <remarks>
/// A list that exists is valid: one owner, owning group and other, any users and groups by id, and a mask if there are any of these; in
/// the order of acl(5). Pure.
/// </remarks>
public sealed class PosixAcl
{
    /// <summary>Attribute of the access ACL.</summary>
    public const string AccessName = "system.posix_acl_access";

    /// <summary>Attribute of a directory's default ACL.</summary>
    public const string DefaultName = "system.posix_acl_default";

    /// <summary>e_id of entries without an id.</summary>
    public const uint NoId = uint.MaxValue;

    private const uint Version = 2;
    private const int HeaderBytes = 4;
    private const int EntryBytes = 8;
    private const uint Bits = 7;
    private readonly AclEntry[] _entries;

    private PosixAcl(AclEntry[] entries) => _entries = entries;

    /// <summary>In the order of acl(5): owner, users, owning group, groups, mask, other.</summary>
    public IReadOnlyList<AclEntry> Entries => _entries;

    /// <summary>Whether it says no more than permission bits do, so that it need not be kept.</summary>
    public bool IsMinimal => _entries.Length == 3;

    /// <summary>The permission bits that it stands for: the group's are the mask's, where there is one.</summary>
    public uint Mode
    {
        get
        {
            uint mode = 0;
            uint? mask = null;
            foreach (var entry in _entries)
            {
                switch (entry.Tag)
                {
                    case AclTag.Owner: mode |= (uint)entry.Permissions << 6; break;
                    case AclTag.OwningGroup: mode |= (uint)entry.Permissions << 3; break;
                    case AclTag.Other: mode |= entry.Permissions; break;
                    case AclTag.Mask: mask = entry.Permissions; break;
                }
            }

            return mask is { } bits ? (mode & ~(Bits << 3)) | (bits << 3) : mode;
        }
    }

    /// <summary>Reads the value of an attribute. False when it is no valid list; an empty list is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> value, out PosixAcl acl)
    {
        acl = null!;
        if (value.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(value) != Version) return false;
        if ((value.Length - HeaderBytes) % EntryBytes != 0) return false;
        var entries = new AclEntry[(value.Length - HeaderBytes) / EntryBytes];
        for (var i = 0; i < entries.Length; i++)
        {
            var from = value[(HeaderBytes + (i * EntryBytes))..];
            entries[i] = new AclEntry(
                (AclTag)BinaryPrimitives.ReadUInt16LittleEndian(from),
                BinaryPrimitives.ReadUInt16LittleEndian(from[2..]),
                BinaryPrimitives.ReadUInt32LittleEndian(from[4..]));
        }

        if (!IsValid(entries)) return false;
        acl = new PosixAcl(entries);
        return true;
    }

    /// <summary>The value of an attribute.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[HeaderBytes + (_entries.Length * EntryBytes)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Version);
        for (var i = 0; i < _entries.Length; i++)
        {
            var into = bytes.AsSpan(HeaderBytes + (i * EntryBytes));
            BinaryPrimitives.WriteUInt16LittleEndian(into, (ushort)_entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(into[2..], _entries[i].Permissions);
            BinaryPrimitives.WriteUInt32LittleEndian(into[4..], _entries[i].Id);
        }

        return bytes;
    }

    /// <summary>After chmod(2): owner, other, and the mask (or, without one, the owning group) are those of the mode.</summary>
    public PosixAcl WithMode(uint mode)
    {
        var hasMask = HasMask;
        return Map(entry => entry.Tag switch
        {
            AclTag.Owner => entry with { Permissions = (ushort)((mode >> 6) & Bits) },
            AclTag.OwningGroup when !hasMask => entry with { Permissions = (ushort)((mode >> 3) & Bits) },
            AclTag.Mask => entry with { Permissions = (ushort)((mode >> 3) & Bits) },
            AclTag.Other => entry with { Permissions = (ushort)(mode & Bits) },
            _ => entry,
        });
    }

    /// <summary>The access ACL that a file gets where this is the directory's default: no more than the mode that was asked for.</summary>
    public PosixAcl Inherited(uint mode)
    {
        var hasMask = HasMask;
        return Map(entry => entry.Tag switch
        {
            AclTag.Owner => entry with { Permissions = (ushort)(entry.Permissions & (mode >> 6)) },
            AclTag.OwningGroup when !hasMask => entry with { Permissions = (ushort)(entry.Permissions & (mode >> 3)) },
            AclTag.Mask => entry with { Permissions = (ushort)(entry.Permissions & (mode >> 3)) },
            AclTag.Other => entry with { Permissions = (ushort)(entry.Permissions & mode) },
            _ => entry,
        });
    }

    /// <summary>Whether somebody may do what the bits ask for (r 4, w 2, x 1), as acl(5) checks it.</summary>
    /// <param name="asked">Bits.</param>
    /// <param name="owner">The file's owner.</param>
    /// <param name="owningGroup">The file's group.</param>
    /// <param name="userId">Who asks.</param>
    /// <param name="isInGroup">Whether they are in a group.</param>
    public bool Allows(uint asked, uint owner, uint owningGroup, uint userId, Func<uint, bool> isInGroup)
    {
        ArgumentNullException.ThrowIfNull(isInGroup);
        uint mask = Bits;
        foreach (var entry in _entries)
        {
            if (entry.Tag == AclTag.Mask) mask = entry.Permissions;
        }

        var isMember = false;
        foreach (var entry in _entries)
        {
            switch (entry.Tag)
            {
                case AclTag.Owner when userId == owner:
                    return (entry.Permissions & asked) == asked;
                case AclTag.User when userId == entry.Id:
                    return (entry.Permissions & mask & asked) == asked;
                case AclTag.OwningGroup when isInGroup(owningGroup):
                case AclTag.Group when isInGroup(entry.Id):
                    isMember = true;
                    if ((entry.Permissions & mask & asked) == asked) return true;
                    break;
                case AclTag.Other:
                    return !isMember && (entry.Permissions & asked) == asked;
            }
        }

        return false;
    }

    private bool HasMask => Array.Exists(_entries, static entry => entry.Tag == AclTag.Mask);

    private PosixAcl Map(Func<AclEntry, AclEntry> change) => new(Array.ConvertAll(_entries, entry => change(entry)));

    private static bool IsValid(AclEntry[] entries)
    {
        // acl(5): the order of entries is fixed, so each kind may only be followed by itself (users and groups) or a later one.
        int owners = 0, owningGroups = 0, masks = 0, others = 0, named = 0;
        AclEntry? last = null;
        foreach (var entry in entries)
        {
            if ((entry.Permissions & ~Bits) != 0) return false;
            if (last is { } before && Rank(entry.Tag) < Rank(before.Tag)) return false;
            switch (entry.Tag)
            {
                case AclTag.Owner: owners++; break;
                case AclTag.OwningGroup: owningGroups++; break;
                case AclTag.Mask: masks++; break;
                case AclTag.Other: others++; break;
                case AclTag.User or AclTag.Group when entry.Id != NoId: named++; break;
                default: return false;
            }

            last = entry;
        }

        return owners == 1 && owningGroups == 1 && others == 1 && masks <= 1 && (named == 0 || masks == 1);
    }

    private static int Rank(AclTag tag) => tag switch
    {
        AclTag.Owner => 0,
        AclTag.User => 1,
        AclTag.OwningGroup => 2,
        AclTag.Group => 3,
        AclTag.Mask => 4,
        _ => 5,
    };
}
