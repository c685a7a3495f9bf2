using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Audio;

namespace AceStep.Server.Tests.Http;

/// <summary>What may be kept, for how long and for whom; and songs in pieces, as players ask for them.</summary>
internal sealed class CachingTests : ServerFixture
{
    private string _song = null!;
    private byte[] _bytes = null!;

    protected override void Configure(AceStepServerOptions options) => options.AllowedOrigins.Add("https://studio.example.org");

    [OneTimeSetUp]
    public async Task MakeSongAsync()
    {
        JsonObject input = new() { ["audio_duration"] = 10, ["infer_steps"] = 20, ["seed"] = 3 };
        JsonElement prediction = await (await Host.CreateAsync(input)).ExpectAsync(201);
        _song = (await Host.EndOfAsync(prediction.Text("id"))).GetProperty("song").Text("url");
        _bytes = await Host.Client.GetByteArrayAsync(_song);
    }

    [TestCase("text/html", "text/html")]
    [TestCase("*/*", "application/json")]
    public async Task Root_VariesByWhatIsAccepted(string accept, string type)
    {
        using HttpResponseMessage answer = await AskAsync(HttpMethod.Get, "/", ("Accept", accept));

        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo(type));
        Assert.That(answer.Headers.Vary, Does.Contain("Accept"));
    }

    [TestCase("/page/page.js")]
    [TestCase("/page/page.css")]
    [TestCase("/p/any")]
    public async Task PartOfThePage_IsAskedForAgain_AndSentOnlyWhenItHasChanged(string path)
    {
        using HttpResponseMessage first = await AskAsync(HttpMethod.Get, path);
        using HttpResponseMessage same = await AskAsync(HttpMethod.Get, path, ("If-None-Match", first.Headers.ETag!.ToString()));
        using HttpResponseMessage other = await AskAsync(HttpMethod.Get, path, ("If-None-Match", "\"other\""));

        Assert.That(first.Headers.CacheControl?.NoCache, Is.True);
        Assert.That((same.StatusCode, (await same.Content.ReadAsByteArrayAsync()).Length), Is.EqualTo((HttpStatusCode.NotModified, 0)));
        Assert.That(same.Headers.ETag, Is.EqualTo(first.Headers.ETag));
        Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("/")]
    [TestCase("/p/any")]
    [TestCase("/page/page.js")]
    [TestCase("/health-check")]
    [TestCase("/openapi.json")]
    public async Task Head_SaysWhatGetWouldSend(string path)
    {
        using HttpResponseMessage get = await AskAsync(HttpMethod.Get, path);
        using HttpResponseMessage head = await AskAsync(HttpMethod.Head, path);

        Assert.That((head.StatusCode, head.Content.Headers.ContentType), Is.EqualTo((HttpStatusCode.OK, get.Content.Headers.ContentType)));
        Assert.That(await head.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [TestCase("/health-check")]
    [TestCase("/v1/predictions")]
    [TestCase("/v1/predictions/none")]
    [TestCase("/v1/account")]
    public async Task Api_IsNeverKept(string path)
    {
        using HttpResponseMessage answer = await AskAsync(HttpMethod.Get, path);

        Assert.That(answer.Headers.CacheControl?.NoStore, Is.True);
    }

    [Test]
    public async Task Refusal_OfAnAllowedPage_CanBeReadByIt()
    {
        using HttpResponseMessage answer = await AskAsync(HttpMethod.Get, "/v1/predictions/none", ("Origin", "https://studio.example.org"));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(answer.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo(new[] { "https://studio.example.org" }));
        Assert.That(answer.Headers.Vary, Does.Contain("Origin"));
        Assert.That(answer.Headers.GetValues("X-Content-Type-Options"), Is.EqualTo(new[] { "nosniff" }));
    }

    [Test]
    public async Task Song_SaysAllThatPlayersAndCachesNeed()
    {
        using HttpResponseMessage answer = await AskAsync(HttpMethod.Head, _song);

        Assert.That((answer.StatusCode, answer.Content.Headers.ContentLength), Is.EqualTo((HttpStatusCode.OK, (long?)_bytes.Length)));
        Assert.That(await answer.Content.ReadAsByteArrayAsync(), Is.Empty);
        Assert.That(answer.Headers.AcceptRanges, Is.EqualTo(new[] { "bytes" }));
        Assert.That(answer.Headers.CacheControl?.ToString(), Does.Contain("private").And.Contain("immutable"));
        Assert.That(answer.Headers.ETag?.IsWeak, Is.False);
        Assert.That(answer.Content.Headers.LastModified, Is.Null, "a time that changes with each answer would be worse than none");
    }

    [TestCase("bytes=0-3", 0, 4)]
    [TestCase("bytes=100-199", 100, 100)]
    [TestCase("bytes=-10", -10, 10)]
    [TestCase("bytes=1000-", 1000, int.MaxValue)]
    [TestCase("bytes=1000-999999999", 1000, int.MaxValue)]
    public async Task Song_InPieces_GivesTheBytesAskedFor(string range, int from, int length)
    {
        using HttpResponseMessage part = await AskAsync(HttpMethod.Get, _song, ("Range", range));

        int start = from < 0 ? _bytes.Length + from : from;
        byte[] expected = _bytes[start..(int)Math.Min(_bytes.Length, (long)start + length)];
        Assert.That(part.StatusCode, Is.EqualTo(HttpStatusCode.PartialContent));
        Assert.That(await part.Content.ReadAsByteArrayAsync(), Is.EqualTo(expected));
        Assert.That(part.Content.Headers.ContentRange, Is.EqualTo(new ContentRangeHeaderValue(start, start + expected.Length - 1, _bytes.Length)));
    }

    [Test]
    public async Task Song_BeyondItsEnd_Is416()
    {
        using HttpResponseMessage answer = await AskAsync(HttpMethod.Get, _song, ("Range", $"bytes={_bytes.Length}-"));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.RequestedRangeNotSatisfiable));
        Assert.That(answer.Content.Headers.ContentRange?.Length, Is.EqualTo(_bytes.Length));
    }

    [Test]
    public async Task Song_InPieces_OfAnotherFile_ComesWhole()
    {
        using HttpResponseMessage whole = await AskAsync(HttpMethod.Head, _song);
        using HttpResponseMessage same = await AskAsync(HttpMethod.Get, _song, ("Range", "bytes=0-3"), ("If-Range", whole.Headers.ETag!.ToString()));
        using HttpResponseMessage other = await AskAsync(HttpMethod.Get, _song, ("Range", "bytes=0-3"), ("If-Range", "\"other\""));
        using HttpResponseMessage kept = await AskAsync(HttpMethod.Get, _song, ("If-None-Match", whole.Headers.ETag!.ToString()));

        Assert.That((same.StatusCode, other.StatusCode, kept.StatusCode), Is.EqualTo((HttpStatusCode.PartialContent, HttpStatusCode.OK, HttpStatusCode.NotModified)));
        Assert.That(await other.Content.ReadAsByteArrayAsync(), Is.EqualTo(_bytes));
    }

    [TestCase("mp3")]
    [TestCase("ogg")]
    [TestCase("flac")]
    public async Task Song_InAnotherFormat_IsTheSameFileForEachOfItsPieces(string format)
    {
        if (!AudioLibrary.IsAvailable)
        {
            Assert.Ignore("libsndfile is not installed.");
        }

        string url = Path.ChangeExtension(_song, format);
        using HttpResponseMessage whole = await AskAsync(HttpMethod.Get, url);
        byte[] bytes = await whole.Content.ReadAsByteArrayAsync();
        int half = bytes.Length / 2;
        using HttpResponseMessage first = await AskAsync(HttpMethod.Get, url, ("Range", $"bytes=0-{half - 1}"));
        using HttpResponseMessage second = await AskAsync(HttpMethod.Get, url, ("Range", $"bytes={half}-"), ("If-Range", first.Headers.ETag!.ToString()));

        Assert.That((first.StatusCode, second.StatusCode), Is.EqualTo((HttpStatusCode.PartialContent, HttpStatusCode.PartialContent)));
        Assert.That((byte[])[.. await first.Content.ReadAsByteArrayAsync(), .. await second.Content.ReadAsByteArrayAsync()], Is.EqualTo(bytes));
        Assert.That(whole.Headers.ETag, Is.EqualTo(first.Headers.ETag));
    }

    [Test]
    public async Task Upload_IsSentInPieces_ToWhoeverMayReadIt()
    {
        byte[] sound = Sounds.Wav(0.5);
        using MultipartFormDataContent form = new() { { new ByteArrayContent(sound), "content", "a.wav" } };
        string id = (await (await Host.Client.PostAsync("/v1/files", form)).ExpectAsync(201)).Text("id");

        using HttpResponseMessage head = await AskAsync(HttpMethod.Head, $"/v1/files/{id}/download");
        using HttpResponseMessage part = await AskAsync(HttpMethod.Get, $"/v1/files/{id}/download", ("Range", "bytes=4-7"));

        Assert.That((head.StatusCode, head.Content.Headers.ContentLength), Is.EqualTo((HttpStatusCode.OK, (long?)sound.Length)));
        Assert.That((part.StatusCode, await part.Content.ReadAsByteArrayAsync()), Is.EqualTo((HttpStatusCode.PartialContent, sound[4..8])));
    }

    private async Task<HttpResponseMessage> AskAsync(HttpMethod method, string address, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(method, address);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Host.Client.SendAsync(request);
    }
}
