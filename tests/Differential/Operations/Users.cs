using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>Who performs operations: root, two users who share a group, and a stranger.</summary>
internal static class Users
{
    internal const uint Shared = 2001;

    internal static readonly Identity[] All = [Identity.Root, new(1001, Shared), new(1002, 2002, Shared), new(1003, 2003)];

    /// <summary>root, as often as all others.</summary>
    internal static readonly int[] Everybody = [0, 0, 0, 1, 2, 3];

    /// <summary>All but root.</summary>
    internal static readonly int[] Unprivileged = [1, 2, 3];
}
