using System.Net;
using FlexFs.Hosting.Http;
using FlexFs.Hosting.Net;
using FlexFs.Hosting.Servers;
using FlexFs.Hosting.Tests.Servers;
using FlexFs.Hosting.Tls;
using FlexFs.Protocol.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FlexFs.Hosting.Tests.Http;

public sealed class AdminClientTests
{
    private static readonly string Token = TokenHash.NewToken();
    private int _requests;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly VolumeSettings Volume = new()
    {
        Id = Guid.NewGuid(),
        Name = "v1",
        BlockSize = 4 << 20,
        Compression = "lz4",
        Retention = 604_800,
        MetaAddr = "meta:443",
        BlockStore = new BlockStoreSettings { Api = "file", Bucket = "/objects" },
    };

    private Action<IEndpointRouteBuilder> Answers(int failures, int status = 503) => routes =>
        routes.MapGet("/v1/volumes/for-token/{volume}", context =>
        {
            int request = Interlocked.Increment(ref _requests);
            if (request <= failures) return context.WriteProblemAsync(status, "not\nnow");
            return context.TryReadBearer(out string? token) && token == Token
                ? context.WriteJsonAsync(Volume, SettingsJson.Default.VolumeSettings)
                : context.WriteUnauthorizedAsync("no");
        });

    private static AdminClient Client(TestServer server, ServerTrust? trust, string? token = null) => new(new AdminClientSettings
    {
        Address = server.Address,
        Token = token ?? Token,
        Trust = trust,
        RetryDelay = TimeSpan.FromMilliseconds(1),
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Settings_arrive_whole(bool tls)
    {
        await using TestServer server = await TestServer.StartAsync(tls, Answers(0));
        using AdminClient client = Client(server, server.Trust);
        VolumeSettings got = await client.GetVolumeAsync("v1", Cancel);
        Assert.Equal(Volume with { Flags = got.Flags }, got);
        Assert.Empty(got.Flags);
    }

    [Fact]
    public async Task Passing_failures_are_retried()
    {
        await using TestServer server = await TestServer.StartAsync(true, Answers(3));
        using AdminClient client = Client(server, server.Trust);
        Assert.Equal("v1", (await client.GetVolumeAsync("v1", Cancel)).Name);
        Assert.Equal(4, _requests);
    }

    [Fact]
    public async Task Lasting_failures_are_not()
    {
        await using TestServer server = await TestServer.StartAsync(true, Answers(99));
        using AdminClient client = Client(server, server.Trust);
        AdminClientException e = await Assert.ThrowsAsync<AdminClientException>(() => client.GetVolumeAsync("v1", Cancel));
        Assert.Equal(AdminFailure.ServerFailed, e.Failure);
        Assert.Equal($"the administration server {server.Address} failed (503): notnow", e.Message);
        Assert.Equal(4, _requests);
    }

    [Fact]
    public async Task Wrong_token_is_said_at_once()
    {
        await using TestServer server = await TestServer.StartAsync(true, Answers(0));
        using AdminClient client = Client(server, server.Trust, TokenHash.NewToken());
        AdminClientException e = await Assert.ThrowsAsync<AdminClientException>(() => client.GetVolumeAsync("v1", Cancel));
        Assert.Equal(AdminFailure.WrongToken, e.Failure);
        Assert.False(e.IsTransient);
        Assert.Equal(1, _requests);
    }

    [Fact]
    public async Task Wrong_certificate_names_both_and_sends_nothing()
    {
        await using TestServer server = await TestServer.StartAsync(true, Answers(0));
        await using TestServer other = await TestServer.StartAsync(true, Answers(0));
        using AdminClient client = Client(server, other.Trust);
        AdminClientException e = await Assert.ThrowsAsync<AdminClientException>(() => client.GetVolumeAsync("v1", Cancel));
        Assert.Equal(AdminFailure.WrongCertificate, e.Failure);
        Assert.Contains(server.Certificate!.Fingerprint.ToString(), e.Message, StringComparison.Ordinal);
        Assert.Contains(other.Certificate!.Fingerprint.ToString(), e.Message, StringComparison.Ordinal);
        Assert.Equal(0, _requests);
    }

    [Fact]
    public async Task Unreachable_server_is_named()
    {
        TestServer server = await TestServer.StartAsync(true, Answers(0));
        HostPort address = server.Address;
        ServerTrust trust = server.Trust!;
        await server.DisposeAsync();
        using AdminClient client = new(new AdminClientSettings
        {
            Address = address, Token = Token, Trust = trust, Attempts = 2, RetryDelay = TimeSpan.FromMilliseconds(1),
        });
        AdminClientException e = await Assert.ThrowsAsync<AdminClientException>(() => client.GetVolumeAsync("v1", Cancel));
        Assert.Equal(AdminFailure.Unreachable, e.Failure);
        Assert.StartsWith($"cannot reach the administration server {address}: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_server_is_told_from_an_absent_one()
    {
        await using TestServer server = await TestServer.StartAsync(tls: false, Answers(0));
        using AdminClient client = Client(server, ServerTrust.PublicChain);
        AdminClientException e = await Assert.ThrowsAsync<AdminClientException>(() => client.GetVolumeAsync("v1", Cancel));
        Assert.Equal(AdminFailure.Refused, e.Failure);
        Assert.Contains("--noAdminSSL", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"id\":\"x\"}")]
    public async Task Answer_of_another_kind_of_server_is_said(string body)
    {
        await using TestServer server = await TestServer.StartAsync(true, routes =>
            routes.MapGet("/{**path}", (HttpContext context) => context.Response.WriteAsync(body)));
        using AdminClient client = Client(server, server.Trust);
        AdminClientException e = await Assert.ThrowsAsync<AdminClientException>(() => client.GetVolumeAsync("v1", Cancel));
        Assert.Equal(AdminFailure.BadAnswer, e.Failure);
    }

    [Fact]
    public async Task Redirects_are_not_followed()
    {
        await using TestServer server = await TestServer.StartAsync(true, routes => routes.MapGet("/{**path}", (HttpContext context) =>
        {
            context.Response.StatusCode = (int)HttpStatusCode.Found;
            context.Response.Headers.Location = "https://example.org/";
            return Task.CompletedTask;
        }));
        using AdminClient client = Client(server, server.Trust);
        Assert.Equal(AdminFailure.Refused,
            (await Assert.ThrowsAsync<AdminClientException>(() => client.GetVolumeAsync("v1", Cancel))).Failure);
    }

    [Fact]
    public async Task Silent_server_is_given_up_on()
    {
        await using TestServer server = await TestServer.StartAsync(true, routes =>
            routes.MapGet("/{**path}", (HttpContext context) => Task.Delay(Timeout.Infinite, context.RequestAborted)));
        using AdminClient client = new(new AdminClientSettings
        {
            Address = server.Address, Token = Token, Trust = server.Trust, Attempts = 1,
            AttemptTimeout = TimeSpan.FromMilliseconds(300),
        });
        AdminClientException e = await Assert.ThrowsAsync<AdminClientException>(() => client.GetVolumeAsync("v1", Cancel));
        Assert.Equal(AdminFailure.Unreachable, e.Failure);
    }
}
