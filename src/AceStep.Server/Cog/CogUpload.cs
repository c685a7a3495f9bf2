using System.Net.Http.Headers;
using AceStep.Server.Queue;
using AceStep.Server.Storage;

namespace AceStep.Server.Cog;

/// <summary>Sends songs of Cog's clients where the operator wants them (<c>--upload-url</c>).</summary>
internal sealed class CogUpload(IBlobStore blobs, AceStepServerOptions options) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    /// <summary>The operator's own address: it may be private.</summary>
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Sends a song, and says where it is now; without an address to send it to, it stays as it is.</summary>
    /// <remarks>
    /// As Cog does: one attempt of 25 s, redirects followed, the place without its query, which signs. A song that was not taken
    /// fails its prediction, as Cog's documentation says and its later versions do; for a while it ended as a success without a song.
    /// </remarks>
    /// <exception cref="UploadException">The address has not taken it.</exception>
    public async Task<PredictionOutput> SendAsync(PredictionOutput output, PredictionJob job, CancellationToken cancellationToken)
    {
        if (options.UploadUrl is not { } target)
        {
            return output;
        }

        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await using Stream song = await blobs.OpenAsync(output.Blob, patience.Token) ?? throw new UploadException("Failed to process output file: it no longer exists.");
            Uri address = new($"{target.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{Path.GetFileName(output.Blob)}");
            using StreamContent content = new(song) { Headers = { ContentType = MediaTypeHeaderValue.Parse(output.ContentType) } };
            using HttpRequestMessage request = new(HttpMethod.Put, address) { Content = content };
            request.Headers.TryAddWithoutValidation("X-Prediction-ID", job.CogId);
            using HttpResponseMessage response = await _http.SendAsync(request, patience.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw new UploadException($"Failed to process output file: the upload address answered {(int)response.StatusCode}.");
            }

            Uri last = response.RequestMessage?.RequestUri ?? address;
            Uri place = response.Headers.Location is { } location ? new Uri(last, location) : last;
            return output with { UploadedTo = place.GetLeftPart(UriPartial.Path) };
        }
        catch (Exception error) when (error is HttpRequestException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new UploadException($"Failed to process output file: the upload address did not accept it{(error is HttpRequestException ? $": {error.Message}" : $" within {Patience.TotalSeconds:0} s.")}", error);
        }
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>A song could not be sent on; the message is for the client.</summary>
internal sealed class UploadException(string message, Exception? inner = null) : Exception(message, inner);
