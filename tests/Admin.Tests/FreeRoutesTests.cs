using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FlexFs.Admin.Database;
using FlexFs.Admin.Rest;
using FlexFs.Admin.Volumes;
using FlexFs.Hosting.Http;
using FlexFs.Hosting.Net;
using FlexFs.Hosting.Servers;
using FlexFs.Hosting.Tls;
using FlexFs.Protocol.Settings;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlexFs.Admin.Tests;

/// <summary>The real server on loopback, with TLS, and the real client.</summary>
public sealed class FreeRoutesTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _accountToken = TokenHash.NewToken();
    private readonly VolumeOutcome _made =
        new VolumeRequest { Name = "v1", MetaAddr = new HostPort("meta", 443), Bucket = "/objects" }.Create();
    private FreeDatabaseFile _database = null!;
    private ServerCertificate _certificate = null!;
    private ServerHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Guid Id => _made.Database.Volume.Id;

    private HostPort Address => new("127.0.0.1", _host.LocalEndPoint.Port);

    public async ValueTask InitializeAsync()
    {
        _database = FreeDatabaseFile.Open(_folder.File("free"));
        // A secret of the store, to see where it goes.
        _database.Update(_ => _made.Database with
        {
            Volume = _made.Database.Volume with { BlockStore = _made.Database.Volume.BlockStore with { Password = "hunter2" } },
        });
        _certificate = ServerCertificate.LoadOrCreate(_folder.File("cert"), _folder.File("key"), TimeProvider.System);
        _host = await ServerHost.StartAsync(
            new ServerSettings { BindAddress = new IPEndPoint(IPAddress.Loopback, 0), Certificate = _certificate },
            NullLoggerFactory.Instance,
            new FreeRoutes(_database, TokenHash.Of(_accountToken), NullLogger<FreeRoutes>.Instance).Map, null, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _certificate.Dispose();
        _database.Dispose();
        _folder.Dispose();
    }

    private AdminClient Client(string token) => new(new AdminClientSettings
    {
        Address = Address, Token = token, Trust = ServerTrust.Pinned(_certificate.Fingerprint),
    });

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod method, string path, string? token, string? body = null)
    {
        using SocketsHttpHandler handler = new()
        {
            UseProxy = false, SslOptions = ServerTrust.Pinned(_certificate.Fingerprint).ClientOptions("127.0.0.1"),
        };
        using HttpClient http = new(handler) { BaseAddress = new Uri($"https://{Address}/") };
        using HttpRequestMessage request = new(method, path);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await http.SendAsync(request, Cancel);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task Volume_token_gets_the_settings_by_name_and_by_id()
    {
        using AdminClient client = Client(_made.VolumeToken!);
        VolumeSettings byName = await client.GetVolumeAsync("v1", Cancel);
        VolumeSettings byId = await client.GetVolumeAsync(Id.ToString(), Cancel);
        Assert.Equal((Id, "v1", "/objects", "hunter2"), (byName.Id, byName.Name, byName.BlockStore.Bucket, byName.BlockStore.Password));
        Assert.Equal(byName.Id, byId.Id);
    }

    [Fact]
    public async Task Volume_of_another_name_is_not_found()
    {
        using AdminClient client = Client(_made.VolumeToken!);
        AdminClientException e = await Assert.ThrowsAsync<AdminClientException>(() => client.GetVolumeAsync("v2", Cancel));
        Assert.Equal(AdminFailure.NotFound, e.Failure);
        Assert.Contains("the token is of the volume v1, not of v2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_path_wants_its_own_kind_of_token()
    {
        (HttpMethod Method, string Path, string Token)[] paths =
        [
            (HttpMethod.Get, "v1/volumes/for-token/v1", _made.VolumeToken!),
            (HttpMethod.Get, "v1/volumes/for-meta", _made.MetaToken!),
            (HttpMethod.Put, "v1/meta/identity", _made.MetaToken!),
            (HttpMethod.Post, "v1/volumes/stats", _made.MetaToken!),
            (HttpMethod.Get, "v1/configure/volumes", _accountToken),
            (HttpMethod.Get, "v1/configure/volumes/v1", _accountToken),
        ];
        string[] tokens = [_made.VolumeToken!, _made.MetaToken!, _accountToken, TokenHash.NewToken(), "x", Guid.Empty.ToString()];
        foreach ((HttpMethod method, string path, string right) in paths)
        {
            foreach (string? token in tokens.Append(null))
            {
                (HttpStatusCode status, string body) = await SendAsync(method, path, token, method == HttpMethod.Get ? null : "[]");
                if (token == right)
                {
                    Assert.NotEqual(HttpStatusCode.Unauthorized, status);
                    continue;
                }
                Assert.Equal(HttpStatusCode.Unauthorized, status);
                Assert.DoesNotContain(Id.ToString(), body, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Metadata_server_gets_hashes_that_admit_the_token_without_this_server()
    {
        using AdminClient client = Client(_made.MetaToken!);
        MetaVolume volume = (await client.GetMetaVolumesAsync(Cancel)).Volumes.Single();
        Assert.Equal(Id, volume.Settings.Id);
        VolumeTokenGrant grant = volume.Tokens.Single();
        Assert.True(TokenHash.Matches(_made.VolumeToken!, grant.Hash));
        Assert.False(TokenHash.Matches(_made.MetaToken!, grant.Hash));
        Assert.DoesNotContain(_made.VolumeToken!, JsonSerializer.Serialize(volume), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mounts_learn_the_fingerprint_that_the_metadata_server_registered()
    {
        using AdminClient meta = Client(_made.MetaToken!);
        using AdminClient mount = Client(_made.VolumeToken!);
        Assert.Equal("", (await mount.GetVolumeAsync("v1", Cancel)).MetaFingerprint);
        string fingerprint = "sha256:" + new string('a', 64);
        await meta.PutMetaIdentityAsync(new MetaIdentity { Fingerprint = fingerprint }, Cancel);
        VolumeSettings settings = await mount.GetVolumeAsync("v1", Cancel);
        Assert.Equal((fingerprint, true), (settings.MetaFingerprint, settings.MetaSsl));
        await meta.PutMetaIdentityAsync(new MetaIdentity { Fingerprint = "", Ssl = false }, Cancel);
        settings = await mount.GetVolumeAsync("v1", Cancel);
        Assert.Equal(("", false), (settings.MetaFingerprint, settings.MetaSsl));
        Assert.Equal(AdminFailure.Refused, (await Assert.ThrowsAsync<AdminClientException>(
            () => meta.PutMetaIdentityAsync(new MetaIdentity { Fingerprint = "x" }, Cancel))).Failure);
    }

    [Fact]
    public async Task Account_sees_usage_and_no_secret()
    {
        using AdminClient meta = Client(_made.MetaToken!);
        await meta.PostStatsAsync(new VolumeStatsReport
        {
            Volumes = [new VolumeStats { VolumeId = Id, SizeBytes = 77, Inodes = 3, Sessions = 1, At = DateTimeOffset.UnixEpoch }],
        }, Cancel);
        (HttpStatusCode status, string body) = await SendAsync(HttpMethod.Get, "v1/configure/volumes", _accountToken);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("77", body, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", body, StringComparison.Ordinal);
        Assert.DoesNotContain("sha256", body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get, "v1/configure/volumes/v2", _accountToken)).Status);
        Assert.Equal(77, _database.Current!.Stats!.SizeBytes);
    }

    [Fact]
    public async Task Usage_of_a_strange_volume_is_refused_and_changes_nothing()
    {
        using AdminClient meta = Client(_made.MetaToken!);
        VolumeStats own = new() { VolumeId = Id, SizeBytes = 1, Inodes = 1, Sessions = 1, At = DateTimeOffset.UnixEpoch };
        Assert.Equal(AdminFailure.NotFound, (await Assert.ThrowsAsync<AdminClientException>(() => meta.PostStatsAsync(
            new VolumeStatsReport { Volumes = [own, own with { VolumeId = Guid.NewGuid() }] }, Cancel))).Failure);
        Assert.Null(_database.Current!.Stats);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"volumes\":null}")]
    [InlineData("{\"volumes\":[null]}")]
    [InlineData("{\"volumes\":[{\"volumeId\":\"x\"}]}")]
    public async Task Bad_bodies_are_400(string body)
    {
        (HttpStatusCode status, string problem) = await SendAsync(HttpMethod.Post, "v1/volumes/stats", _made.MetaToken, body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("\"status\":400", problem, StringComparison.Ordinal);
        Assert.Null(_database.Current!.Stats);
    }
}
