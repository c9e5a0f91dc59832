using System.Diagnostics;
using System.Diagnostics.Metrics;
using FlexFs.Core;
using FlexFs.Metadata.Storage;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService;

/// <summary>What the metadata service counts, for all of its volumes together.</summary>
/// <remarks>Counters are kept as plain numbers and observed, so that a request costs two additions and no tags.</remarks>
public sealed class VolumeMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "FlexFs.MetadataService";

    private readonly Meter _meter = new(MeterName);
    private readonly Histogram<double> _commitSeconds;
    private readonly Histogram<int> _commitRequests;
    private long _reads;
    private long _mutations;
    private long _failures;
    private long _commits;
    private long _fetches;
    private long _fetchedKeys;
    private long _requestTicks;
    private int _sessions;
    private int _volumes;

    /// <summary>Registers the instruments.</summary>
    public VolumeMetrics()
    {
        _meter.CreateObservableCounter("flexfs.meta.reads", () => Interlocked.Read(ref _reads), "{request}");
        _meter.CreateObservableCounter("flexfs.meta.mutations", () => Interlocked.Read(ref _mutations), "{request}");
        _meter.CreateObservableCounter("flexfs.meta.refusals", () => Interlocked.Read(ref _failures), "{request}");
        _meter.CreateObservableCounter("flexfs.meta.request.time", () => RequestTime.TotalSeconds, "s");
        _meter.CreateObservableCounter("flexfs.meta.commits", () => Interlocked.Read(ref _commits), "{commit}");
        _meter.CreateObservableCounter("flexfs.meta.fetches", () => Interlocked.Read(ref _fetches), "{fetch}");
        _meter.CreateObservableCounter("flexfs.meta.fetched", () => Interlocked.Read(ref _fetchedKeys), "{key}");
        _meter.CreateObservableGauge("flexfs.meta.sessions", () => Volatile.Read(ref _sessions), "{session}");
        _meter.CreateObservableGauge("flexfs.meta.volumes", () => Volatile.Read(ref _volumes), "{volume}");
        _commitSeconds = _meter.CreateHistogram<double>("flexfs.meta.commit.duration", "s");
        _commitRequests = _meter.CreateHistogram<int>("flexfs.meta.commit.requests", "{request}");
    }

    /// <summary>Requests answered that change nothing.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    /// <summary>Other requests answered.</summary>
    public long Mutations => Interlocked.Read(ref _mutations);

    /// <summary>Commits that became durable.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>Fetches from stores.</summary>
    public long Fetches => Interlocked.Read(ref _fetches);

    /// <summary>Sessions of all open volumes.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>From arrival to reply, of all requests together.</summary>
    public TimeSpan RequestTime => TimeSpan.FromTicks(Interlocked.Read(ref _requestTicks));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal void Answered(Opcode opcode, Errno errno, TimeSpan elapsed)
    {
        if (opcode < Opcode.Create) Interlocked.Increment(ref _reads);
        else Interlocked.Increment(ref _mutations);
        if (errno != Errno.OK) Interlocked.Increment(ref _failures);
        Interlocked.Add(ref _requestTicks, elapsed.Ticks);
    }

    internal void Fetched(int keys)
    {
        Interlocked.Increment(ref _fetches);
        Interlocked.Add(ref _fetchedKeys, keys);
    }

    internal void CommitBegan(int requests) => _commitRequests.Record(requests);

    internal void CommitEnded(CommitResult result, TimeSpan elapsed)
    {
        if (result == CommitResult.Committed) Interlocked.Increment(ref _commits);
        _commitSeconds.Record(elapsed.TotalSeconds, new TagList { { "result", result.ToString() } });
    }

    internal void SessionsChanged(int change) => Interlocked.Add(ref _sessions, change);

    internal void VolumesChanged(int change) => Interlocked.Add(ref _volumes, change);
}
