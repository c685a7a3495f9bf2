using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AceStep.Server.Tests.Http;

/// <summary>What the server refuses, each with its own words, and never with a fault of its own. No model is needed for it.</summary>
internal sealed class RefusalTests : ServerFixture
{
    protected override bool NeedsModel => false;

    protected override void Configure(AceStepServerOptions options)
    {
        options.Tokens.Add(ServerHost.Token);
        options.AllowedHosts.Add("127.0.0.1");
        options.AllowedHosts.Add("studio.example.org");
        options.CreationsPerMinute = 0;
        options.MaxJsonBytes = 200_000;
        options.MaxFileBytes = 1 << 20;
    }

    [TestCase(null)]
    [TestCase("Bearer wrong")]
    [TestCase("Bearer ")]
    [TestCase("Basic cjhfdGhlX3Rva2Vu")]
    [TestCase("Bearer R8_THE_TOKEN_OF_THE_TESTS")]
    public async Task Request_WithoutAKnownToken_Is401(string? authorization)
    {
        using HttpClient client = new() { BaseAddress = new Uri(Host.Url) };
        if (authorization is not null)
        {
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
        }

        foreach (string path in (string[])["/v1/predictions", "/v1/files", "/v1/events", "/v1/models", "/v1/webhooks/default/secret"])
        {
            JsonElement problem = await (await client.GetAsync(path)).ExpectAsync(401);
            Assert.That(problem.Text("title"), Is.EqualTo("Unauthenticated"), path);
        }

        Assert.That((await client.PostAsync("/predictions", null)).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await client.PostAsync("/shutdown", null)).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await client.GetAsync("/health-check")).StatusCode, Is.EqualTo(HttpStatusCode.OK), "probes have no token");
    }

    [TestCase("Bearer")]
    [TestCase("bearer")]
    [TestCase("Token")]
    public async Task Request_WithTheToken_IsAnsweredInEitherForm(string scheme)
    {
        using HttpClient client = new() { BaseAddress = new Uri(Host.Url) };
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"{scheme} {ServerHost.Token}");

        Assert.That((await client.GetAsync("/v1/account")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("evil.example.org")]
    [TestCase("127.0.0.1.evil.example.org")]
    [TestCase("evil.example.org:5000")]
    [TestCase("evil-studio.example.org")]
    [TestCase("example.org")]
    public async Task Request_ForAnotherHost_IsRefused(string host)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/v1/predictions");
        request.Headers.Host = host;

        await (await Host.Client.SendAsync(request)).ExpectAsync(421);
    }

    [TestCase("https://evil.example.org")]
    [TestCase("null")]
    [TestCase("http://127.0.0.1")]
    public async Task Request_OfAPageOfAnotherOrigin_IsRefused(string origin)
    {
        foreach (HttpMethod method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post])
        {
            using HttpRequestMessage request = new(method, "/v1/predictions");
            request.Headers.Add("Origin", origin);
            HttpResponseMessage response = await Host.Client.SendAsync(request);
            await response.ExpectAsync(403);
            Assert.That(response.Headers.Contains("Access-Control-Allow-Origin"), Is.False);
        }
    }

    [Test]
    public async Task Request_OfTheServersOwnPage_IsAnswered()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/v1/predictions");
        request.Headers.Add("Origin", Host.Url);

        await (await Host.Client.SendAsync(request)).ExpectAsync(200);
    }

    [TestCase("/v1/predictions/zzzzzzzzzzzzzzzzzzzzzzzzzz")]
    [TestCase("/v1/predictions/%2e%2e%2f%2e%2e%2fetc%2fpasswd")]
    [TestCase("/v1/predictions/a'; DROP TABLE predictions; --")]
    [TestCase("/v1/files/..%2f..%2fsecret")]
    [TestCase("/v1/files/secret/download")]
    [TestCase("/v1/outputs/..%2f..%2fsecret/00000000000000000000000000000000/song.wav")]
    [TestCase("/v1/outputs/a-1.wav/00000000000000000000000000000000/song.wav")]
    [TestCase("/v1/stream/zzzzzzzzzzzzzzzzzzzzzzzzzz/00")]
    [TestCase("/v1/models/acestep/no-such-model")]
    [TestCase("/v1/models/..%2f/ace-step")]
    [TestCase("/v1/nothing")]
    [TestCase("/page/..%2f..%2fsecret")]
    [TestCase("/v1/models/acestep/ace-step/versions/0000")]
    public async Task Get_OfWhatIsNotThere_Is404(string path)
    {
        HttpResponseMessage response = await Host.Client.GetAsync(path);

        await response.ExpectAsync(404);
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
    }

    [TestCase("""{"inptu":{}}""", 422, "input is required")]
    [TestCase("""{"input":{},"model":"x"}""", 422, "Additional property model is not allowed")]
    [TestCase("""{"input":[]}""", 422, "Expected: object, given: array")]
    [TestCase("[]", 422, "Expected: object")]
    [TestCase("not json", 400, "not JSON")]
    [TestCase("", 422, "input is required")]
    [TestCase("""{"input":{"prompt":"\ud800"}}""", 422, "input.prompt")]
    [TestCase("""{"input":{"seed":9223372036854775808}}""", 422, "Must be a whole number from 0 to 9223372036854775807, which is what 63 bits hold")]
    [TestCase("""{"input":{"seed":1e400}}""", 422, "input.seed")]
    [TestCase("""{"input":{"audio_duration":9.99}}""", 422, "Invalid audio duration")]
    [TestCase("""{"input":{"infer_steps":20.5}}""", 422, "Expected: integer, given: number")]
    [TestCase("""{"input":{"guidance_scale_text":5}}""", 422, "input.guidance_scale_text")]
    [TestCase("""{"input":{"task":"audio2audio"}}""", 422, "input.input_audio")]
    [TestCase("""{"input":{"task":"audio2audio","input_audio":"file:///etc/passwd"}}""", 422, "http or https")]
    [TestCase("""{"input":{"task":"audio2audio","input_audio":"/etc/passwd"}}""", 422, "http or https")]
    [TestCase("""{"input":{"task":"audio2audio","input_audio":"http://169.254.169.254/"}}""", 422, "private")]
    [TestCase("""{"input":{"task":"audio2audio","input_audio":"data:audio/wav;base64,AAAA"}}""", 422, "no audio")]
    [TestCase("""{"input":{"task":"audio2audio","input_audio":"data:audio/wav;base64,%%%"}}""", 422, "no audio")]
    [TestCase("""{"input":{"lora_name_or_path":"../../etc"}}""", 422, "lora_name_or_path")]
    [TestCase("""{"input":{},"webhook":"http://127.0.0.1/hook"}""", 422, "private")]
    [TestCase("""{"input":{},"webhook":"ftp://example.org/"}""", 422, "http or https")]
    [TestCase("""{"input":{},"webhook":5}""", 422, "webhook")]
    [TestCase("""{"input":{},"webhook_events_filter":["never"]}""", 422, "webhook_events_filter")]
    [TestCase("""{"input":{},"version":"0000"}""", 422, "version does not exist")]
    public async Task Post_OfWhatBreaksARule_NamesIt(string body, int status, string words)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        JsonElement problem = await (await Host.Client.PostAsync("/v1/models/acestep/ace-step/predictions", content)).ExpectAsync(status);

        Assert.That(problem.Text("detail"), Does.Contain(words));
        Assert.That(problem.GetProperty("status").GetInt32(), Is.EqualTo(status));
    }

    [Test]
    public async Task Post_WithSeveralWrongFields_NamesEach()
    {
        JsonObject input = new() { ["prompt"] = 5, ["infer_steps"] = 5, ["output_format"] = "flac9", ["use_erg_tag"] = "yes" };

        JsonElement problem = await (await Host.CreateAsync(input)).ExpectAsync(422);

        Assert.That(problem.Text("title"), Is.EqualTo("Input validation failed"));
        Assert.That(
            problem.GetProperty("invalid_fields").EnumerateArray().Select(field => (field.Text("type"), field.Text("field"))),
            Is.EquivalentTo(new[] { ("invalid_type", "input.prompt"), ("number_gte", "input.infer_steps"), ("enum", "input.output_format"), ("invalid_type", "input.use_erg_tag") }));
    }

    [Test]
    public async Task Post_OfAnotherType_Is415()
    {
        using StringContent content = new("{\"input\":{}}", Encoding.UTF8, "text/plain");

        await (await Host.Client.PostAsync("/v1/models/acestep/ace-step/predictions", content)).ExpectAsync(415);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Post_OfTooMuchJson_Is413(bool isChunked)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/models/acestep/ace-step/predictions") { Content = new StringContent($$$"""{"input":{"prompt":"{{{new string('x', 300_000)}}}"}}""", Encoding.UTF8, "application/json") };
        request.Headers.TransferEncodingChunked = isChunked;

        await (await Host.Client.SendAsync(request)).ExpectAsync(413);
    }

    [Test]
    public async Task Upload_OfTooMuch_Is413()
    {
        using MultipartFormDataContent form = new() { { new ByteArrayContent(new byte[(1 << 20) + 100]), "content", "a.wav" } };

        JsonElement problem = await (await Host.Client.PostAsync("/v1/files", form)).ExpectAsync(413);

        Assert.That(problem.Text("detail"), Is.EqualTo("Files must be less than 1MB in size"));
    }

    [Test]
    public async Task Upload_OfWhatIsNoAudio_Is422()
    {
        using MultipartFormDataContent form = new() { { new StringContent("<script>alert(1)</script>"), "content", "a.wav" } };

        await (await Host.Client.PostAsync("/v1/files", form)).ExpectAsync(422);
        Assert.That((await (await Host.Client.GetAsync("/v1/files")).ExpectAsync(200)).GetProperty("results").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task Upload_WithoutAFile_Is422()
    {
        using MultipartFormDataContent form = new() { { new StringContent("a"), "filename" } };

        await (await Host.Client.PostAsync("/v1/files", form)).ExpectAsync(422);
    }

    [Test]
    public async Task Upload_ThatBreaksOff_KeepsNothingAndTheServerGoesOn()
    {
        using (TcpClient client = new("127.0.0.1", Host.Port))
        {
            byte[] half = Encoding.ASCII.GetBytes(
                $"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {ServerHost.Token}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"content\"; filename=\"a.wav\"\r\n\r\nRIFF");
            await client.GetStream().WriteAsync(half);
        }

        await (await Host.Client.GetAsync("/v1/predictions")).ExpectAsync(200);
        Assert.That(Directory.Exists(Path.Combine(Host.Options.DataFolder, "blobs", "files")), Is.False);
    }

    [Test]
    public async Task HalfARequest_IsDroppedAfterAWhile()
    {
        using TcpClient client = new("127.0.0.1", Host.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /v1/predictions HTTP/1.1\r\nHost: 127"));
        using StreamReader reader = new(client.GetStream());

        string answer = await reader.ReadToEndAsync();

        Assert.That(answer, Does.StartWith("HTTP/1.1 408").Or.Empty);
    }

    [Test]
    public async Task SlowBytes_AreNotWaitedForWithoutEnd()
    {
        using TcpClient client = new("127.0.0.1", Host.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {ServerHost.Token}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{{"));
        using StreamReader reader = new(client.GetStream());
        Task<string> answer = reader.ReadToEndAsync();
        while (!answer.IsCompleted)
        {
            // A byte now and then keeps a connection alive, and is not enough.
            await Task.WhenAny(answer, Task.Delay(500));
            try
            {
                await client.GetStream().WriteAsync(" "u8.ToArray());
            }
            catch (IOException)
            {
                break;
            }
        }

        string said = "";
        try
        {
            said = await answer;
        }
        catch (IOException)
        {
            // The server has ended the connection.
        }

        Assert.That(said, Does.StartWith("HTTP/1.1 408").Or.Empty);
        await (await Host.Client.GetAsync("/v1/predictions")).ExpectAsync(200);
    }

    [Test]
    public async Task HugeHeaders_AreRefused()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/v1/predictions");
        request.Headers.TryAddWithoutValidation("X-Huge", new string('x', 100_000));

        Assert.That((int)(await Host.Client.SendAsync(request)).StatusCode, Is.EqualTo(431));
    }

    [TestCase("Cancel-After", "1s")]
    [TestCase("Cancel-After", "soon")]
    [TestCase("Cancel-After", "99999h")]
    [TestCase("Cancel-After", "h")]
    public async Task Post_WithABadHeader_Is422(string name, string value)
    {
        JsonElement problem = await (await Host.CreateAsync(new JsonObject(), (name, value))).ExpectAsync(422);

        Assert.That(problem.Text("detail"), Does.Contain(name));
    }
}
