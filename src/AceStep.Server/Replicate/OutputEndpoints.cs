using AceStep.Audio;
using AceStep.Server.Http;
using AceStep.Server.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AceStep.Server.Replicate;

/// <summary>Songs, by addresses that carry their own secret; in any format, by the address' ending.</summary>
internal sealed class OutputEndpoints(OutputAddresses outputs, IBlobStore blobs) : IDisposable
{
    /// <summary>Encoding takes a processor: one at a time.</summary>
    private readonly SemaphoreSlim _encoding = new(1, 1);

    public void Map(IEndpointRouteBuilder api) =>
        api.MapMethods("/outputs/{file}/{signature}/{name}", [HttpMethods.Get, HttpMethods.Head], SendAsync).WithMetadata(new EndpointAccess { HasOwnSecret = true });

    public void Dispose() => _encoding.Dispose();

    private async Task SendAsync(HttpContext context)
    {
        string file = (string)context.Request.RouteValues["file"]!;
        string name = (string)context.Request.RouteValues["name"]!;
        string? blob = outputs.BlobOf(file, (string)context.Request.RouteValues["signature"]!);
        Stream? stream = blob is null ? null : await blobs.OpenAsync(blob, context.RequestAborted);
        if (stream is null || MediaTypes.FormatOf(Path.GetExtension(name).TrimStart('.')) is not { } format)
        {
            throw Problem.NotFound();
        }

        AudioFormat stored = MediaTypes.FormatOf(Path.GetExtension(file).TrimStart('.'))!.Value;
        if (format != stored)
        {
            stream = await EncodeAsync(stream, format, context.RequestAborted);
        }

        await AudioAnswer.SendAsync(context, stream, MediaTypes.Of(format), $"{Path.GetFileNameWithoutExtension(file)}-{format}", DateTimeOffset.UtcNow, $"{file.Split('-')[0]}.{MediaTypes.ExtensionOf(format)}");
    }

    /// <summary>The song in another format, in a file that is gone when it is closed.</summary>
    private async Task<Stream> EncodeAsync(Stream song, AudioFormat format, CancellationToken cancellationToken)
    {
        await using Stream source = song;
        await _encoding.WaitAsync(cancellationToken);
        FileStream encoded = new(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        try
        {
            await Task.Run(
                () =>
                {
                    AudioBuffer audio = AudioFile.Load(source);
                    AudioFile.Save(audio, encoded, format, new AudioSaveOptions { Encoding = format == AudioFormat.Wav ? SampleEncoding.Pcm16 : null });
                },
                cancellationToken);
            encoded.Position = 0;
            return encoded;
        }
        catch
        {
            await encoded.DisposeAsync();
            throw;
        }
        finally
        {
            _encoding.Release();
        }
    }
}
