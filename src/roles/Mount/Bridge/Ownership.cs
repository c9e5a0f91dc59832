using FlexFs.Fuse;

namespace FlexFs.Mount.Bridge;

/// <summary>What a mount is told about callers: whom root is, and which permission bits are never given.</summary>
/// <param name="SquashedUserId">Who uid 0 is for the volume; null leaves it.</param>
/// <param name="SquashedGroupId">What gid 0 is for the volume; null leaves it.</param>
/// <param name="Umask">Takes the place of each caller's umask; null leaves theirs.</param>
internal sealed record Ownership(uint? SquashedUserId, uint? SquashedGroupId, uint? Umask)
{
    /// <summary>Whether the caller has the privileges of root.</summary>
    internal bool IsPrivileged(FuseRequest request) => request.Uid == 0 && SquashedUserId is null;

    /// <summary>Owner of what the caller makes.</summary>
    internal uint UserId(FuseRequest request) => request.Uid == 0 && SquashedUserId is { } squashed ? squashed : request.Uid;

    /// <summary>Group of what the caller makes.</summary>
    internal uint GroupId(FuseRequest request) => request.Gid == 0 && SquashedGroupId is { } squashed ? squashed : request.Gid;

    /// <summary>The umask that counts.</summary>
    internal uint UmaskOf(uint callers) => Umask ?? callers;
}
