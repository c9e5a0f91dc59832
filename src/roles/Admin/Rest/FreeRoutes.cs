using System.Text.Json;
using FlexFs.Admin.Database;
using FlexFs.Hosting.Servers;
using FlexFs.Hosting.Tls;
using FlexFs.Protocol.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace FlexFs.Admin.Rest;

/// <summary>The REST interface of the Community administration server.</summary>
/// <remarks>
/// Who may what: a volume token gets the settings of its volume; the metadata-store token gets the settings and the
/// token hashes, registers the server's certificate and reports usage; the account token sees the volume and its
/// usage, without secrets. A request without the right token learns nothing, not even whether a volume exists.
/// </remarks>
/// <param name="database">Holds a volume.</param>
/// <param name="accountTokenHash">Hash of the account token.</param>
/// <param name="log">Where to.</param>
public sealed partial class FreeRoutes(FreeDatabaseFile database, string accountTokenHash, ILogger<FreeRoutes> log)
{
    private FreeDatabase Current => database.Current!;

    /// <summary>Adds the routes to a server.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/volumes/for-token/{volume}", VolumeForTokenAsync);
        routes.MapGet("/v1/volumes/for-meta", OfMeta(VolumesForMetaAsync));
        routes.MapPut("/v1/meta/identity", OfMeta(PutIdentityAsync));
        routes.MapPost("/v1/volumes/stats", OfMeta(PostStatsAsync));
        routes.MapGet("/v1/configure/volumes", OfAccount(context =>
            context.WriteJsonAsync([View()], DatabaseJson.Default.IReadOnlyListVolumeView)));
        routes.MapGet("/v1/configure/volumes/{volume}", OfAccount(context =>
            Names(context) ? context.WriteJsonAsync(View(), DatabaseJson.Default.VolumeView) : NoSuchVolumeAsync(context)));
    }

    private Task VolumeForTokenAsync(HttpContext context)
    {
        if (!context.TryReadBearer(out string? token)) return RefuseAsync(context, "volume token");
        if (!Current.VolumeTokens.Any(grant => TokenHash.Matches(token, grant.Hash))) return RefuseAsync(context, "volume token");
        return Names(context)
            ? context.WriteJsonAsync(Current.Volume, SettingsJson.Default.VolumeSettings)
            : context.WriteProblemAsync(StatusCodes.Status404NotFound,
                $"the token is of the volume {Current.Volume.Name}, not of {context.Request.RouteValues["volume"]}");
    }

    private Task VolumesForMetaAsync(HttpContext context) => context.WriteJsonAsync(
        new MetaVolumes { Volumes = [new MetaVolume { Settings = Current.Volume, Tokens = Current.VolumeTokens }] },
        SettingsJson.Default.MetaVolumes);

    private async Task PutIdentityAsync(HttpContext context)
    {
        MetaIdentity identity = await context.ReadJsonAsync(SettingsJson.Default.MetaIdentity);
        string fingerprint = "";
        if (identity.Ssl)
        {
            if (!CertificateFingerprint.TryParse(identity.Fingerprint, out CertificateFingerprint parsed))
            {
                await context.WriteProblemAsync(StatusCodes.Status400BadRequest, CertificateFingerprint.Rule);
                return;
            }
            fingerprint = parsed.ToString();
        }
        // A metadata server says so again and again; only what is new is written and logged.
        if (Current.Volume.MetaFingerprint != fingerprint || Current.Volume.MetaSsl != identity.Ssl)
        {
            database.Update(now => now! with { Volume = now.Volume with { MetaFingerprint = fingerprint, MetaSsl = identity.Ssl } });
            LogIdentity(Current.Volume.MetaAddr, identity.Ssl ? fingerprint : "no certificate: it serves without TLS");
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task PostStatsAsync(HttpContext context)
    {
        VolumeStatsReport report = await context.ReadJsonAsync(SettingsJson.Default.VolumeStatsReport);
        foreach (VolumeStats? stats in report.Volumes)
        {
            // The reader guarantees that no field is null, not that no element of a list is.
            if (stats is null) throw new JsonException("it is null");
            if (stats.VolumeId != Current.Volume.Id)
            {
                await context.WriteProblemAsync(StatusCodes.Status404NotFound, $"there is no volume {stats.VolumeId}");
                return;
            }
        }
        if (report.Volumes is [.., VolumeStats last]) database.Update(now => now!.Stats == last ? now : now with { Stats = last });
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private RequestDelegate OfMeta(RequestDelegate handler) => context =>
        context.TryReadBearer(out string? token) && TokenHash.Matches(token, Current.MetaTokenHash)
            ? handler(context)
            : RefuseAsync(context, "metadata-store token");

    private RequestDelegate OfAccount(RequestDelegate handler) => context =>
        context.TryReadBearer(out string? token) && TokenHash.Matches(token, accountTokenHash)
            ? handler(context)
            : RefuseAsync(context, "account token");

    private Task RefuseAsync(HttpContext context, string kind)
    {
        LogRefused(context.Connection.RemoteIpAddress?.ToString() ?? "?", context.Request.Method, context.Request.Path, kind);
        return context.WriteUnauthorizedAsync($"a valid {kind} is needed (Authorization: Bearer)");
    }

    private bool Names(HttpContext context) =>
        context.Request.RouteValues["volume"] is string volume &&
        (volume == Current.Volume.Name || (Guid.TryParse(volume, out Guid id) && id == Current.Volume.Id));

    private static Task NoSuchVolumeAsync(HttpContext context) => context.WriteProblemAsync(
        StatusCodes.Status404NotFound, $"there is no volume {context.Request.RouteValues["volume"]}");

    private VolumeView View() => new()
    {
        Settings = Current.Volume with { BlockStore = Current.Volume.BlockStore with { Password = "" } },
        Stats = Current.Stats,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Peer}: {Method} {Path} refused: no valid {Kind}")]
    private partial void LogRefused(string peer, string method, string path, string kind);

    [LoggerMessage(Level = LogLevel.Information, Message = "the metadata server {Address} presents {Fingerprint}")]
    private partial void LogIdentity(string address, string fingerprint);
}
