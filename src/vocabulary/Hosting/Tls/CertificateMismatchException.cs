using System.Security.Authentication;

namespace FlexFs.Hosting.Tls;

/// <summary>The server at an address is not the one that was pinned, or cannot prove who it is.</summary>
public sealed class CertificateMismatchException(string message) : AuthenticationException(message);
