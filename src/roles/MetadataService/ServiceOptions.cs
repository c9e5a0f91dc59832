using FlexFs.Core;
using FlexFs.Metadata.Locks;

namespace FlexFs.MetadataService;

/// <summary>Times and bounds of the metadata service. The defaults are what meta.flexfs runs with.</summary>
public sealed record ServiceOptions
{
    /// <summary>Silence after which a session is expired, as measured while this server was up.</summary>
    public TimeSpan SessionTerm { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a client lets itself be heard when it has nothing to ask.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// For how long a lease holds after its session was heard last. Who is silent for longer while another waits is ended.
    /// </summary>
    public TimeSpan LeaseTerm { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What the server waits beyond <see cref="LeaseTerm"/>, for clocks that do not run alike.</summary>
    public TimeSpan LeaseMargin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A session that is heard and neither carries a recall out nor says that it is at it is ended after this.</summary>
    public TimeSpan RecallPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A session that goes on saying that it is at it is ended after this. Mounts give up after 10 minutes by themselves.</summary>
    public TimeSpan RecallLongest { get; init; } = TimeSpan.FromMinutes(11);

    /// <summary>For how long a write lease is left to who has just got it.</summary>
    public TimeSpan WriteLeaseHold { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Leases of one session; beyond it answers come without a lease.</summary>
    public int LeasesPerSessionMax { get; init; } = 65536;

    /// <summary>Leases of one session, those that it asks for by themselves (to write a file) included; beyond it that is ENFILE.</summary>
    public int LeasesNeededMax { get; init; } = 131072;

    /// <summary>Leases of one volume; beyond it answers come without a lease.</summary>
    public int LeasesMax { get; init; } = 1 << 20;

    /// <summary>A request that its client was told to send again where it may wait, and did not, is forgotten after this.</summary>
    public TimeSpan ParkedRequest { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Such requests of one session; beyond it the oldest is forgotten. As many as a mount has slots for requests that wait.
    /// </summary>
    public int ParkedRequestsMax { get; init; } = 1024;

    /// <summary>Recalls of one inode that a session has not carried out, at which the next one is of all names.</summary>
    public int RecallsPerInodeMax { get; init; } = 256;

    /// <summary>Recalls that a session has not carried out, above which it is ended: nobody else pays for their memory.</summary>
    public int RecallsPerSessionMax { get; init; } = 1 << 17;

    /// <summary>How often silent sessions, idle volumes and objects to be deleted are looked for.</summary>
    public TimeSpan Upkeep { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Without sessions for this long, a volume's store is closed.</summary>
    public TimeSpan IdleClose { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Sessions that one volume takes.</summary>
    public int SessionsMax { get; init; } = 65536;

    /// <summary>Objects that one step of upkeep deletes from the store.</summary>
    public int DeletionsPerStep { get; init; } = 1000;

    /// <summary>A condemned object is deleted when it is older than the session term and this.</summary>
    public TimeSpan DeletionMargin { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Requests whose changes may be in one commit.</summary>
    public int BatchRequestsMax { get; init; } = 4096;

    /// <summary>Bytes of requests and of replies that one commit may hold back.</summary>
    public int BatchBytesMax { get; init; } = 8 << 20;

    /// <summary>Requests that one step of a volume executes before replies leave and others have their turn.</summary>
    public int StepRequestsMax { get; init; } = 512;

    /// <summary>Requests of one session that may wait: its window, and as many again of a connection it has just lost.</summary>
    public int QueuedRequestsMax { get; init; } = 2 * Limits.RpcSlotsMax;

    /// <summary>
    /// Bytes of one connection's requests that are not answered; beyond it the connection is ended. A mount has at most 32 MiB in the
    /// lane of its ordinary requests, and of those that wait for others small ones.
    /// </summary>
    public long RequestBytesMax { get; init; } = 256L << 20;

    /// <summary>Rounds of fetching after which nothing else is admitted until the request has run.</summary>
    public int FetchRoundsMax { get; init; } = 4;

    /// <summary>Fetches of one volume that may be under way.</summary>
    public int FetchesMax { get; init; } = 8;

    /// <summary>A request that took so long is written to the log; zero for none.</summary>
    public TimeSpan SlowRequest { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>First wait before a store that failed is opened again; doubled up to <see cref="ReopenWaitMax"/>.</summary>
    public TimeSpan ReopenWait { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait before a store that failed is opened again.</summary>
    public TimeSpan ReopenWaitMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bounds of the locks of one volume.</summary>
    public LockLimits Locks { get; init; } = new();
}
