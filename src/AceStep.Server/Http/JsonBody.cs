using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AceStep.Server.Http;

/// <summary>Reads a request's JSON within bounds; large ones a few at a time.</summary>
internal sealed class JsonBody(AceStepServerOptions options) : IDisposable
{
    private const int Small = 1 << 20;

    /// <summary>The large bodies that are in memory at the same time.</summary>
    private readonly SemaphoreSlim _large = new(4, 4);

    /// <summary>Reads the body and does something with it, before it is freed.</summary>
    /// <exception cref="Problem">It is no JSON, too large, or of another type.</exception>
    public async Task<T> ReadAsync<T>(HttpContext context, Func<JsonElement, Task<T>> use)
    {
        HttpRequest request = context.Request;
        if (request.ContentType is { Length: > 0 } type && !request.HasJsonContentType())
        {
            throw new Problem(StatusCodes.Status415UnsupportedMediaType, $"The body must be application/json; it is {type[..Math.Min(type.Length, 100)]}.");
        }

        if (request.ContentLength > options.MaxJsonBytes)
        {
            throw Problem.TooLarge($"The JSON must have at most {options.MaxJsonBytes >> 20} MiB. Upload larger audio to /v1/files and name its address.");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = options.MaxJsonBytes;
        }

        bool isLarge = request.ContentLength is null or > Small;
        if (isLarge)
        {
            await _large.WaitAsync(context.RequestAborted);
        }

        try
        {
            using JsonDocument document = await ParseAsync(request, context.RequestAborted);
            return JsonText.HasNames(document.RootElement)
                ? await use(document.RootElement)
                : throw new Problem(StatusCodes.Status400BadRequest, "The body is not JSON: a name is no Unicode text.");
        }
        finally
        {
            if (isLarge)
            {
                _large.Release();
            }
        }
    }

    public void Dispose() => _large.Dispose();

    private static async Task<JsonDocument> ParseAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            // A request without a body asks for the defaults.
            return request.ContentLength == 0 ? JsonDocument.Parse("{}") : await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellationToken);
        }
        catch (JsonException error)
        {
            throw new Problem(StatusCodes.Status400BadRequest, $"The body is not JSON: {error.Message}");
        }
    }
}
