using System.Runtime.InteropServices;

namespace FlexFs.Fuse;

/// <summary>What kernel and server agreed on at INIT, once per connection.</summary>
/// <remarks>
/// INIT is not sent again to a server that takes a connection over, so this value must outlive the one that agreed.
/// It is plain memory without references (32 bytes) and may be copied as such.
/// </remarks>
/// <param name="Capabilities">Offered by the kernel and taken by the server.</param>
/// <param name="Minor">Protocol 7.<c>Minor</c>: the smaller of both sides'.</param>
/// <param name="MaxWriteBytes">Bytes of one WRITE at most.</param>
/// <param name="MaxReadaheadBytes">Bytes of readahead that INIT granted; the device's read_ahead_kb decides.</param>
/// <param name="TimeGranularityNanoseconds">Granularity of times.</param>
/// <param name="MaxBackground">Requests under way that no program waits for.</param>
/// <param name="MaxPages">Pages of one request at most.</param>
/// <param name="MaxStackDepth">Stacked file systems; above 0 only with passthrough.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct FuseNegotiation(
    FuseCapabilities Capabilities,
    uint Minor,
    uint MaxWriteBytes,
    uint MaxReadaheadBytes,
    uint TimeGranularityNanoseconds,
    ushort MaxBackground,
    ushort MaxPages,
    uint MaxStackDepth)
{
    /// <summary>The newest minor this library speaks.</summary>
    public const uint MinorMax = 45;

    /// <summary>The oldest it accepts: 7.23 (Linux 3.15) fixed the size of the INIT reply.</summary>
    public const uint MinorMin = 23;

    /// <summary>Whether all of these are agreed.</summary>
    public bool Has(FuseCapabilities capabilities) => (Capabilities & capabilities) == capabilities;
}
