namespace FlexFs.Simulation.World;

/// <summary>What may go wrong in a run; mixed freely.</summary>
[Flags]
public enum Faults
{
    /// <summary>Nothing but chance in the order of steps and in delays.</summary>
    None = 0,

    /// <summary>Connections break at any byte, both ways or one.</summary>
    Cuts = 1,

    /// <summary>Nothing arrives for a while, and then all of it, from connections that were given up too.</summary>
    Stalls = 2,

    /// <summary>The metadata server dies and starts again from what was durable.</summary>
    ServerCrashes = 4,

    /// <summary>A client dies with all that it had in memory; another one mounts.</summary>
    ClientCrashes = 8,

    /// <summary>A commit fails, with or without effect, and the store must be opened again.</summary>
    StoreFailures = 16,

    /// <summary>The metadata store has no space for a while.</summary>
    StoreFull = 32,

    /// <summary>Object requests fail, with or without effect, and repeat their effect late.</summary>
    ObjectFailures = 64,

    /// <summary>The object store has no space for a while.</summary>
    ObjectsFull = 128,

    /// <summary>Wall clocks step forwards and backwards.</summary>
    ClockSteps = 256,

    /// <summary>Reads of objects give damaged bytes.</summary>
    Lies = 512,

    /// <summary>The network, the store or the objects are slow for a while.</summary>
    Slowness = 1024,

    /// <summary>Nothing arrives for a while between one client and the server, or all and it, both ways or one.</summary>
    Partitions = 2048,

    /// <summary>A client or the server stands still for a while, longer than leases or sessions hold, and goes on.</summary>
    Freezes = 4096,

    /// <summary>All of them.</summary>
    All = 8191,
}

/// <summary>Bugs put in on purpose, to prove that the checkers find them.</summary>
public enum Sabotage
{
    /// <summary>None.</summary>
    None,

    /// <summary>The store acknowledges commits and loses the last one in a crash.</summary>
    StoreForgetsCommit,

    /// <summary>The server does not keep its replies.</summary>
    ServerForgetsReplies,

    /// <summary>The client says that fsync and close are done without doing them.</summary>
    ClientSkipsFsync,

    /// <summary>The client does not verify what it reads.</summary>
    ReaderBelieves,

    /// <summary>The server deletes objects that are in use.</summary>
    ReaperDeletesLive,

    /// <summary>The server keeps the objects that it condemned.</summary>
    ReaperKeepsAll,

    /// <summary>Something leaves the simulator's thread.</summary>
    CodeEscapes,

    /// <summary>The client says that recalls are carried out and does nothing for it.</summary>
    ClientIgnoresRecalls,

    /// <summary>The client does not notice that its leases are over.</summary>
    ClientNeverSelfFences,

    /// <summary>The client tells a restarted server of no leases.</summary>
    ClientReclaimsNoLeases,

    /// <summary>The client tells a restarted server of no locks.</summary>
    ClientReclaimsNoLocks,

    /// <summary>The server takes leases for given up as soon as it has asked for them.</summary>
    ServerAwaitsNoRecall,

    /// <summary>The server ends sessions whose clients may still believe in their leases.</summary>
    ServerEndsSessionsEarly,
}
