using System.Globalization;
using System.Text;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc;
using FlexFs.Wire;

namespace FlexFs.Client.Waiting;

/// <summary>What took long lately, and for which inode: for whoever wants to say why an operation was slow.</summary>
/// <remarks>
/// An operation is told apart by its inode and its time, not by who began to wait: many operations wait for one upload, one request or
/// one fetch that another of them, or nobody, has begun. Waits shorter than the least are not kept, so what is quick costs one look at
/// the clock. Keeps the last <see cref="Kept"/>. Any thread; the lock guards the ring.
/// </remarks>
/// <param name="time">The client's.</param>
/// <param name="atLeast">What is kept; zero keeps nothing.</param>
public sealed class SlowWaits(TimeProvider time, TimeSpan atLeast)
{
    /// <summary>Waits that are kept.</summary>
    public const int Kept = 256;

    private const int NamedMax = 4;
    private readonly Lock _gate = new();
    private readonly Wait[] _ring = new Wait[Kept];
    private long _count;

    private readonly record struct Wait(InodeId Inode, long From, long To, string What);

    /// <summary>Keeps nothing.</summary>
    public static SlowWaits None { get; } = new(TimeProvider.System, TimeSpan.Zero);

    /// <summary>Whether anything is kept.</summary>
    public bool IsOn => atLeast > TimeSpan.Zero;

    /// <summary>A timestamp of now; 0 when nothing is kept.</summary>
    public long Begin() => IsOn ? time.GetTimestamp() : 0;

    /// <summary>Whether a wait is to be noted; ask before its text is made.</summary>
    /// <param name="from">Of <see cref="Begin"/>.</param>
    public bool IsLong(long from) => IsOn && time.GetElapsedTime(from) >= atLeast;

    /// <summary>Notes a wait that is over now.</summary>
    /// <param name="inode">For which inode; of a name its directory.</param>
    /// <param name="from">Of <see cref="Begin"/>.</param>
    /// <param name="what">What was waited for, fit for a log.</param>
    public void Note(InodeId inode, long from, string what)
    {
        if (!IsOn) return;
        var wait = new Wait(inode, from, time.GetTimestamp(), what);
        lock (_gate) _ring[_count++ % Kept] = wait;
    }

    /// <summary>The longest waits of an inode that were over in a time, as a log has them: what and how long, with commas.</summary>
    /// <param name="inode">The inode.</param>
    /// <param name="from">A timestamp: waits that ended before do not count, and of longer ones only what was after it.</param>
    public string Of(InodeId inode, long from)
    {
        List<(string What, TimeSpan Time)> found = [];
        lock (_gate)
        {
            foreach (var wait in _ring)
            {
                if (wait.What is null || wait.Inode != inode || wait.To <= from) continue;
                found.Add((wait.What, time.GetElapsedTime(Math.Max(wait.From, from), wait.To)));
            }
        }

        var text = new StringBuilder();
        foreach (var (what, took) in found.OrderByDescending(wait => wait.Time).Take(NamedMax))
        {
            text.Append(text.Length == 0 ? "" : ", ").Append(what).Append(CultureInfo.InvariantCulture, $" {took.TotalSeconds:0.000} s");
        }

        return text.ToString();
    }

    /// <summary>Lets an RPC client tell of its slow calls.</summary>
    internal RpcClientOptions Watch(RpcClientOptions options) =>
        IsOn ? options with { SlowAfter = atLeast, OnSlow = OnSlow } : options;

    private void OnSlow(RpcSlowCall call)
    {
        var opcode = (Opcode)call.Opcode;
        var what = new StringBuilder("the metadata server");
        if (call.Disconnected >= atLeast)
        {
            what.Append(CultureInfo.InvariantCulture, $", without a connection for {call.Disconnected.TotalSeconds:0.000} s of");
        }

        if (call.IsQueued) what.Append(", which held it back for ").Append(Reason(call.Why)).Append(',');
        Note(RequestSubject.Of(opcode, call.Request), call.BegunAt, what.Append(' ').Append(opcode).ToString());
    }

    private static string Reason(ReadOnlyMemory<byte> why)
    {
        if (!WireCodec.TryRead<HeldBack>(why, out var held, out _)) return "another session";
        var who = held.Client is { Length: > 0 } client ? $"{held.Session} ({Printable(client)})"
            : held.Session == SessionId.None ? "others" : $"{held.Session}";
        return held.By switch
        {
            HeldBackBy.Recall => $"a recall of {who}",
            HeldBackBy.Turn => $"an earlier request of {who}",
            HeldBackBy.Lock => string.Create(CultureInfo.InvariantCulture, $"a lock of {who} process {held.ProcessId}"),
            HeldBackBy.Restart => "sessions that had not told what they hold after its restart",
            _ => who,
        };
    }

    private static string Printable(string text) =>
        string.Create(text.Length, text, static (line, from) =>
        {
            for (var i = 0; i < line.Length; i++) line[i] = char.IsControl(from[i]) ? '?' : from[i];
        });
}
