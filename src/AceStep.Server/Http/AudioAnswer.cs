using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AceStep.Server.Http;

/// <summary>Sends audio as file hosts do: length, ranges, tag, cacheable for ever.</summary>
internal static class AudioAnswer
{
    /// <summary>Sends a seekable stream and closes it.</summary>
    public static async Task SendAsync(HttpContext context, Stream stream, string contentType, string tag, DateTimeOffset? modified, string fileName)
    {
        context.Response.Headers.AccessControlAllowOrigin = "*";
        context.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        // Shown by browsers as audio and never as a page, whatever is in it.
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; media-src 'self'; sandbox";
        ContentDispositionHeaderValue disposition = new(context.Request.Query.ContainsKey("download") ? "attachment" : "inline");
        disposition.SetHttpFileName(fileName);
        context.Response.Headers.ContentDisposition = disposition.ToString();
        await Results.Stream(stream, contentType, fileDownloadName: null, modified, new EntityTagHeaderValue($"\"{tag}\""), enableRangeProcessing: true).ExecuteAsync(context);
    }
}
