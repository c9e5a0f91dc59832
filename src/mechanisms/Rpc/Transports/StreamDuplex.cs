using System.IO.Pipelines;

namespace FlexFs.Rpc.Transports;

/// <summary>A stream as a duplex pipe; owns the stream.</summary>
public sealed class StreamDuplex : IDuplexPipe, IAsyncDisposable
{
    // A read takes what several TLS records (16 KiB, RFC 8446, 5.1) carry, so that most frames lie in one piece.
    private const int ReadBytes = 65536;
    private const int WriteBytes = 65536;
    private readonly Stream _stream;

    /// <summary>Takes over a stream that is ready for use.</summary>
    public StreamDuplex(Stream stream)
    {
        _stream = stream;
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(
            bufferSize: ReadBytes, minimumReadSize: ReadBytes / 4, leaveOpen: true));
        Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(
            minimumBufferSize: WriteBytes, leaveOpen: true));
    }

    /// <inheritdoc/>
    public PipeReader Input { get; }

    /// <inheritdoc/>
    public PipeWriter Output { get; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
