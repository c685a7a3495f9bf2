using AceStep.Audio;
using AceStep.Server.Http;
using AceStep.Server.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AceStep.Server.Replicate;

/// <summary>Songs, by addresses that carry their own secret; in any format, by the address' ending.</summary>
internal sealed class OutputEndpoints(OutputAddresses outputs, IBlobStore blobs, EncodedSongs encoded)
{
    public void Map(IEndpointRouteBuilder api) =>
        api.MapMethods("/outputs/{file}/{signature}/{name}", HttpVerbs.Reading, SendAsync).WithMetadata(new EndpointAccess { HasOwnSecret = true });

    private async Task SendAsync(HttpContext context)
    {
        string file = (string)context.Request.RouteValues["file"]!;
        string name = (string)context.Request.RouteValues["name"]!;
        string? blob = outputs.BlobOf(file, (string)context.Request.RouteValues["signature"]!);
        if (MediaTypes.FormatOf(Path.GetExtension(name).TrimStart('.')) is not { } format || blob is null || await blobs.OpenAsync(blob, context.RequestAborted) is not { } stream)
        {
            throw Problem.NotFound();
        }

        // A stored song never changes: its name says what is in it.
        string tag = file;
        if (format != MediaTypes.FormatOf(Path.GetExtension(file).TrimStart('.')))
        {
            (stream, tag) = await encoded.OpenAsync(file, stream, format, context.RequestAborted);
        }

        await AudioAnswer.SendAsync(context, stream, MediaTypes.Of(format), tag, modified: null, $"{file.Split('-')[0]}.{MediaTypes.ExtensionOf(format)}");
    }
}
