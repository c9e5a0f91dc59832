using FlexFs.Core;
using FlexFs.Metadata.Storage;
using FlexFs.MetadataService.Pipeline;
using FlexFs.MetadataService.Volumes;
using FlexFs.Protocol.Sessions;
using FlexFs.Rpc;
using FlexFs.Wire;
using Microsoft.Extensions.Logging;

namespace FlexFs.MetadataService.Sessions;

/// <summary>Decides about new connections: which volume, by what right, which session.</summary>
internal sealed class SessionAcceptor(VolumeHost host, IVolumeDirectory directory, ILogger log) : IRpcSessionAcceptor
{
    /// <inheritdoc/>
    public async ValueTask<RpcAcceptance> AcceptAsync(
        RpcServerConnection connection, RpcHello hello, CancellationToken cancellationToken)
    {
        if (!WireCodec.TryRead<SessionHello>(hello.Body, out var session, out var error))
        {
            return No(Errno.EPROTO, $"the hello cannot be read: {error}; client and server do not fit together");
        }

        var grant = directory.Find(session.Volume, session.Token);
        if (grant.Volume is not { } description) return No(Errno.EACCES, grant.Refusal);
        try
        {
            var volume = await host.OpenAsync(description);
            return await volume.Context.RunAsync(() => volume.AcceptAsync(session, grant));
        }
        catch (Exception e) when (e is StorageException or IOException)
        {
            return No(Errno.EIO, e.Message);
        }
    }

    private RpcAcceptance No(Errno errno, string reason)
    {
        Log.Refused(log, LogText.Of(reason));
        return RpcAcceptance.No(errno, reason);
    }
}
