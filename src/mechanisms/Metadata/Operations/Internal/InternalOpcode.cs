using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations.Internal;

/// <summary>Operations that the service itself asks for. They come by the same path, and never from a client.</summary>
/// <remarks>They have no window: the service makes them so that repeating one does no harm.</remarks>
public static class InternalOpcode
{
    /// <summary>The lowest of them; a service refuses what a client sends from here on.</summary>
    public const Opcode First = (Opcode)0x8000;

    /// <summary><see cref="CreateVolumeRequest"/> to MutationReply.</summary>
    public const Opcode CreateVolume = (Opcode)0x8000;

    /// <summary><see cref="GetVolumeRequest"/> to VolumeRecord; ENOENT before CreateVolume.</summary>
    public const Opcode GetVolume = (Opcode)0x8001;

    /// <summary><see cref="BeginSessionRequest"/> to MutationReply, whose value is the session.</summary>
    public const Opcode BeginSession = (Opcode)0x8002;

    /// <summary><see cref="ResumeSessionRequest"/> to MutationReply.</summary>
    public const Opcode ResumeSession = (Opcode)0x8003;

    /// <summary><see cref="ExpireSessionRequest"/> to MutationReply, whose value is 1 while more is left.</summary>
    public const Opcode ExpireSession = (Opcode)0x8004;

    /// <summary><see cref="ListRequest"/> to <see cref="SessionListReply"/>.</summary>
    public const Opcode ListSessions = (Opcode)0x8005;

    /// <summary><see cref="ListRequest"/> to <see cref="IdListReply"/>: inodes.</summary>
    public const Opcode ListOrphans = (Opcode)0x8006;

    /// <summary><see cref="ListRequest"/> to <see cref="RemoveOrphansReply"/>.</summary>
    public const Opcode RemoveOrphans = (Opcode)0x8007;

    /// <summary><see cref="ListRequest"/> to <see cref="CondemnedListReply"/>.</summary>
    public const Opcode ListCondemned = (Opcode)0x8008;

    /// <summary><see cref="IdsRequest"/> to MutationReply: these objects are deleted from the store.</summary>
    public const Opcode ForgetCondemned = (Opcode)0x8009;

    /// <summary><see cref="IdsRequest"/> to <see cref="ObjectStatesReply"/>.</summary>
    public const Opcode ObjectIsKnown = (Opcode)0x800A;

    /// <summary>StatVolumeRequest to StatVolumeReply, for the administration server.</summary>
    public const Opcode GetUsage = (Opcode)0x800B;

    /// <summary><see cref="NameOfRequest"/> to <see cref="NameOfReply"/>, for operators.</summary>
    public const Opcode NameOf = (Opcode)0x800C;
}
