using System.Globalization;
using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.Hosting.Servers;
using FlexFs.MetadataService;
using FlexFs.MetadataService.Operators;
using FlexFs.Protocol.Metadata;
using FlexFs.Protocol.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FlexFs.Apps.Meta;

/// <summary>What operators ask of a running server: who is there, who holds what and who waits for whom, and that a session ends.</summary>
internal sealed class OperatorRoutes(MetadataServer server, string tokenHash, TimeProvider clock)
{
    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/sessions", (RequestDelegate)SessionsAsync);
        routes.MapGet("/v1/leases", (RequestDelegate)LeasesAsync);
        routes.MapGet("/v1/locks", (RequestDelegate)LocksAsync);
        routes.MapDelete("/v1/volumes/{volume}/sessions/{session}", (RequestDelegate)EvictAsync);
    }

    private async Task SessionsAsync(HttpContext context)
    {
        if (await FilterAsync(context) is not { } filter) return;
        var found = await server.ListSessionsAsync(filter);
        await context.WriteJsonAsync(
            new SessionsAnswer { Sessions = [.. found.Rows.Select(Answer)], IsCut = found.IsCut }, MetaJson.Default.SessionsAnswer);
    }

    private async Task LeasesAsync(HttpContext context)
    {
        if (await FilterAsync(context) is not { } filter) return;
        var found = await server.ListLeasesAsync(filter);
        var now = clock.GetUtcNow();
        await context.WriteJsonAsync(
            new LeasesAnswer { Leases = [.. found.Rows.Select(row => Answer(row, now))], IsCut = found.IsCut },
            MetaJson.Default.LeasesAnswer);
    }

    private async Task LocksAsync(HttpContext context)
    {
        if (await FilterAsync(context) is not { } filter) return;
        var found = await server.ListLocksAsync(filter);
        await context.WriteJsonAsync(
            new LocksAnswer { Locks = [.. found.Rows.Select(Answer)], IsCut = found.IsCut }, MetaJson.Default.LocksAnswer);
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

    // Null when the request was answered: not allowed, or not understood.
    private async Task<OperatorFilter?> FilterAsync(HttpContext context)
    {
        if (!await IsAllowedAsync(context)) return null;
        if (OperatorQuery.TryParse(context.Request.Query, out var filter, out var fault)) return filter;
        await context.WriteProblemAsync(StatusCodes.Status400BadRequest, fault);
        return null;
    }

    private static SessionAnswer Answer(SessionListing session) => new()
    {
        Volume = session.Volume.Name,
        Session = session.Session.Value,
        Client = session.Client,
        Connected = session.IsConnected,
        SilentSeconds = session.IsConnected ? 0 : Seconds(session.HeardBefore),
        HeardSeconds = Seconds(session.HeardBefore),
        ReadOnly = session.IsReadOnly,
        Leases = session.Leases,
        Recalls = session.Recalls,
        Opens = session.Opens,
        Locks = session.Locks,
    };

    private static LeaseAnswer Answer(LeaseListing row, DateTimeOffset now) => new()
    {
        Volume = row.Volume.Name,
        Inode = row.Inode.Value,
        State = row.State switch
        {
            LeaseState.Waits => "waits",
            LeaseState.Recalled => "recalled",
            _ => "held",
        },
        Kind = row.State == LeaseState.Waits ? row.Operation.ToString() : row.Kind switch
        {
            LeaseKind.Write => "write",
            LeaseKind.Read => "read",
            _ => "none",
        },
        Session = row.Session.Value,
        Client = row.Client,
        Since = now - row.For,
        Until = now + row.Left,
        WaitsFor = row.WaitsFor == SessionId.None
            ? null
            : new BlockerAnswer { Session = row.WaitsFor.Value, Client = row.WaitsForClient },
        Path = row.Path,
    };

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
            WaitsFor = listing.WaitsFor is not { } blocker ? null : new BlockerAnswer
            {
                Session = blocker.Owner.Session.Value,
                Client = listing.WaitsForClient,
                Process = blocker.ProcessId,
                Holds = blocker.Holds,
            },
        };
    }

    private static double Seconds(TimeSpan span) => Math.Round(span.TotalSeconds, 1);
}
