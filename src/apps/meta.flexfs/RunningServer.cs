using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Credentials;
using FlexFs.Hosting.Files;
using FlexFs.Hosting.Tls;
using FlexFs.Protocol.Settings;

namespace FlexFs.Apps.Meta;

/// <summary>The server that runs on this host, as its database folder says, asked with the token of its credentials.</summary>
internal sealed class RunningServer : IDisposable
{
    private const int PlaceBytesMax = 4096;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string _address;
    private readonly HttpClient _http;

    private RunningServer(ServerPlace place, string token)
    {
        _address = place.Address;
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
        };
        var isPlain = place.Fingerprint.Length == 0;
        if (!isPlain) handler.SslOptions = ServerTrust.FromSetting(place.Fingerprint).ClientOptions("localhost");
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri($"{(isPlain ? "http" : "https")}://{place.Address}/"),
            Timeout = Patience,
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Finds it.</summary>
    /// <exception cref="CommandException">None was started with this database folder, or there are no credentials.</exception>
    public static RunningServer Find(DatabaseFolders folders, string credsPath)
    {
        var credentials = CredentialsFile.Load<MetaCredentials>(credsPath, MetaCommandLine.InitCreds);
        if (!File.Exists(folders.Place))
        {
            throw new CommandException($"no server runs with this database folder: {folders.Place} does not exist; give its --dbFolder");
        }

        try
        {
            var place = JsonSerializer.Deserialize(
                PrivateFile.Read(folders.Place, "address", PlaceBytesMax), MetaJson.Default.ServerPlace);
            return new RunningServer(place ?? throw new JsonException("null"), credentials.Token);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new CommandException($"{folders.Place} is damaged: start the server again", cause: e);
        }
    }

    /// <summary>Asks for something.</summary>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        var body = await SendAsync(HttpMethod.Get, path, cancel);
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new CommandException($"the answer of {_address} to /{path} is not of this version ({ProductVersion.Text})", cause: e);
        }
    }

    /// <summary>Removes something.</summary>
    public Task DeleteAsync(string path, CancellationToken cancel) => SendAsync(HttpMethod.Delete, path, cancel);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<byte[]> SendAsync(HttpMethod method, string path, CancellationToken cancel)
    {
        try
        {
            using HttpRequestMessage request = new(method, path);
            using var response = await _http.SendAsync(request, cancel);
            var body = await response.Content.ReadAsByteArrayAsync(cancel);
            if (response.IsSuccessStatusCode) return body;
            throw new CommandException($"{_address} refused ({(int)response.StatusCode}): {Detail(body)}");
        }
        catch (TaskCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CommandException($"the server {_address} does not answer within {Patience.TotalSeconds:0} s");
        }
        catch (HttpRequestException e)
        {
            var mismatch = ServerTrust.FindMismatch(e)?.Message;
            throw new CommandException(
                mismatch ?? $"cannot reach the server {_address}: {(e.InnerException ?? e).Message.TrimEnd('.')}; is it running?", cause: e);
        }
    }

    private static string Detail(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, SettingsJson.Default.Problem)?.Detail ?? "without a reason";
        }
        catch (JsonException)
        {
            return "without a reason";
        }
    }
}
