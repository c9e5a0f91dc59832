using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FlexFs.Protocol.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace FlexFs.Hosting.Servers;

/// <summary>How REST handlers read requests and answer them.</summary>
public static class RestResponses
{
    /// <summary>200 with a JSON body.</summary>
    public static Task WriteJsonAsync<T>(this HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = StatusCodes.Status200OK;
        return context.Response.WriteAsJsonAsync(value, type, "application/json", context.RequestAborted);
    }

    /// <summary>An error as a problem document (RFC 9457).</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">HTTP status, 400 or more.</param>
    /// <param name="detail">What happened, to what, and what to do.</param>
    /// <param name="instance">Names the occurrence in the log.</param>
    public static Task WriteProblemAsync(this HttpContext context, int status, string? detail, string? instance = null)
    {
        context.Response.StatusCode = status;
        Problem problem = new()
        {
            Title = ReasonPhrases.GetReasonPhrase(status),
            Status = status,
            Detail = detail,
            Instance = instance,
        };
        return context.Response.WriteAsJsonAsync(problem, SettingsJson.Default.Problem, Problem.ContentType, context.RequestAborted);
    }

    /// <summary>401, and how to do better (RFC 6750).</summary>
    public static Task WriteUnauthorizedAsync(this HttpContext context, string detail)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return context.WriteProblemAsync(StatusCodes.Status401Unauthorized, detail);
    }

    /// <summary>The JSON body. What is not of the type ends the request with 400.</summary>
    public static async ValueTask<T> ReadJsonAsync<T>(this HttpContext context, JsonTypeInfo<T> type) =>
        await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
        ?? throw new JsonException("it is null");

    /// <summary>The token of <c>Authorization: Bearer</c>, in canonical form.</summary>
    public static bool TryReadBearer(this HttpContext context, [NotNullWhen(true)] out string? token)
    {
        const string Scheme = "Bearer ";
        token = null;
        string header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return false;
        bool valid = TokenHash.TryParseToken(header[Scheme.Length..], out string parsed);
        token = valid ? parsed : null;
        return valid;
    }
}
