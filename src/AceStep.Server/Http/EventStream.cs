using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace AceStep.Server.Http;

/// <summary>An answer of server-sent events, kept alive by comments. Ends with the client, or when the server stops.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    private static readonly byte[] Comment = ": \n\n"u8.ToArray();

    private readonly HttpResponse _response;
    private readonly CancellationTokenSource _ended;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Task _keepingAlive;
    private int _count;

    private EventStream(HttpContext context, TimeSpan keepAlive, CancellationToken stopping)
    {
        _response = context.Response;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        _keepingAlive = KeepAliveAsync(keepAlive);
    }

    /// <summary>Cancelled when nobody listens any more.</summary>
    public CancellationToken Ended => _ended.Token;

    public static EventStream Begin(HttpContext context, TimeSpan keepAlive, CancellationToken stopping)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        return new EventStream(context, keepAlive, stopping);
    }

    /// <summary>Sends text; each of its lines becomes a data line.</summary>
    public Task SendAsync(string name, string data) => SendAsync(
        name, stream => stream.WriteAsync(Encoding.UTF8.GetBytes(data.TrimEnd('\n').Replace("\r", "", StringComparison.Ordinal).Replace("\n", "\ndata: ", StringComparison.Ordinal)), Ended).AsTask());

    /// <summary>Sends what a callback writes, which must have no line breaks.</summary>
    public async Task SendAsync(string name, Func<Stream, Task> write)
    {
        await _turn.WaitAsync(Ended);
        try
        {
            string head = string.Create(CultureInfo.InvariantCulture, $"event: {name}\nid: {DateTimeOffset.UtcNow.ToUnixTimeSeconds()}:{_count++}\ndata: ");
            await _response.Body.WriteAsync(Encoding.UTF8.GetBytes(head), Ended);
            await write(_response.Body);
            await _response.Body.WriteAsync("\n\n"u8.ToArray(), Ended);
            await _response.Body.FlushAsync(Ended);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _keepingAlive;
        _ended.Dispose();
        _turn.Dispose();
    }

    private async Task KeepAliveAsync(TimeSpan pause)
    {
        try
        {
            // The first one sends the headers at once.
            using PeriodicTimer timer = new(pause);
            do
            {
                await _turn.WaitAsync(Ended);
                try
                {
                    await _response.Body.WriteAsync(Comment, Ended);
                    await _response.Body.FlushAsync(Ended);
                }
                finally
                {
                    _turn.Release();
                }
            }
            while (await timer.WaitForNextTickAsync(Ended));
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // Nobody listens any more.
        }
    }
}
