using System.Buffers;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Pipeline;

/// <summary>Operations on what is not stored: the executor hands them over in their turn among all others.</summary>
internal interface IServiceOperations
{
    /// <summary>Whether an opcode is one of these.</summary>
    bool Serves(Opcode opcode);

    /// <summary>Executes a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="now">Time of now.</param>
    /// <param name="reply">Receives the encoded reply record when the answer is OK.</param>
    /// <returns>
    /// The answer; null when the request is kept, to be answered by <see cref="VolumeExecutor.Answer"/>, or was given back.
    /// </returns>
    Errno? Execute(ServiceRequest request, Instant now, IBufferWriter<byte> reply);
}
