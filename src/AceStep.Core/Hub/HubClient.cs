using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using Polly;
using Polly.Retry;

namespace AceStep.Hub;

/// <summary>
/// Sends requests to the hub. Redirects are followed here, one by one, so that the token is sent only to the hub, and no
/// https address is followed by an http one. Proxies are taken from the environment.
/// </summary>
/// <param name="settings">Where the hub is.</param>
/// <param name="timing">Time-outs and retries.</param>
/// <param name="http">Answers requests in place of the network; null for the network.</param>
internal sealed class HubClient(HubSettings settings, HubTiming timing, HttpMessageInvoker? http = null)
{
    private const string LinkedEtag = "X-Linked-Etag";

    /// <summary>One client for the process, so that connections are reused; it stores nothing else.</summary>
    private static readonly Lazy<HttpClient> Http = new(() => new HttpClient(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    });

    private volatile bool _hasAnswered;

    /// <summary>Requests the contents of an address, from a given byte on.</summary>
    /// <param name="address">The address.</param>
    /// <param name="from">The first byte; null for everything, without a range.</param>
    /// <param name="what">A name for what is requested, for messages.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    /// <returns>An answer with status 200, 206 or 416, whose body has not been read yet.</returns>
    /// <exception cref="TransientFailure">It failed, but may work if it is tried again.</exception>
    /// <exception cref="DownloadException">It failed for good.</exception>
    public async Task<HttpResponseMessage> GetAsync(Uri address, long? from, string what, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await SendAsync(HttpMethod.Get, address, from, stopsAtLink: false, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return response;
        }

        using (response)
        {
            throw Refusal(response, what);
        }
    }

    /// <summary>Requests the size and hash of an address's contents, without the contents. The hub gives them before it redirects.</summary>
    public async Task<HttpResponseMessage> HeadAsync(Uri address, string what, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await SendAsync(HttpMethod.Head, address, from: null, stopsAtLink: true, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
        {
            // Signed addresses of object stores often allow GET only.
            response.Dispose();
            response = await SendAsync(HttpMethod.Get, address, from: 0, stopsAtLink: true, cancellationToken).ConfigureAwait(false);
        }

        if (response.IsSuccessStatusCode || response.Headers.Contains(LinkedEtag))
        {
            return response;
        }

        using (response)
        {
            throw Refusal(response, what);
        }
    }

    /// <summary>Reads a small answer into memory.</summary>
    /// <exception cref="DownloadException">It is larger than <paramref name="most"/> bytes, or is refused.</exception>
    public async Task<byte[]> ReadAsync(Uri address, string what, int most, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await GetAsync(address, from: null, what, cancellationToken).ConfigureAwait(false);
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using MemoryStream contents = new();
        byte[] buffer = new byte[64 * 1024];
        for (int read; (read = await ReadAsync(body, buffer, stall, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            contents.Write(buffer, 0, read);
            if (contents.Length > most)
            {
                throw new DownloadException($"{what}: {address.Host} answered with more than {most} bytes.");
            }
        }

        return contents.ToArray();
    }

    /// <summary>Reads the next bytes of a body; if none come for too long, that is a failure.</summary>
    /// <exception cref="TransientFailure">The connection broke, or no data came in time.</exception>
    public async Task<int> ReadAsync(Stream body, Memory<byte> buffer, CancellationTokenSource stall, CancellationToken cancellationToken)
    {
        try
        {
            stall.CancelAfter(timing.Stall);
            return await body.ReadAsync(buffer, stall.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TransientFailure($"No data arrived for {timing.Stall.TotalSeconds:0} s.", error);
        }
        catch (Exception error) when (error is IOException or HttpRequestException or InvalidDataException)
        {
            throw new TransientFailure("The connection was lost.", error);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri address, long? from, bool stopsAtLink, CancellationToken cancellationToken)
    {
        Uri current = address;
        for (int redirects = 0; ; redirects++)
        {
            HttpResponseMessage response = await SendOnceAsync(method, current, from, cancellationToken).ConfigureAwait(false);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || (stopsAtLink && response.Headers.Contains(LinkedEtag)))
            {
                return response;
            }

            using (response)
            {
                current = Next(current, response.Headers.Location, address);
            }

            if (redirects == timing.Redirects)
            {
                throw new DownloadException($"{address.Host} redirected more than {timing.Redirects} times.");
            }
        }
    }

    internal static Uri Next(Uri current, Uri? location, Uri first)
    {
        if (location is null || !Uri.TryCreate(current, location, out Uri? next) || (next.Scheme != Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttp))
        {
            throw new DownloadException($"{current.Host} redirected without an address.");
        }

        return current.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps
            ? throw new DownloadException($"{first.Host} redirected from https to an unencrypted address ({next.Host}), which is not allowed.")
            : next;
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, Uri address, long? from, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(method, address);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("acestep-dotnet", "0.1"));
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        request.Headers.Range = from is { } first ? new RangeHeaderValue(first, null) : null;
        request.Headers.Authorization = settings.Token is { } token && settings.MayCarryToken(address) ? new AuthenticationHeaderValue("Bearer", token) : null;
        using var answer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        answer.CancelAfter(timing.Answer);
        try
        {
            HttpResponseMessage response = await AskAsync(request, answer.Token).ConfigureAwait(false);
            _hasAnswered = true;
            return response;
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TransientFailure($"{address.Host} did not answer within {timing.Answer.TotalSeconds:0} s.", error);
        }
        catch (HttpRequestException error) when (error.InnerException is AuthenticationException)
        {
            throw new DownloadException($"The certificate of {address.Host} cannot be trusted: {error.InnerException.Message} If a proxy has its own certificate, set SSL_CERT_FILE to the file that contains it.", error);
        }
        catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.NameResolutionError && !_hasAnswered)
        {
            throw new DownloadException($"{address.Host} cannot be found. Check the network; set HTTPS_PROXY to use a proxy, or HF_ENDPOINT to use a mirror of the hub.", error);
        }
        catch (HttpRequestException error)
        {
            throw new TransientFailure($"{address.Host}: {error.Message}", error);
        }
    }

    private Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        http is null ? Http.Value.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken) : http.SendAsync(request, cancellationToken);

    /// <summary>The exception for an answer that is not a success.</summary>
    private Exception Refusal(HttpResponseMessage response, string what)
    {
        string host = response.RequestMessage?.RequestUri?.Host ?? settings.Endpoint.Host;
        int status = (int)response.StatusCode;
        if (status is 408 or 425 or 429 or 500 or 502 or 503 or 504)
        {
            TimeSpan? pause = response.Headers.RetryAfter switch
            {
                { Delta: { } delta } => delta,
                { Date: { } date } => date - timing.Clock.GetUtcNow(),
                _ => null,
            };
            return pause > timing.LongestRequestedPause
                ? new DownloadException($"{what}: {host} asks to try again in {pause.Value.TotalMinutes:0} minutes.")
                : new TransientFailure($"{host} is busy ({status}).") { RetryAfter = pause < TimeSpan.Zero ? TimeSpan.Zero : pause };
        }

        string code = response.Headers.TryGetValues("X-Error-Code", out IEnumerable<string>? codes) ? codes.First() : "";
        string token = settings.Token is null ? "If it needs a token, set HF_TOKEN." : "The token in HF_TOKEN gives no access to it.";
        return new DownloadException((status, code) switch
        {
            (_, "GatedRepo") => $"{what}: its owners require that you accept their terms on its page at {host}. {token}",
            (_, "RevisionNotFound") => $"{what}: {host} has no such revision.",
            (_, "EntryNotFound") => $"{what}: {host} has no such file.",
            (401 or 403, _) => $"{what}: {host} has nothing with that name, or it is private. {token}",
            (404 or 410, _) => $"{what}: {host} has nothing with that name.",
            _ => $"{what}: {host} answered {status} ({response.ReasonPhrase}).",
        });
    }
}

/// <summary>A failure after which trying again may help: a broken connection, a busy server, a time-out.</summary>
internal sealed class TransientFailure(string message, Exception? innerException = null) : IOException(message, innerException)
{
    /// <summary>How long the server asks to wait; null if it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>Retries after a <see cref="TransientFailure"/>: after pauses that grow, with some randomness, or as long as the server asks.</summary>
internal static class Repetition
{
    /// <param name="timing">The length and number of pauses.</param>
    /// <param name="onPause">Called before each pause, with a message that says why and for how long.</param>
    public static ResiliencePipeline Create(HubTiming timing, Action<string>? onPause = null) =>
        new ResiliencePipelineBuilder { TimeProvider = timing.Clock }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<TransientFailure>(),
                MaxRetryAttempts = timing.Repetitions,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = timing.FirstPause,
                MaxDelay = timing.LongestPause,
                DelayGenerator = arguments => new ValueTask<TimeSpan?>((arguments.Outcome.Exception as TransientFailure)?.RetryAfter),
                OnRetry = arguments =>
                {
                    onPause?.Invoke($"{arguments.Outcome.Exception?.Message} Trying again in {Math.Max(1, arguments.RetryDelay.TotalSeconds):0} s.");
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
}
