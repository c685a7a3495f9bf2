using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AceStep.Audio;
using AceStep.Server.Http;
using AceStep.Server.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace AceStep.Server.Replicate;

/// <summary>Uploaded files by Replicate's API. What is kept is audio, whatever it is called.</summary>
internal sealed class FileEndpoints(FileStore files, ServerSecret secret, AceStepServerOptions options, BaseUrls baseUrls, RequestGuard guard)
{
    private const int PageSize = 100;
    private const int LongestName = 255;
    private const int MaxPartBytes = 64 << 10;
    private const int MaxParts = 100;

    /// <summary>What a form needs beside the file itself.</summary>
    private const long FormOverhead = 1 << 20;

    public void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/files", CreateAsync);
        api.MapGet("/files", ListAsync);
        api.MapGet("/files/{id}", GetAsync);
        api.MapDelete("/files/{id}", DeleteAsync);
        // The signature is asked for, or a token.
        api.MapMethods("/files/{id}/download", HttpVerbs.Reading, DownloadAsync).WithMetadata(new EndpointAccess { IsOpen = true });
    }

    private async Task CreateAsync(HttpContext context)
    {
        guard.CountCreation(context);
        long limit = options.MaxFileBytes + FormOverhead;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = limit;
        }

        if (context.Request.ContentLength > limit)
        {
            throw TooLarge();
        }

        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out MediaTypeHeaderValue? type) || type.MediaType != "multipart/form-data" || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= 200 } boundary)
        {
            throw new Problem(StatusCodes.Status415UnsupportedMediaType, "The body must be multipart/form-data with the file in the part \"content\".");
        }

        UploadForm form = new();
        try
        {
            MultipartReader reader = new(boundary.ToString(), context.Request.Body) { HeadersCountLimit = 16, HeadersLengthLimit = 16 << 10 };
            while (await reader.ReadNextSectionAsync(context.RequestAborted) is { } section)
            {
                await ReadAsync(form, section, context.RequestAborted);
            }

            ReceivedFile received = form.Received ?? throw Problem.Invalid([new InvalidField("required", "content", "content is required")]);
            string name = form.Name ?? received.Id;
            if (Encoding.UTF8.GetByteCount(name) > LongestName)
            {
                throw Problem.Invalid([new InvalidField("invalid", "filename", $"must have at most {LongestName} bytes")]);
            }

            StoredFile file = await files.DescribeAsync(received, name, form.Type, form.Metadata, context.RequestAborted);
            context.Response.StatusCode = StatusCodes.Status201Created;
            await context.Response.WriteAsJsonAsync(View(file, baseUrls.Of(context.Request)), ReplicateJson.Default.FileView);
        }
        catch (Exception error)
        {
            if (form.Received is { } orphan)
            {
                await files.RemoveAsync(orphan.Id, CancellationToken.None);
            }

            throw error switch
            {
                FileTooLargeException => TooLarge(),
                AudioFormatException => Problem.Invalid([new InvalidField("invalid", "content", error.Message)]),
                InvalidDataException or IOException { InnerException: null } and not (StorageFullException or BadHttpRequestException) => new Problem(StatusCodes.Status400BadRequest, $"The form cannot be read: {error.Message}"),
                _ => error,
            };
        }
    }

    private async Task ReadAsync(UploadForm form, MultipartSection section, CancellationToken cancellationToken)
    {
        if (++form.Parts > MaxParts)
        {
            throw new InvalidDataException($"it has more than {MaxParts} parts.");
        }

        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? disposition))
        {
            throw new InvalidDataException("a part has no content disposition.");
        }

        string part = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
        if (part == "content" && form.Received is null)
        {
            form.Name ??= FileNameOf(disposition) is { Length: > 0 } name ? Path.GetFileName(name.Replace('\\', '/')) : null;
            form.Type ??= section.ContentType;
            form.Received = await files.ReceiveAsync(section.Body, cancellationToken);
            return;
        }

        string text = await ReadTextAsync(section.Body, cancellationToken);
        switch (part)
        {
            case "filename" when text.Length > 0:
                form.Name = Path.GetFileName(text.Replace('\\', '/'));
                break;
            case "type" when text.Length > 0:
                form.Type = text;
                break;
            case "metadata" when text.Length > 0:
                AddMetadata(form, text);
                break;
            case var _ when part.StartsWith("metadata[", StringComparison.Ordinal) && part.EndsWith(']'):
                form.Metadata[part[9..^1]] = text;
                break;
        }
    }

    /// <summary>The name that a part has, encoded or plain; the framework throws where the encoded one has no value.</summary>
    private static string FileNameOf(ContentDispositionHeaderValue disposition)
    {
        bool hasEncoded = disposition.Parameters.Any(parameter => parameter.Name.Equals("filename*", StringComparison.OrdinalIgnoreCase) && parameter.Value.HasValue);
        return HeaderUtilities.RemoveQuotes(hasEncoded ? disposition.FileNameStar : disposition.FileName).ToString();
    }

    private static void AddMetadata(UploadForm form, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty member in document.RootElement.EnumerateObject())
                {
                    form.Metadata[member.Name] = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText();
                }
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Problem.Invalid([new InvalidField("invalid", "metadata", "must be a JSON object")]);
        }
    }

    private static async Task<string> ReadTextAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxPartBytes + 1];
        int length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= MaxPartBytes ? Encoding.UTF8.GetString(buffer, 0, length) : throw new InvalidDataException($"a part beside the file has more than {MaxPartBytes >> 10} KiB.");
    }

    private async Task ListAsync(HttpContext context)
    {
        string baseUrl = baseUrls.Of(context.Request);
        FilePlace? after = null;
        if (context.Request.Query["cursor"].ToString() is { Length: > 0 } cursor && !FilePlace.TryParse(cursor, out after))
        {
            throw Problem.InvalidCursor();
        }

        (List<StoredFile> page, FilePlace? end) = await files.ListAsync(after, PageSize, context.RequestAborted);
        string? next = end is null ? null : $"{baseUrl}/v1/files?cursor={end}";
        await context.Response.WriteAsJsonAsync(new Page<FileView>(null, next, [.. page.Select(file => View(file, baseUrl))]), ReplicateJson.Default.PageFileView);
    }

    private async Task GetAsync(HttpContext context) =>
        await context.Response.WriteAsJsonAsync(View(await FindAsync(context), baseUrls.Of(context.Request)), ReplicateJson.Default.FileView);

    private async Task DeleteAsync(HttpContext context)
    {
        await files.RemoveAsync((await FindAsync(context)).Id, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task DownloadAsync(HttpContext context)
    {
        StoredFile file = await FindAsync(context);
        if (RequestGuard.PrincipalOf(context).Length == 0 && guard.AsksForTokens && !IsSigned(context.Request.Query, file.Id))
        {
            throw Problem.Unauthenticated();
        }

        Stream stream = await files.OpenAsync(file.Id, context.RequestAborted) ?? throw Problem.NotFound();
        await AudioAnswer.SendAsync(context, stream, file.ContentType, file.Md5, file.Created, file.Name);
    }

    private bool IsSigned(IQueryCollection query, string id)
    {
        string expiry = query["expiry"].ToString();
        byte[] expected = HMACSHA256.HashData(secret.Key("files", 32), Encoding.UTF8.GetBytes($"{query["owner"]} {id} {expiry}"));
        return long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds > DateTimeOffset.UtcNow.ToUnixTimeSeconds()
            && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Convert.ToBase64String(expected)), Encoding.ASCII.GetBytes(query["signature"].ToString()));
    }

    private async Task<StoredFile> FindAsync(HttpContext context) =>
        await files.FindAsync(context.Request.RouteValues["id"] as string ?? "", context.RequestAborted) ?? throw Problem.NotFound();

    private Problem TooLarge() => Problem.TooLarge(new FileTooLargeException(options.MaxFileBytes).Message);

    private static FileView View(StoredFile file, string baseUrl) => new()
    {
        Id = file.Id,
        Name = file.Name,
        ContentType = file.ContentType,
        Size = file.Bytes,
        Etag = file.Md5,
        Checksums = new Dictionary<string, string> { ["sha256"] = file.Sha256, ["md5"] = file.Md5 },
        Metadata = file.Metadata,
        CreatedAt = file.Created,
        ExpiresAt = file.Expires,
        Urls = new Dictionary<string, string> { ["get"] = $"{baseUrl}{OwnAddress.Files}{file.Id}" },
    };

    /// <summary>The parts of a form, in whatever order they come.</summary>
    private sealed class UploadForm
    {
        public int Parts { get; set; }

        public string? Name { get; set; }

        public string? Type { get; set; }

        public Dictionary<string, string> Metadata { get; } = [];

        public ReceivedFile? Received { get; set; }
    }
}
