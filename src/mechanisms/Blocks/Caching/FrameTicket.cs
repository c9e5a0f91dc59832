namespace FlexFs.Blocks.Caching;

/// <summary>How a reader gets one frame: a lease it has, or a flight it joined and must leave.</summary>
internal readonly struct FrameTicket(FrameLease lease, FrameFlight? flight)
{
    internal FrameLease Lease { get; } = lease;

    internal FrameFlight? Flight { get; } = flight;
}
