using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Servers;
using FlexFs.Hosting.Systemd;
using FlexFs.Hosting.Tls;
using FlexFs.Protocol.Settings;
using FlexFs.Rpc;
using FlexFs.Rpc.Transports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlexFs.Hosting.Tests.Servers;

public sealed class ServerHostTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static void Routes(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/hello", context => context.WriteJsonAsync(new MetaIdentity { Fingerprint = "hi" }, SettingsJson.Default.MetaIdentity));
        routes.MapPost("/read", async context =>
        {
            await context.ReadJsonAsync(SettingsJson.Default.MetaIdentity);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        });
        routes.MapGet("/bug", _ => throw new InvalidOperationException("secret detail"));
    }

    private static async Task EchoAsync(ConnectionContext connection)
    {
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync(connection.ConnectionClosed);
            foreach (ReadOnlyMemory<byte> piece in read.Buffer) await connection.Transport.Output.WriteAsync(piece);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return;
        }
    }

    private static Task AssertEchoesAsync(StreamDuplex rpc, string text) =>
        AssertEchoesAsync(rpc.Output.AsStream(leaveOpen: true), rpc.Input.AsStream(leaveOpen: true), text);

    private static async Task AssertEchoesAsync(Stream output, Stream input, string text)
    {
        await output.WriteAsync(Encoding.ASCII.GetBytes(text), Cancel);
        await output.FlushAsync(Cancel);
        byte[] back = new byte[text.Length];
        await input.ReadExactlyAsync(back, Cancel);
        Assert.Equal(text, Encoding.ASCII.GetString(back));
    }

    [Fact]
    public void Port_tells_rpc_by_what_rpc_declares()
    {
        Assert.Equal(RpcProtocol.Alpn, RpcSplit.Alpn);
        Assert.True(RpcProtocol.Preface.SequenceEqual(RpcSplit.Preface));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rpc_and_rest_share_the_port(bool tls)
    {
        await using TestServer server = await TestServer.StartAsync(tls, Routes, EchoAsync);
        await using (StreamDuplex rpc = await server.RpcAsync(server.Trust))
        {
            // RPC sees the preface too.
            await AssertEchoesAsync(rpc, "flexfs/1 and what follows");
            using HttpClient http = server.Http();
            Assert.Contains("hi", await http.GetStringAsync("hello", Cancel), StringComparison.Ordinal);
            await AssertEchoesAsync(rpc, "still here");
        }
    }

    [Fact]
    public async Task Http2_is_served_too()
    {
        await using TestServer server = await TestServer.StartAsync(tls: true, Routes, EchoAsync);
        using HttpClient http = server.Http();
        using HttpRequestMessage request = new(HttpMethod.Get, "hello")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using HttpResponseMessage response = await http.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Preface_may_come_byte_by_byte()
    {
        await using TestServer server = await TestServer.StartAsync(tls: false, Routes, EchoAsync);
        using TcpClient tcp = new() { NoDelay = true };
        await tcp.ConnectAsync(server.Address.Host, server.Address.Port, Cancel);
        foreach (byte b in "flexfs/"u8.ToArray()) await tcp.GetStream().WriteAsync(new[] { b }, Cancel);
        await tcp.GetStream().WriteAsync("1"u8.ToArray(), Cancel);
        byte[] back = new byte[8];
        await tcp.GetStream().ReadExactlyAsync(back, Cancel);
        Assert.Equal("flexfs/1", Encoding.ASCII.GetString(back));
    }

    [Fact]
    public async Task Http_request_may_begin_with_a_piece_of_the_preface()
    {
        await using TestServer server = await TestServer.StartAsync(tls: false, Routes, EchoAsync);
        using TcpClient tcp = new() { NoDelay = true };
        await tcp.ConnectAsync(server.Address.Host, server.Address.Port, Cancel);
        await tcp.GetStream().WriteAsync("flex"u8.ToArray(), Cancel);
        await tcp.GetStream().WriteAsync(" /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray(), Cancel);
        using StreamReader reader = new(tcp.GetStream());
        Assert.StartsWith("HTTP/1.1 405", await reader.ReadToEndAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_without_rpc_refuses_it()
    {
        await using TestServer server = await TestServer.StartAsync(tls: true, Routes);
        await Assert.ThrowsAsync<IOException>(() => server.RpcAsync(server.Trust));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Garbage_on_the_port_costs_its_own_connection_only(bool tls)
    {
        await using TestServer server = await TestServer.StartAsync(tls, Routes, EchoAsync);
        using HttpClient http = server.Http();
        await using StreamDuplex bystander = await server.RpcAsync(server.Trust);
        await AssertEchoesAsync(bystander, "flexfs/1");
        Random random = new(11);
        byte[][] openings = [[], "flexfs/"u8.ToArray(), "GET / HTTP/1.1\r\n"u8.ToArray(), [0x16, 3, 1, 0xff, 0xff], "PRI * HTTP/2.0"u8.ToArray()];
        for (int i = 0; i < 60; i++)
        {
            using TcpClient tcp = new();
            await tcp.ConnectAsync(server.Address.Host, server.Address.Port, Cancel);
            byte[] garbage = new byte[random.Next(0, 9000)];
            random.NextBytes(garbage);
            try
            {
                await tcp.GetStream().WriteAsync(openings[i % openings.Length], Cancel);
                await tcp.GetStream().WriteAsync(garbage, Cancel);
                if (i % 3 == 0) tcp.Client.Shutdown(SocketShutdown.Send);
                if (i % 7 == 0) tcp.Client.LingerState = new LingerOption(true, 0);
            }
            catch (IOException)
            {
                // The server hung up first, as it may.
            }
        }
        Assert.Contains("hi", await http.GetStringAsync("hello", Cancel), StringComparison.Ordinal);
        await AssertEchoesAsync(bystander, "unharmed");
    }

    [Fact]
    public async Task Errors_are_problem_documents()
    {
        await using TestServer server = await TestServer.StartAsync(tls: true, Routes);
        using HttpClient http = server.Http();
        Assert.Equal((404, "there is nothing at /nope"), await ProblemAsync(await http.GetAsync("nope", Cancel)));
        Assert.Equal((405, "POST is not possible at /hello"), await ProblemAsync(await http.PostAsync("hello", null, Cancel)));
        (int status, string? detail) = await ProblemAsync(await http.PostAsync("read", new StringContent("{\"fingerprint\":7}"), Cancel));
        Assert.Equal(400, status);
        Assert.Contains("fingerprint", detail, StringComparison.Ordinal);
        Assert.Equal(
            (400, "the body is not what is expected here: it is null"),
            await ProblemAsync(await http.PostAsync("read", new StringContent("null"), Cancel)));
        Assert.Equal(400, (await ProblemAsync(await http.PostAsync("read", new StringContent("{}"), Cancel))).Status);
        Assert.Equal(413, (await ProblemAsync(await PostTooMuchAsync(http))).Status);
        (status, detail) = await ProblemAsync(await http.GetAsync("bug", Cancel));
        Assert.Equal(500, status);
        Assert.DoesNotContain("secret", detail, StringComparison.Ordinal);
    }

    // The server refuses before it reads; a client that is still sending then may see a broken pipe, so this one asks first.
    private static Task<HttpResponseMessage> PostTooMuchAsync(HttpClient http)
    {
        HttpRequestMessage request = new(HttpMethod.Post, "read") { Content = new ByteArrayContent(new byte[2 << 20]) };
        request.Headers.ExpectContinue = true;
        return http.SendAsync(request, Cancel);
    }

    private static async Task<(int Status, string? Detail)> ProblemAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Problem problem = (await response.Content.ReadFromJsonAsync(SettingsJson.Default.Problem, Cancel))!;
        Assert.Equal((int)response.StatusCode, problem.Status);
        Assert.NotEmpty(problem.Title);
        return (problem.Status, problem.Detail);
    }

    [Fact]
    public async Task Address_in_use_is_one_line()
    {
        await using TestServer first = await TestServer.StartAsync(tls: false, Routes);
        CommandException e = await Assert.ThrowsAsync<CommandException>(() => StartAsync(first.Host.LocalEndPoint));
        Assert.Equal(
            $"cannot listen on {first.Host.LocalEndPoint}: another process does already; stop it or choose another --bindAddr", e.Message);
        Assert.Equal(ExitCode.Failure, e.ExitCode);
    }

    [Fact]
    public async Task Address_of_another_host_is_one_line() =>
        Assert.Equal("cannot listen on 192.0.2.1:7: this host has no such address", (await Assert.ThrowsAsync<CommandException>(
            () => StartAsync(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 7)))).Message);

    private static Task<ServerHost> StartAsync(IPEndPoint address) => ServerHost.StartAsync(
        new ServerSettings { BindAddress = address, Certificate = null }, NullLoggerFactory.Instance, Routes, null, Cancel);

    [Fact]
    public async Task Stop_ends_connections_that_do_not()
    {
        await using TestServer server = await TestServer.StartAsync(tls: true, Routes, EchoAsync);
        await using StreamDuplex rpc = await server.RpcAsync(server.Trust);
        await AssertEchoesAsync(rpc, "x");
        using CancellationTokenSource stop = new();
        Task run = server.Host.RunAsync("serving", new SystemdNotifier(null), stop.Token);
        Assert.False(run.IsCompleted);
        await stop.CancelAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        await Assert.ThrowsAnyAsync<Exception>(() => server.RpcAsync(server.Trust));
    }

    [Fact]
    public async Task Rpc_client_refuses_another_certificate_and_names_both()
    {
        await using TestServer server = await TestServer.StartAsync(tls: true, Routes, EchoAsync);
        await using TestServer other = await TestServer.StartAsync(tls: true, Routes, EchoAsync);
        IOException e = await Assert.ThrowsAsync<IOException>(
            () => server.RpcAsync(other.Trust));
        Assert.Contains(server.Certificate!.Fingerprint.ToString(), e.Message, StringComparison.Ordinal);
        Assert.Contains(other.Certificate!.Fingerprint.ToString(), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_pin_a_self_made_certificate_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync(tls: true, Routes, EchoAsync);
        IOException e = await Assert.ThrowsAsync<IOException>(
            () => server.RpcAsync(ServerTrust.FromSetting("")));
        Assert.Contains("not publicly valid", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_sees_the_fingerprint_to_pin()
    {
        await using TestServer server = await TestServer.StartAsync(tls: true, Routes);
        ProbedCertificate seen = await FingerprintProbe.LookAsync(server.Address, Cancel);
        Assert.Equal(server.Certificate!.Fingerprint, seen.Fingerprint);
        Assert.False(seen.IsPubliclyValid);
        Assert.Equal(server.Certificate.Fingerprint.ToString(), seen.Setting);
    }

    [Fact]
    public async Task Probe_of_a_plain_or_absent_server_is_one_line()
    {
        TestServer server = await TestServer.StartAsync(tls: false, Routes);
        Assert.Contains("does not speak TLS", (await Assert.ThrowsAsync<CommandException>(
            () => FingerprintProbe.LookAsync(server.Address, Cancel))).Message, StringComparison.Ordinal);
        await server.Host.StopAsync();
        Assert.Contains("cannot reach", (await Assert.ThrowsAsync<CommandException>(
            () => FingerprintProbe.LookAsync(server.Address, Cancel))).Message, StringComparison.Ordinal);
        await server.DisposeAsync();
    }
}
