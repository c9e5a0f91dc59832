using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Net;

namespace FlexFs.Hosting.Tls;

/// <summary>Looks at a server's certificate without believing it: for trust on first use.</summary>
/// <param name="Fingerprint">The certificate that was presented.</param>
/// <param name="IsPubliclyValid">Whether it needs no pin.</param>
public readonly record struct ProbedCertificate(CertificateFingerprint Fingerprint, bool IsPubliclyValid)
{
    /// <summary>What to write into a credentials file: empty when the certificate needs no pin, so that it can be
    /// renewed; else the fingerprint.</summary>
    public string Setting => IsPubliclyValid ? "" : Fingerprint.ToString();
}

/// <inheritdoc cref="ProbedCertificate"/>
public static class FingerprintProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Shakes hands and hangs up. Nothing is sent over the connection.</summary>
    /// <exception cref="CommandException">Nobody answers there, or not with TLS.</exception>
    public static async Task<ProbedCertificate> LookAsync(HostPort address, CancellationToken cancel)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        ProbedCertificate? seen = null;
        try
        {
            using TcpClient tcp = new();
            await tcp.ConnectAsync(address.Host, address.Port, patience.Token);
            using SslStream tls = new(tcp.GetStream());
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = address.Host,
                RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                {
                    if (certificate is null) return false;
                    seen = new(CertificateFingerprint.Of(certificate), errors == SslPolicyErrors.None);
                    return true;
                },
            }, patience.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CommandException($"{address} does not answer: is the server running, and is the port open?");
        }
        catch (SocketException e)
        {
            throw new CommandException($"cannot reach {address}: {e.Message}; is the server running?", cause: e);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            throw new CommandException(
                $"{address} does not speak TLS ({e.Message.TrimEnd('.')}): check the port, or use --noAdminSSL for a " +
                "server started with --noSSL", cause: e);
        }
        return seen ?? throw new CommandException($"{address} presented no certificate");
    }
}
