using System.Text.Json.Serialization;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Servers;
using FlexFs.MetadataService;
using FlexFs.Protocol.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FlexFs.Apps.Meta;

/// <summary>The REST interface of the metadata server.</summary>
internal sealed class MetaRoutes(MetadataServer server, ServedVolumes volumes, string tokenHash)
{
    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", (RequestDelegate)HealthAsync);
        routes.MapGet("/v1/status", (RequestDelegate)StatusAsync);
        new OperatorRoutes(server, tokenHash, TimeProvider.System).Map(routes);
    }

    private Task HealthAsync(HttpContext context)
    {
        var stopped = server.Status.Count(v => v.StopReason is not null);
        return stopped == 0
            ? context.WriteJsonAsync(new HealthAnswer { Status = "ok" }, MetaJson.Default.HealthAnswer)
            : context.WriteProblemAsync(
                StatusCodes.Status503ServiceUnavailable, $"{stopped} volumes stopped: see the log of the metadata server");
    }

    private Task StatusAsync(HttpContext context)
    {
        if (!context.TryReadBearer(out var token) || !TokenHash.Matches(token, tokenHash))
        {
            return context.WriteUnauthorizedAsync("the metadata-store token is needed");
        }

        var open = server.Status.ToDictionary(v => v.Volume.Id.Value);
        return context.WriteJsonAsync(
            new StatusAnswer
            {
                Version = ProductVersion.Text,
                Sessions = server.Metrics.Sessions,
                Reads = server.Metrics.Reads,
                Mutations = server.Metrics.Mutations,
                Commits = server.Metrics.Commits,
                Volumes = [.. volumes.All.Select(v => new VolumeAnswer
                {
                    Id = v.Settings.Id,
                    Name = v.Settings.Name,
                    IsOpen = open.ContainsKey(v.Settings.Id),
                    Sessions = open.GetValueOrDefault(v.Settings.Id)?.Sessions ?? 0,
                    StopReason = open.GetValueOrDefault(v.Settings.Id)?.StopReason,
                })],
            },
            MetaJson.Default.StatusAnswer);
    }
}

/// <summary>The answer of <c>/healthz</c>.</summary>
internal sealed record HealthAnswer
{
    public required string Status { get; init; }
}

/// <summary>The answer of <c>/v1/status</c>.</summary>
internal sealed record StatusAnswer
{
    public required string Version { get; init; }

    public required int Sessions { get; init; }

    public required long Reads { get; init; }

    public required long Mutations { get; init; }

    public required long Commits { get; init; }

    public required IReadOnlyList<VolumeAnswer> Volumes { get; init; }
}

/// <summary>A volume in <see cref="StatusAnswer"/>.</summary>
internal sealed record VolumeAnswer
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public required bool IsOpen { get; init; }

    public required int Sessions { get; init; }

    public required string? StopReason { get; init; }
}

/// <summary>JSON of the metadata server's REST interface.</summary>
[JsonSourceGenerationOptions(
    System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(StatusAnswer))]
[JsonSerializable(typeof(SessionsAnswer))]
[JsonSerializable(typeof(LocksAnswer))]
[JsonSerializable(typeof(LeasesAnswer))]
[JsonSerializable(typeof(ServerPlace))]
internal sealed partial class MetaJson : JsonSerializerContext;
