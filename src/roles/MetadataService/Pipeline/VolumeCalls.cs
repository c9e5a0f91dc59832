using FlexFs.Core;
using FlexFs.Metadata;
using FlexFs.Protocol.Metadata;
using FlexFs.Wire;

namespace FlexFs.MetadataService.Pipeline;

/// <summary>The answer to a request that the service itself made.</summary>
/// <param name="Errno">OK, or why not; ECONNABORTED when the volume stopped.</param>
/// <param name="Body">The encoded reply.</param>
internal readonly record struct CallResult(Errno Errno, byte[] Body)
{
    /// <summary>The reply of a mutation.</summary>
    public MutationReply Mutation => Read<MutationReply>();

    /// <summary>The reply as a record.</summary>
    public T Read<T>() where T : IWireRecord<T> => WireCodec.Read<T>(Body);
}

/// <summary>Requests of the service itself, on the same way as those of clients: executed in order, answered when durable.</summary>
internal sealed class VolumeCalls(VolumeExecutor executor) : IReplySink
{
    private readonly RequestLane _lane = new();

    /// <inheritdoc/>
    public bool IsClosed => false;

    /// <summary>Executes a request and waits until its effect is durable.</summary>
    /// <param name="opcode">What.</param>
    /// <param name="record">Its request.</param>
    /// <param name="kind">How it is treated when there is no space: most are what gives some back.</param>
    public Task<CallResult> RunAsync<T>(Opcode opcode, in T record, RequestClass kind = RequestClass.Freeing)
        where T : IWireRecord<T>
    {
        var answered = new TaskCompletionSource<CallResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var request = new ServiceRequest { Sink = this, Lane = _lane, Class = kind, Waiter = answered };
        request.Engine = new EngineRequest(opcode, SessionId.None, 0, 0, 0, WireCodec.ToBytes(record));
        Check.That(executor.TryEnqueue(request));
        return answered.Task;
    }

    /// <inheritdoc/>
    public void Reply(ServiceRequest request, Errno errno, ReadOnlySpan<byte> body) =>
        Waiter(request).TrySetResult(new CallResult(errno, body.ToArray()));

    /// <inheritdoc/>
    public void Drop(ServiceRequest request) => Waiter(request).TrySetResult(new CallResult(Errno.ECONNABORTED, []));

    /// <inheritdoc/>
    public bool SendsToWait(ServiceRequest request) => false;

    /// <inheritdoc/>
    public void Flush()
    {
    }

    private static TaskCompletionSource<CallResult> Waiter(ServiceRequest request) =>
        (TaskCompletionSource<CallResult>)request.Waiter!;
}
