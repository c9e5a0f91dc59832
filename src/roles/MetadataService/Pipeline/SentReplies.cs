using FlexFs.Core;
using FlexFs.MetadataService.Leases;
using FlexFs.MetadataService.Volumes;

namespace FlexFs.MetadataService.Pipeline;

/// <summary>The way out of a volume: replies are counted, slow ones are logged, and those of one step leave together.</summary>
internal sealed class SentReplies(VolumeSeat seat)
{
    private readonly HashSet<IReplySink> _toFlush = [];

    /// <summary>Which of them are written to the log.</summary>
    public SlowRequests Slow { get; } = new(seat);

    /// <summary>What an answered request held back.</summary>
    public LeaseTable? Leases { get; set; }

    /// <summary>Answers a request.</summary>
    /// <param name="request">Its sink takes it back.</param>
    /// <param name="errno">OK, or why not.</param>
    /// <param name="body">The encoded reply; read during the call.</param>
    /// <param name="timestamp">Of now.</param>
    public void Send(ServiceRequest request, Errno errno, ReadOnlySpan<byte> body, long timestamp)
    {
        var elapsed = seat.Clock.GetElapsedTime(request.CameAt, timestamp);
        seat.Metrics.Answered(request.Engine.Opcode, errno, elapsed);
        var sink = request.Sink;
        Leases?.End(request);
        if (errno == Errno.OK) Leases?.ForgetRemoved(request);
        Slow.Look(request, errno, timestamp);
        sink.Reply(request, errno, body);
        _toFlush.Add(sink);
    }

    /// <summary>Lets go what was answered since the last call.</summary>
    public void Flush()
    {
        foreach (var sink in _toFlush) sink.Flush();
        _toFlush.Clear();
    }
}
