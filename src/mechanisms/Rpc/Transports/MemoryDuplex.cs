using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace FlexFs.Rpc.Transports;

/// <summary>Two ends of a connection in one process, for tests and the simulator, which can be cut at any moment.</summary>
/// <remarks>After <see cref="Cut"/> both ends fail at their next or present read and write, and what was under way is lost.</remarks>
public sealed class MemoryDuplex
{
    private readonly Pipe _toServer;
    private readonly Pipe _toClient;
    private volatile bool _isCut;

    /// <param name="options">Of both directions: schedulers, thresholds.</param>
    public MemoryDuplex(PipeOptions? options = null)
    {
        options ??= PipeOptions.Default;
        _toServer = new Pipe(options);
        _toClient = new Pipe(options);
        Client = new End(new Reader(this, _toClient.Reader), new Writer(this, _toServer.Writer));
        Server = new End(new Reader(this, _toServer.Reader), new Writer(this, _toClient.Writer));
    }

    /// <summary>The client's end.</summary>
    public IDuplexPipe Client { get; }

    /// <summary>The server's end.</summary>
    public IDuplexPipe Server { get; }

    /// <summary>Breaks the connection.</summary>
    public void Cut()
    {
        if (_isCut) return;
        _isCut = true;
        _toServer.Reader.CancelPendingRead();
        _toClient.Reader.CancelPendingRead();
        _toServer.Writer.CancelPendingFlush();
        _toClient.Writer.CancelPendingFlush();
    }

    private void ThrowIfCut()
    {
        if (_isCut) throw new IOException("the connection was cut");
    }

    private sealed class End(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = input;

        public PipeWriter Output { get; } = output;
    }

    private sealed class Reader(MemoryDuplex owner, PipeReader inner) : PipeReader
    {
        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) =>
            inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            owner.ThrowIfCut();
            var result = await inner.ReadAsync(cancellationToken);
            owner.ThrowIfCut();
            return result;
        }

        public override bool TryRead(out ReadResult result)
        {
            owner.ThrowIfCut();
            return inner.TryRead(out result);
        }
    }

    private sealed class Writer(MemoryDuplex owner, PipeWriter inner) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            owner.ThrowIfCut();
            var result = await inner.FlushAsync(cancellationToken);
            owner.ThrowIfCut();
            return result;
        }
    }
}
