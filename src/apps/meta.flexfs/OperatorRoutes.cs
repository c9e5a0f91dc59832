using System.Globalization;
using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.Hosting.Servers;
using FlexFs.MetadataService;
using FlexFs.MetadataService.Operators;
using FlexFs.Protocol.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FlexFs.Apps.Meta;

/// <summary>What operators ask of a running server: who is there, who has what locked, and that a session ends.</summary>
internal sealed class OperatorRoutes(MetadataServer server, string tokenHash)
{
    /// <summary>Locks of each kind that one answer names of a volume.</summary>
    public const int LocksMax = 10_000;

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/sessions", (RequestDelegate)SessionsAsync);
        routes.MapGet("/v1/locks", (RequestDelegate)LocksAsync);
        routes.MapDelete("/v1/volumes/{volume}/sessions/{session}", (RequestDelegate)EvictAsync);
    }

    private async Task SessionsAsync(HttpContext context)
    {
        if (!await IsAllowedAsync(context)) return;
        var sessions = await server.ListSessionsAsync();
        await context.WriteJsonAsync(
            new SessionsAnswer
            {
                Sessions =
                [
                    .. sessions.Select(s => new SessionAnswer
                    {
                        Volume = s.Volume.Name,
                        Session = s.Session.Value,
                        Client = s.Client,
                        Connected = s.IsConnected,
                        SilentSeconds = Math.Round(s.SilentFor.TotalSeconds, 1),
                        ReadOnly = s.IsReadOnly,
                        Locks = s.Locks,
                    }),
                ],
            },
            MetaJson.Default.SessionsAnswer);
    }

    private async Task LocksAsync(HttpContext context)
    {
        if (!await IsAllowedAsync(context)) return;
        var locks = await server.ListLocksAsync(LocksMax);
        await context.WriteJsonAsync(new LocksAnswer { Locks = [.. locks.Select(Answer)] }, MetaJson.Default.LocksAnswer);
    }

    private async Task EvictAsync(HttpContext context)
    {
        if (!await IsAllowedAsync(context)) return;
        var name = context.GetRouteValue("volume") as string;
        var volume = server.Status.FirstOrDefault(v => v.Volume.Name == name)?.Volume;
        if (volume is null
            || !ulong.TryParse(context.GetRouteValue("session") as string, CultureInfo.InvariantCulture, out var session)
            || await server.EvictAsync(volume.Id, new SessionId(session)) is var errno && errno == Errno.ENOENT)
        {
            await context.WriteProblemAsync(
                StatusCodes.Status404NotFound, "there is no such session: GET /v1/sessions names those of all open volumes");
            return;
        }

        if (errno == Errno.OK) context.Response.StatusCode = StatusCodes.Status204NoContent;
        else await context.WriteProblemAsync(StatusCodes.Status503ServiceUnavailable, $"the session could not be ended: {errno}");
    }

    private async Task<bool> IsAllowedAsync(HttpContext context)
    {
        if (context.TryReadBearer(out var token) && TokenHash.Matches(token, tokenHash)) return true;
        await context.WriteUnauthorizedAsync("the metadata-store token is needed");
        return false;
    }

    private static LockAnswer Answer(LockListing listing)
    {
        var wish = listing.Lock.Wish;
        return new LockAnswer
        {
            Volume = listing.Volume.Name,
            Inode = wish.Inode.Value,
            Kind = wish.Kind == LockKind.Record ? "fcntl" : "flock",
            Type = wish.Type == LockType.Shared ? "shared" : "exclusive",
            Start = wish.Range.Start,
            End = wish.Range.End == LockRange.LastByte ? null : wish.Range.End,
            Session = wish.Owner.Session.Value,
            Client = listing.Client,
            Process = wish.ProcessId,
            Waiting = listing.IsWaiting,
            Since = DateTimeOffset.UnixEpoch.AddTicks(listing.Lock.Since.Nanoseconds / 100),
        };
    }
}
