using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlexFs.Hosting.Servers;

/// <summary>The outermost step of every REST request: whatever goes wrong becomes a problem document.</summary>
internal sealed partial class RestErrors(ILogger<RestErrors> log)
{
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            // Routing answers with a bare status: no such path, or not by this method.
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null } response)
                await context.WriteProblemAsync(response.StatusCode, response.StatusCode switch
                {
                    StatusCodes.Status404NotFound => $"there is nothing at {context.Request.Path}",
                    StatusCodes.Status405MethodNotAllowed => $"{context.Request.Method} is not possible at {context.Request.Path}",
                    _ => null,
                });
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            LogAborted(context.Request.Method, context.Request.Path);
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(context, e.StatusCode, e.Message, null);
        }
        catch (JsonException e)
        {
            await AnswerAsync(context, StatusCodes.Status400BadRequest,
                e.LineNumber is { } line
                    ? $"the body is not what is expected here, at {e.Path ?? "its start"} (line {line + 1})"
                    : $"the body is not what is expected here: {e.Message}", null);
        }
        catch (Exception e)
        {
            string instance = $"urn:uuid:{Guid.NewGuid():D}";
            LogFailure(e, context.Request.Method, context.Request.Path, instance);
            await AnswerAsync(context, StatusCodes.Status500InternalServerError,
                "the server failed; its log has more under the instance", instance);
        }
    }

    private static Task AnswerAsync(HttpContext context, int status, string detail, string? instance)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }
        context.Response.Clear();
        return context.WriteProblemAsync(status, detail, instance);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed ({Instance})")]
    private partial void LogFailure(Exception error, string method, string path, string instance);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} {Path}: the client hung up")]
    private partial void LogAborted(string method, string path);
}
