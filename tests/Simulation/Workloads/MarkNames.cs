namespace FlexFs.Simulation.Workloads;

/// <summary>Branches that many runs together should reach.</summary>
public static class MarkNames
{
    /// <summary>All of them.</summary>
    public static readonly string[] All =
    [
        "bytes: a copy",
        "bytes: a hole",
        "bytes: a read failed with EIO",
        "bytes: a short write",
        "bytes: a sync failed with EIO",
        "bytes: a sync failed with ENOSPC",
        "client: crash",
        "fault: a client parted",
        "fault: a client stands still",
        "fault: all clients parted",
        "fault: network: slow",
        "fault: objects: fail",
        "fault: objects: full",
        "fault: objects: slow",
        "fault: store: fails",
        "fault: store: full",
        "fault: store: slow",
        "fault: the server stands still",
        "kernel: a name from its cache",
        "kernel: attributes from its cache",
        "locks: a try ended with EAGAIN",
        "locks: a try ended with OK",
        "locks: a wait ended with EDEADLK",
        "locks: a wait ended with EINTR",
        "locks: a wait ended with EIO",
        "locks: a wait ended with OK",
        "names: an outcome is unknown",
        "names: made, and perhaps gone before the answer",
        "network: a dead peer says nothing",
        "network: connection refused",
        "network: cut on the way to the client",
        "network: cut on the way to the server",
        "objects: a failed put left nothing",
        "objects: a failed put takes effect later",
        "objects: a read lied",
        "objects: deleted",
        "objects: the answer to a put was lost",
        "server: crash",
        "space: orphans, to be found by reconciliation",
        "store: a failed commit took effect",
        "store: a failed commit took no effect",
        "store: crash after a commit, before its answer",
        "store: crash before a commit",
    ];
}
