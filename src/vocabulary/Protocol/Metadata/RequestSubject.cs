using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Protocol.Metadata;

/// <summary>Which inode a request is about, for logs: of names their directory. Decodes it, so not for what is frequent.</summary>
public static class RequestSubject
{
    /// <summary>The inode; none when it is about none, or cannot be read.</summary>
    public static InodeId Of(Opcode opcode, ReadOnlyMemory<byte> payload) => opcode switch
    {
        Opcode.Lookup => Read<LookupRequest>(payload).Parent,
        Opcode.GetAttributes => Read<GetAttributesRequest>(payload).Inode,
        Opcode.ReadDirectory => Read<ReadDirectoryRequest>(payload).Inode,
        Opcode.ReadSymlink => Read<ReadSymlinkRequest>(payload).Inode,
        Opcode.Open => Read<OpenRequest>(payload).Inode,
        Opcode.GetExtents => Read<GetExtentsRequest>(payload).Inode,
        Opcode.GetXattr => Read<GetXattrRequest>(payload).Inode,
        Opcode.ListXattr => Read<ListXattrRequest>(payload).Inode,
        Opcode.StatVolume => Read<StatVolumeRequest>(payload).Inode,
        Opcode.Seek => Read<SeekRequest>(payload).Inode,
        Opcode.AcquireLease => Read<AcquireLeaseRequest>(payload).Inode,
        Opcode.Lock => Read<LockRequest>(payload).Lock.Inode,
        Opcode.Unlock => Read<UnlockRequest>(payload).Lock.Inode,
        Opcode.TestLock => Read<TestLockRequest>(payload).Lock.Inode,
        Opcode.Create => Read<CreateRequest>(payload).Parent,
        Opcode.CreateUnnamed => Read<CreateUnnamedRequest>(payload).Directory,
        Opcode.Link => Read<LinkRequest>(payload).NewParent,
        Opcode.Unlink => Read<UnlinkRequest>(payload).Parent,
        Opcode.RemoveDirectory => Read<RemoveDirectoryRequest>(payload).Parent,
        Opcode.Rename => Read<RenameRequest>(payload).OldParent,
        Opcode.SetAttributes => Read<SetAttributesRequest>(payload).Inode,
        Opcode.CommitWrite => Read<CommitWriteRequest>(payload).Inode,
        Opcode.Fallocate => Read<FallocateRequest>(payload).Inode,
        Opcode.CloneRange => Read<CloneRangeRequest>(payload).Target,
        Opcode.SetXattr => Read<SetXattrRequest>(payload).Inode,
        Opcode.RemoveXattr => Read<RemoveXattrRequest>(payload).Inode,
        _ => InodeId.None,
    };

    private static T Read<T>(ReadOnlyMemory<byte> payload)
        where T : struct, IWireRecord<T> => WireCodec.TryRead<T>(payload, out var record, out _) ? record : default;
}
