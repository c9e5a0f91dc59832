using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>Who performs operations: root, and two users who share a group.</summary>
internal static class Users
{
    internal const uint Shared = 2001;

    internal static readonly Identity[] All = [Identity.Root, new(1001, Shared), new(1002, 2002, Shared)];
}
