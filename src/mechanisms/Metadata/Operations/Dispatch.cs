using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.State;
using FlexFs.Protocol.Metadata;
using FlexFs.Wire;

namespace FlexFs.Metadata.Operations;

/// <summary>What kind of operation an opcode is.</summary>
internal enum OperationKind
{
    /// <summary>No opcode of ours.</summary>
    Unknown,

    /// <summary>Changes nothing that is stored.</summary>
    Read,

    /// <summary>A client's mutation: exactly once by its slot and number, answered by MutationReply.</summary>
    Mutation,

    /// <summary>Of the session itself: may be repeated, writes, replies by itself.</summary>
    OfSession,

    /// <summary>From the service: writes, answered by MutationReply, no session and no window.</summary>
    InternalMutation,

    /// <summary>From the service: no session and no window, replies by itself.</summary>
    InternalQuery,
}

/// <summary>Finds the operation of an opcode and decodes its payload.</summary>
/// <remarks>A payload that is not the opcode's record is EPROTO: no program caused it, the peer is broken. Unknown opcodes are ENOSYS.</remarks>
internal static class Dispatch
{
    private delegate Outcome Operation<T>(OperationContext c, in T request);

    public static OperationKind KindOf(Opcode opcode) => opcode switch
    {
        (>= Opcode.Lookup and <= Opcode.Seek) or Opcode.AcquireLease => OperationKind.Read,
        >= Opcode.Create and <= Opcode.NoteAccess => OperationKind.Mutation,
        Opcode.Reclaim or Opcode.EndSession => OperationKind.OfSession,
        InternalOpcode.CreateVolume or InternalOpcode.BeginSession or InternalOpcode.ResumeSession
            or InternalOpcode.ExpireSession or InternalOpcode.ForgetCondemned => OperationKind.InternalMutation,
        InternalOpcode.GetVolume or InternalOpcode.ListSessions or InternalOpcode.ListOrphans
            or InternalOpcode.RemoveOrphans or InternalOpcode.ListCondemned
            or InternalOpcode.ObjectIsKnown or InternalOpcode.GetUsage or InternalOpcode.NameOf => OperationKind.InternalQuery,
        _ => OperationKind.Unknown,
    };

    public static Outcome Run(OperationContext c, Opcode opcode, ReadOnlyMemory<byte> payload) => opcode switch
    {
        Opcode.Lookup => With<LookupRequest>(c, payload, Lookup.Run),
        Opcode.GetAttributes => With<GetAttributesRequest>(c, payload, GetAttributes.Run),
        Opcode.ReadDirectory => With<ReadDirectoryRequest>(c, payload, ReadDirectory.Run),
        Opcode.ReadSymlink => With<ReadSymlinkRequest>(c, payload, ReadSymlink.Run),
        Opcode.Open => With<OpenRequest>(c, payload, Open.Run),
        Opcode.GetExtents => With<GetExtentsRequest>(c, payload, GetExtents.Run),
        Opcode.GetXattr => With<GetXattrRequest>(c, payload, Xattrs.Get),
        Opcode.ListXattr => With<ListXattrRequest>(c, payload, Xattrs.List),
        Opcode.StatVolume => With<StatVolumeRequest>(c, payload, StatVolume.Run),
        Opcode.Seek => With<SeekRequest>(c, payload, Seek.Run),
        Opcode.AcquireLease => With<AcquireLeaseRequest>(c, payload, AcquireLease.Run),
        Opcode.Create => With<CreateRequest>(c, payload, Create.Run),
        Opcode.CreateUnnamed => With<CreateUnnamedRequest>(c, payload, CreateUnnamed.Run),
        Opcode.Link => With<LinkRequest>(c, payload, Link.Run),
        Opcode.Unlink => With<UnlinkRequest>(c, payload, Unlink.Run),
        Opcode.RemoveDirectory => With<RemoveDirectoryRequest>(c, payload, RemoveDirectory.Run),
        Opcode.Rename => With<RenameRequest>(c, payload, Rename.Run),
        Opcode.SetAttributes => With<SetAttributesRequest>(c, payload, SetAttributes.Run),
        Opcode.CommitWrite => With<CommitWriteRequest>(c, payload, CommitWrite.Run),
        Opcode.Fallocate => With<FallocateRequest>(c, payload, Fallocate.Run),
        Opcode.CloneRange => With<CloneRangeRequest>(c, payload, CloneRange.Run),
        Opcode.NoteAccess => With<NoteAccessRequest>(c, payload, NoteAccess.Run),
        Opcode.SetXattr => With<SetXattrRequest>(c, payload, Xattrs.Set),
        Opcode.RemoveXattr => With<RemoveXattrRequest>(c, payload, Xattrs.Remove),
        Opcode.AllocateIds => With<AllocateIdsRequest>(c, payload, AllocateIds.Run),
        Opcode.Close => With<CloseRequest>(c, payload, Close.Run),
        Opcode.Reclaim => With<ReclaimRequest>(c, payload, Reclaim.Run),
        Opcode.EndSession => With<EndSessionRequest>(c, payload, EndSession.Run),
        InternalOpcode.CreateVolume => With<CreateVolumeRequest>(c, payload, CreateVolume.Run),
        InternalOpcode.GetVolume => With<GetVolumeRequest>(c, payload, CreateVolume.Get),
        InternalOpcode.BeginSession => With<BeginSessionRequest>(c, payload, Sessions.Begin),
        InternalOpcode.ResumeSession => With<ResumeSessionRequest>(c, payload, Sessions.Resume),
        InternalOpcode.ExpireSession => With<ExpireSessionRequest>(c, payload, Sessions.Expire),
        InternalOpcode.ListSessions => With<ListRequest>(c, payload, Sessions.List),
        InternalOpcode.ListOrphans => With<ListRequest>(c, payload, Orphans.List),
        InternalOpcode.RemoveOrphans => With<ListRequest>(c, payload, Orphans.Remove),
        InternalOpcode.ListCondemned => With<ListRequest>(c, payload, Objects.ListCondemned),
        InternalOpcode.ForgetCondemned => With<IdsRequest>(c, payload, Objects.ForgetCondemned),
        InternalOpcode.ObjectIsKnown => With<IdsRequest>(c, payload, Objects.AreKnown),
        InternalOpcode.GetUsage => With<StatVolumeRequest>(c, payload, StatVolume.Run),
        InternalOpcode.NameOf => With<NameOfRequest>(c, payload, NameOf.Run),
        _ => Errno.ENOSYS,
    };

    /// <summary>
    /// Does again what a mutation that was executed before did to the opens of its session: these are in memory only, and after a restart
    /// a client that waits for the answer has not told of them.
    /// </summary>
    public static void Reopen(OperationContext c, Opcode opcode, ReadOnlyMemory<byte> payload, InodeId made)
    {
        switch (opcode)
        {
            case Opcode.Create when WireCodec.TryRead<CreateRequest>(payload, out var create, out _) && create.Open:
            case Opcode.CreateUnnamed:
                if (c.TryGetInode(made, out _)) c.SetOpen(c.Session, made, OpenState.Writing);
                break;
            case Opcode.Close when WireCodec.TryRead<CloseRequest>(payload, out var close, out _):
                Close.Run(c, close);
                break;
        }
    }

    private static Outcome With<T>(OperationContext c, ReadOnlyMemory<byte> payload, Operation<T> operation)
        where T : struct, IWireRecord<T> =>
        WireCodec.TryRead<T>(payload, out var request, out _) ? operation(c, request) : Errno.EPROTO;
}
