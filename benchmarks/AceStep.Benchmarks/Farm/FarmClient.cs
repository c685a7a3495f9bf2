using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Benchmarks.Serving;

namespace AceStep.Benchmarks.Farm;

/// <summary>A client that asks the front ends in turn, and asks again what was not answered.</summary>
internal sealed class FarmClient(IReadOnlyList<Uri> addresses) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient[] _clients = [.. addresses.Select(address => new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) })];
    private int _turn;

    /// <summary>Creates a prediction; the key makes a repeated request the same one.</summary>
    public async Task<string> CreateAsync(int seed, string key)
    {
        JsonObject body = new() { ["input"] = ServeCommand.Input(seed) };
        JsonElement created = await UntilAnsweredAsync(() =>
        {
            HttpRequestMessage request = new(HttpMethod.Post, "/v1/models/acestep/ace-step/predictions") { Content = JsonContent.Create(body) };
            request.Headers.Add("Idempotency-Key", key);
            return request;
        });
        return created.GetProperty("id").GetString()!;
    }

    public Task<JsonElement> GetAsync(string id) => UntilAnsweredAsync(() => new HttpRequestMessage(HttpMethod.Get, $"/v1/predictions/{id}?output=url"));

    public Task<JsonElement> ListAsync() => UntilAnsweredAsync(() => new HttpRequestMessage(HttpMethod.Get, "/v1/predictions"));

    /// <summary>The prediction when it has ended.</summary>
    public async Task<JsonElement> EndAsync(string id)
    {
        while (true)
        {
            JsonElement prediction = await GetAsync(id);
            if (prediction.GetProperty("status").GetString() is not ("starting" or "processing"))
            {
                return prediction;
            }

            await Task.Delay(Pause * 5);
        }
    }

    /// <summary>The bytes of a song; -1 where there are none.</summary>
    public async Task<long> SongBytesAsync(JsonElement prediction)
    {
        string path = new Uri(prediction.GetProperty("song").GetProperty("url").GetString()!).PathAndQuery;
        while (true)
        {
            try
            {
                using HttpResponseMessage response = await _clients[_turn++ % _clients.Length].GetAsync(path);
                if ((int)response.StatusCode < 500)
                {
                    return response.IsSuccessStatusCode ? (await response.Content.ReadAsByteArrayAsync()).Length : -1;
                }
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                // Killed in the middle of it.
            }

            await Task.Delay(Pause);
        }
    }

    public void Dispose() => Array.ForEach(_clients, client => client.Dispose());

    private async Task<JsonElement> UntilAnsweredAsync(Func<HttpRequestMessage> make)
    {
        while (true)
        {
            try
            {
                using HttpRequestMessage request = make();
                using HttpResponseMessage response = await _clients[(Interlocked.Increment(ref _turn) & int.MaxValue) % _clients.Length].SendAsync(request);
                if (response.IsSuccessStatusCode)
                {
                    return await response.Content.ReadFromJsonAsync<JsonElement>();
                }

                if ((int)response.StatusCode is < 500 and not 429)
                {
                    throw new InvalidOperationException($"{request.Method} {request.RequestUri}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
                }
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
            {
                // The front end is away: the next one is asked.
            }

            await Task.Delay(Pause);
        }
    }
}
