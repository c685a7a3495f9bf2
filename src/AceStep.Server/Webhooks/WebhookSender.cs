using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using AceStep.Server.Cog;
using AceStep.Server.Queue;
using AceStep.Server.Replicate;
using AceStep.Server.Security;
using AceStep.Server.Storage;
using Microsoft.Extensions.Logging;

namespace AceStep.Server.Webhooks;

/// <summary>Sends one state of a prediction to its webhook: signed for Replicate's clients, with a token for Cog's.</summary>
internal sealed partial class WebhookSender(PredictionViews views, CogSnapshots snapshots, GuardedHttp http, ServerSecret secret, AceStepServerOptions options, TimeProvider time, ILogger<WebhookSender> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CogPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan[] Pauses = [.. ((int[])[1, 2, 4, 8, 15, 30]).Select(seconds => TimeSpan.FromSeconds(seconds))];
    private static readonly TimeSpan[] CogPauses = [.. Enumerable.Range(1, 12).Select(attempt => TimeSpan.FromMilliseconds(100 * Math.Pow(2, Math.Min(attempt, 10))))];

    private readonly byte[] _key = secret.Key("webhook", 24);

    /// <summary>Sends a state once, or until it is taken: the end about a minute later for Replicate's clients, seven for Cog's.</summary>
    public async Task SendAsync(PredictionRecord record, string name, bool insists, CancellationToken cancellationToken)
    {
        bool isCog = record.Job.CogId is not null;
        TimeSpan[] pauses = !insists ? [] : isCog ? CogPauses : Pauses;
        for (int attempt = 0; ; attempt++)
        {
            HttpStatusCode? status = await TryAsync(record, name, isCog, cancellationToken);
            if (status is { } answer && ((int)answer is >= 200 and < 300 || (isCog && !IsPassing(answer))))
            {
                return;
            }

            if (attempt >= pauses.Length)
            {
                LogGivenUp(record.Job.Id, name, attempt + 1);
                return;
            }

            await Task.Delay(pauses[attempt], time, cancellationToken);
        }
    }

    /// <summary>The answer; null where none came.</summary>
    private async Task<HttpStatusCode?> TryAsync(PredictionRecord record, string name, bool isCog, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(isCog ? CogPatience : Patience);
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, record.Job.Webhook!.Url);
            PredictionBody body = isCog ? snapshots.State(record) : views.Body(views.Create(record, record.Job.BaseUrl), record, PredictionBody.IsInlineFor(record.Job.BaseUrl));
            await SignAsync(request, body, $"{record.Job.Id}.{name}", isCog, patience.Token);
            if (record.Job.TraceParent is { } trace)
            {
                request.Headers.TryAddWithoutValidation("traceparent", trace);
            }

            using HttpResponseMessage response = await http.Posting.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            return response.StatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogRefused(record.Job.Id, name, error.Message);
            return null;
        }
    }

    /// <summary>The body goes through the hash first, then out: it may be a whole song, and is never in memory as one.</summary>
    private async Task SignAsync(HttpRequestMessage request, PredictionBody body, string id, bool isCog, CancellationToken cancellationToken)
    {
        string timestamp = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        await using HashStream hash = new(_key);
        await hash.WriteAsync(Encoding.ASCII.GetBytes($"{id}.{timestamp}."), cancellationToken);
        long before = hash.Length;
        await body.WriteAsync(hash, cancellationToken);
        request.Content = new BodyContent(body, hash.Length - before);
        if (!isCog)
        {
            request.Headers.Add("webhook-id", id);
            request.Headers.Add("webhook-timestamp", timestamp);
            request.Headers.Add("webhook-signature", $"v1,{Convert.ToBase64String(hash.GetHash())}");
        }
        else if (options.CogWebhookToken is { Length: > 0 } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    private static bool IsPassing(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    [LoggerMessage(LogLevel.Information, "Prediction {Id}: the webhook did not accept {Name}: {Reason}")]
    private partial void LogRefused(string id, string name, string reason);

    [LoggerMessage(LogLevel.Warning, "Prediction {Id}: the webhook did not accept {Name} in {Attempts} attempts")]
    private partial void LogGivenUp(string id, string name, int attempts);

    private sealed class BodyContent : HttpContent
    {
        private readonly PredictionBody _body;
        private readonly long _length;

        public BodyContent(PredictionBody body, long length)
        {
            (_body, _length) = (body, length);
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _body.WriteAsync(stream, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) => _body.WriteAsync(stream, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = _length;
            return true;
        }
    }
}

/// <summary>A stream that keeps nothing of what is written but its keyed hash.</summary>
internal sealed class HashStream(byte[] key) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
    private long _length;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    public byte[] GetHash() => _hash.GetHashAndReset();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _hash.AppendData(buffer);
        _length += buffer.Length;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Nothing is held back.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _hash.Dispose();
        base.Dispose(disposing);
    }
}
