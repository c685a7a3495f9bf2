using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace AceStep.Server.Http;

/// <summary>Reads a request's JSON within bounds; large ones a few at a time, into memory of their own size.</summary>
internal sealed class JsonBody(AceStepServerOptions options) : IDisposable
{
    private const int Small = 1 << 20;
    private const int FirstBuffer = 1 << 14;
    private const int LargeAtOnce = 8;

    /// <summary>Whoever sends slower than this lets others wait: 64 KiB a second, after 10 s.</summary>
    private static readonly MinDataRate LargeRate = new(64 << 10, TimeSpan.FromSeconds(10));

    /// <summary>The large bodies that are in memory at the same time.</summary>
    private readonly SemaphoreSlim _large = new(LargeAtOnce, LargeAtOnce);

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

        using Place place = new(this, context);
        if (request.ContentLength > Small)
        {
            await place.TakeAsync();
        }

        return await UseAsync(request, use, place, context.RequestAborted);
    }

    public void Dispose() => _large.Dispose();

    private static async Task<T> UseAsync<T>(HttpRequest request, Func<JsonElement, Task<T>> use, Place place, CancellationToken cancellationToken)
    {
        // What is announced is within the limit; what is not announced is cut off there.
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)(request.ContentLength ?? FirstBuffer) + 1);
        try
        {
            int length = 0;
            int count;
            while ((count = await request.Body.ReadAsync(buffer.AsMemory(length), cancellationToken)) > 0)
            {
                length += count;
                if (length > Small)
                {
                    // Not announced, and large all the same.
                    await place.TakeAsync();
                }

                if (length == buffer.Length)
                {
                    byte[] larger = ArrayPool<byte>.Shared.Rent(2 * length);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }

            using JsonDocument document = Parse(buffer.AsMemory(0, length), isAnnounced: request.ContentLength is > 0);
            return JsonText.HasNames(document.RootElement)
                ? await use(document.RootElement)
                : throw new Problem(StatusCodes.Status400BadRequest, "The body is not JSON: a name is not valid Unicode.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> body, bool isAnnounced)
    {
        try
        {
            ReadOnlyMemory<byte> text = body.Span.StartsWith(Encoding.UTF8.Preamble) ? body[Encoding.UTF8.Preamble.Length..] : body;
            // A request without a body asks for the defaults.
            return text.IsEmpty && !isAnnounced ? JsonDocument.Parse("{}") : JsonDocument.Parse(text);
        }
        catch (JsonException error)
        {
            throw new Problem(StatusCodes.Status400BadRequest, $"The body is not JSON: {error.Message}");
        }
    }

    /// <summary>A request's place among the large ones, once it has one.</summary>
    private sealed class Place(JsonBody bodies, HttpContext context) : IDisposable
    {
        private bool _isTaken;

        public async Task TakeAsync()
        {
            if (_isTaken)
            {
                return;
            }

            await bodies._large.WaitAsync(context.RequestAborted);
            _isTaken = true;
            if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            {
                rate.MinDataRate = LargeRate;
            }
        }

        public void Dispose()
        {
            if (_isTaken)
            {
                bodies._large.Release();
            }
        }
    }
}
