using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Net;
using FlexFs.Hosting.Tls;
using FlexFs.Protocol.Settings;

namespace FlexFs.Hosting.Http;

/// <summary>How to reach an administration server.</summary>
public sealed record AdminClientSettings
{
    /// <summary>Where it is.</summary>
    public required HostPort Address { get; init; }

    /// <summary>Volume or metadata-store token.</summary>
    public required string Token { get; init; }

    /// <summary>When to believe it; null speaks plain HTTP.</summary>
    public required ServerTrust? Trust { get; init; }

    /// <summary>Tries of a request before it fails; 1 for no retry.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>Wait before the first retry; each further one is up to twice as long.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long one try may take.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The clock of the waits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>The administration REST interface, as mounts and metadata servers use it.</summary>
/// <remarks>Every request may be repeated without harm, so all are retried while the failure is transient. Requests go
/// straight to the server: the proxies of the environment are not used. Any thread may call.</remarks>
public sealed class AdminClient : IDisposable
{
    private const int AnswerBytesMax = 16 << 20;

    private readonly AdminClientSettings _settings;
    private readonly HttpClient _http;

    /// <summary>A client; it connects when it is first used.</summary>
    public AdminClient(AdminClientSettings settings)
    {
        _settings = settings;
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        if (settings.Trust is { } trust) handler.SslOptions = trust.ClientOptions(settings.Address.Host);
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri($"{(settings.Trust is null ? "http" : "https")}://{settings.Address}/"),
            MaxResponseContentBufferSize = AnswerBytesMax,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", settings.Token);
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("flexfs/1");
    }

    /// <summary>The settings of a volume, for the holder of a volume token.</summary>
    /// <param name="volume">Name or id.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="AdminClientException">It did not work.</exception>
    public Task<VolumeSettings> GetVolumeAsync(string volume, CancellationToken cancel) =>
        GetAsync($"v1/volumes/for-token/{Uri.EscapeDataString(volume)}", SettingsJson.Default.VolumeSettings, cancel);

    /// <summary>The volumes to serve, for a metadata server.</summary>
    /// <exception cref="AdminClientException">It did not work.</exception>
    public Task<MetaVolumes> GetMetaVolumesAsync(CancellationToken cancel) =>
        GetAsync("v1/volumes/for-meta", SettingsJson.Default.MetaVolumes, cancel);

    /// <summary>Registers how mounts recognise the metadata server.</summary>
    /// <exception cref="AdminClientException">It did not work.</exception>
    public Task PutMetaIdentityAsync(MetaIdentity identity, CancellationToken cancel) =>
        SendAsync(HttpMethod.Put, "v1/meta/identity", identity, SettingsJson.Default.MetaIdentity, cancel);

    /// <summary>Reports usage, from a metadata server.</summary>
    /// <exception cref="AdminClientException">It did not work.</exception>
    public Task PostStatsAsync(VolumeStatsReport report, CancellationToken cancel) =>
        SendAsync(HttpMethod.Post, "v1/volumes/stats", report, SettingsJson.Default.VolumeStatsReport, cancel);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        byte[] body = await WithRetriesAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancel);
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new AdminClientException(AdminFailure.BadAnswer,
                $"{_settings.Address} answered /{path} with something else than this version ({ProductVersion.Text}) " +
                $"understands, at {e.Path ?? "its start"}: is it a flexFS administration server?", e);
        }
    }

    private Task<byte[]> SendAsync<T>(HttpMethod method, string path, T value, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        return WithRetriesAsync(() => new HttpRequestMessage(method, path)
        {
            Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new("application/json") } },
        }, cancel);
    }

    private async Task<byte[]> WithRetriesAsync(Func<HttpRequestMessage> request, CancellationToken cancel)
    {
        TimeSpan delay = _settings.RetryDelay;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await TryAsync(request, cancel);
            }
            catch (AdminClientException e) when (e.IsTransient && attempt < _settings.Attempts)
            {
                // Between half of the delay and one and a half, so that many clients do not come back together.
                await Task.Delay(delay * (0.5 + Random.Shared.NextDouble()), _settings.Time, cancel);
                delay *= 2;
            }
        }
    }

    private async Task<byte[]> TryAsync(Func<HttpRequestMessage> makeRequest, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(_settings.AttemptTimeout, _settings.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        using HttpRequestMessage request = makeRequest();
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, either.Token);
            byte[] body = await response.Content.ReadAsByteArrayAsync(either.Token);
            return response.IsSuccessStatusCode ? body : throw Refusal(response.StatusCode, body);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new AdminClientException(AdminFailure.Unreachable,
                $"the administration server {_settings.Address} does not answer within {_settings.AttemptTimeout.TotalSeconds:0} s");
        }
        catch (Exception e) when (ServerTrust.FindMismatch(e) is { } mismatch)
        {
            throw new AdminClientException(AdminFailure.WrongCertificate, mismatch.Message, e);
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(e);
        }
    }

    private AdminClientException Unreachable(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.SecureConnectionError => new(AdminFailure.Refused,
            $"{_settings.Address} does not speak TLS: check the address, or use --noAdminSSL for a server started with --noSSL", e),
        HttpRequestError.ConfigurationLimitExceeded => new(AdminFailure.BadAnswer,
            $"the answer of {_settings.Address} is longer than {AnswerBytesMax} bytes", e),
        HttpRequestError.InvalidResponse => new(AdminFailure.BadAnswer,
            $"{_settings.Address} does not speak HTTP: is it a flexFS administration server, and does it want TLS?", e),
        _ => new(AdminFailure.Unreachable,
            $"cannot reach the administration server {_settings.Address}: {(e.InnerException ?? e).Message.TrimEnd('.')}; is it running?", e),
    };

    private AdminClientException Refusal(HttpStatusCode status, byte[] body)
    {
        string? detail = Detail(body);
        string because = detail is null ? "" : $": {detail}";
        return status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(AdminFailure.WrongToken,
                $"the administration server {_settings.Address} does not accept the token{because}"),
            HttpStatusCode.NotFound => new(AdminFailure.NotFound,
                $"the administration server {_settings.Address} does not have it{because}"),
            HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError =>
                new(AdminFailure.ServerFailed, $"the administration server {_settings.Address} failed ({(int)status}){because}"),
            _ => new(AdminFailure.Refused, $"the administration server {_settings.Address} refused ({(int)status}){because}"),
        };
    }

    private static string? Detail(byte[] body)
    {
        try
        {
            // It ends up on a terminal and in logs: one line, of bounded length.
            string? detail = JsonSerializer.Deserialize(body, SettingsJson.Default.Problem)?.Detail;
            return detail is null ? null : new string([.. detail.Where(c => !char.IsControl(c)).Take(500)]);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
