using FlexFs.Core;
using FlexFs.Metadata.Storage;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata;

/// <summary>One request of a session. Mutations carry slot and number, by which they take effect once.</summary>
/// <param name="Opcode">What is asked.</param>
/// <param name="Session">Who asks; none in internal requests.</param>
/// <param name="Incarnation">Of the session's connection; frames of another one are ESTALE.</param>
/// <param name="Slot">Place in the session's window, below Limits.RpcSlotsMax.</param>
/// <param name="Number">Grows in each slot; the same again is a repetition.</param>
/// <param name="Payload">The opcode's record; what is kept of it is copied.</param>
public readonly record struct EngineRequest(
    Opcode Opcode, SessionId Session, ulong Incarnation, uint Slot, ulong Number, ReadOnlyMemory<byte> Payload);

/// <summary>How far an execution came.</summary>
public enum ExecutionState
{
    /// <summary>It was executed, well or with an errno.</summary>
    Done,

    /// <summary>Keys must be supplied first.</summary>
    NeedsKeys,

    /// <summary>A range must be supplied first.</summary>
    NeedsRange,

    /// <summary>It had no effect: the gate did not admit it. To be executed again when that may have changed.</summary>
    Waits,
}

/// <summary>What <see cref="VolumeEngine.Execute"/> did.</summary>
public readonly record struct Execution
{
    /// <summary>How far it came.</summary>
    public ExecutionState State { get; init; }

    /// <summary>Of Done: why it was refused.</summary>
    public Errno Errno { get; init; }

    /// <summary>Of NeedsKeys: at most 4,096; valid until the next call.</summary>
    public IReadOnlyList<StoreKey> MissingKeys { get; init; }

    /// <summary>Of NeedsRange: what to scan, from its beginning.</summary>
    public StoreRange MissingRange { get; init; }

    /// <summary>Of NeedsRange: pairs wanted.</summary>
    public int MissingRangeLimit { get; init; }

    /// <summary>
    /// Of Done: the batch that must be durable before the reply (an errno too) may leave; 0 when only durable state was observed.
    /// </summary>
    public ulong ObservedSequence { get; init; }

    /// <summary>
    /// Of Done: whether it changed anything itself. A repeated mutation does not: what it answers was done before, whatever becomes of
    /// the batch that it observed.
    /// </summary>
    public bool HasChanged { get; init; }

    /// <summary>Of Done and OK: bytes of the reply record that were written.</summary>
    public int ReplyBytes { get; init; }
}

/// <summary>Gauges of an engine.</summary>
/// <param name="Opens">Pairs of session and inode that are open.</param>
/// <param name="SessionsWithOpens">Sessions that have something open.</param>
/// <param name="WorkingSetKeys">Keys in memory.</param>
/// <param name="ChangedKeys">Of them, changed and not yet durable or not yet seen by a fetch.</param>
/// <param name="OrphansLeft">
/// Inodes without a name whose removal was begun and takes more steps: while not 0, the service asks for RemoveOrphans, from 0 to its
/// end.
/// </param>
public readonly record struct VolumeTotals(
    int Opens, int SessionsWithOpens, int WorkingSetKeys, int ChangedKeys, int OrphansLeft);
