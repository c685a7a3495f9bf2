using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AceStep.Server.Tests.Http;

/// <summary>
/// A client that sends anything, made from what the server says of itself: its OpenAPI document and its routes. Whatever it
/// sends is taken or refused by name; nothing of it is a fault of the server.
/// </summary>
internal sealed class HostileTests : ServerFixture
{
    private static readonly string[] Odd =
    [
        "null", "true", "0", "-1", "1.5", "1e308", "-0", "1e-400", "1e400", "123456789012345678901234567890", "[]", "{}", "\"\"", "\"none\"", "\"\\u0000\"", "\"\\udc00\"", "[[[]]]",
        "{\"a\":{\"b\":[1]}}", "\"http://[\"", "\"data:\"", "\"data:,\"", "\"../../etc/passwd\"", "\"file:///etc/passwd\"", "\"http://169.254.169.254/latest/meta-data\"", "\"ACE-Step/../x\"",
    ];

    private JsonElement _schemas;

    protected override void Configure(AceStepServerOptions options)
    {
        options.CreationsPerMinute = 0;
        options.MaxQueued = 1_000_000;
        options.Shutdown = () => { };
        // What it names is looked for nowhere.
        options.Pipeline = options.Pipeline with { Download = DownloadMode.Never };
    }

    [OneTimeSetUp]
    public async Task ReadSchemasAsync() => _schemas = (await Host.Client.GetFromJsonAsync<JsonElement>("/openapi.json")).GetProperty("components").GetProperty("schemas");

    [Test]
    public void Replicate_OfAnyValuesInAnyFields_TakesOrNamesThem() => Prop.ForAll(Objects(_schemas.GetProperty("Input")).ToArbitrary(), input =>
    {
        (HttpStatusCode status, JsonElement answer) = Send(HttpMethod.Post, "/v1/models/acestep/ace-step/predictions", $$"""{"input":{{input}}}""");
        if (status == HttpStatusCode.Created)
        {
            Send(HttpMethod.Post, $"/v1/predictions/{answer.Text("id")}/cancel", null);
            return;
        }

        Assert.That(status, Is.EqualTo(HttpStatusCode.UnprocessableEntity), $"{input}: {answer}");
        Assert.That(answer.GetProperty("invalid_fields").EnumerateArray().Select(field => field.Text("field")), Has.All.StartsWith("input").And.Not.Empty);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithReplay(20261128, 1));

    [Test]
    public void Cog_OfAnyValuesInAnyFields_TakesOrNamesThem()
    {
        Gen<string> bodies =
            from request in Objects(_schemas.GetProperty("PredictionRequest"))
            from input in Objects(_schemas.GetProperty("Input"))
            from own in Gen.Elements(true, false)
            select own ? request : $$"""{"input":{{input}}}""";
        Prop.ForAll(bodies.ToArbitrary(), body =>
        {
            (HttpStatusCode status, JsonElement answer) = Send(HttpMethod.Post, "/predictions", body, ("Prefer", "respond-async"));
            if (status == HttpStatusCode.Accepted)
            {
                // Its id may be anything, too.
                Send(HttpMethod.Post, $"/predictions/{Uri.EscapeDataString(answer.Text("id"))}/cancel", null);
                CancelAll();
                return;
            }

            Assert.That(status, Is.EqualTo(HttpStatusCode.UnprocessableEntity), $"{body}: {answer}");
            Assert.That(answer.GetProperty("detail").EnumerateArray().Select(detail => detail.GetProperty("loc")[0].GetString()), Has.All.EqualTo("body").And.Not.Empty);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithReplay(20261128, 3));
    }

    [Test]
    public void EveryRoute_WithAnyMethodBodyAndHeaders_HasNoFault()
    {
        string[] patterns = [.. Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Select(route => "/" + route.RoutePattern.RawText!.TrimStart('/')).Distinct()];
        Gen<string> names = Gen.OneOf(
            Gen.Elements("acestep", "ace-step", "..", "%2e%2e", "%00", "%ff", "a'b", "zzzzzzzzzzzzzzzzzzzzzzzzzz", "💥", "index.html", "song.wav"),
            ArbMap.Default.GeneratorFor<string>().Where(text => !string.IsNullOrEmpty(text)).Select(text => Escape(text)));
        Gen<string> queries = Gen.Elements("", "?cursor=x", "?cursor=-1", "?cursor=99999999999999999999", "?created_after=soon", "?limit=1e9", "?expiry=x&signature=%ff&owner=", "?download", "?output=url");
        Gen<(string Name, string Value)> headers = Gen.Elements(
            ("Prefer", "wait=0"), ("Prefer", "wait=999999"), ("Prefer", "respond-async"), ("Accept", "text/event-stream"), ("Accept", "text/html;q=x"), ("Range", "bytes=9-1"), ("Range", "bytes=-"),
            ("If-None-Match", "x"), ("If-Range", "\""), ("Cancel-After", "-1s"), ("Idempotency-Key", new string('k', 300)), ("traceparent", "00-zz"), ("X-Forwarded-For", "::"), ("Content-Encoding", "gzip"));
        Gen<string> types = Gen.Elements("application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=b", "x", "application/json; charset=utf-7", "application/x-www-form-urlencoded");
        Gen<string> bodies = Gen.OneOf(
            Gen.Elements("", "{}", "[]", "{\"input\":{}}", "{\"input\":", "\0", "--b\r\n\r\n--b--", "--b\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\nRIFF\r\n--b--", "{\"id\":\"\\ud800\"}"),
            Objects(_schemas.GetProperty("PredictionRequest")));
        Gen<HttpMethod> methods = Gen.Elements(HttpMethod.Get, HttpMethod.Head, HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Options, HttpMethod.Patch, new HttpMethod("QUERY"));
        var requests =
            from pattern in Gen.Elements(patterns)
            from name in Gen.ArrayOf(names, 3)
            from query in queries
            from header in headers
            from type in types
            from body in bodies
            from method in methods
            select (Method: method, Path: Fill(pattern, name) + query, Header: header, Type: type, Body: body);

        Prop.ForAll(requests.ToArbitrary(), one =>
        {
            using HttpRequestMessage request = new(one.Method, one.Path);
            if (one.Method != HttpMethod.Get && one.Method != HttpMethod.Head)
            {
                request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(one.Body));
                request.Content.Headers.TryAddWithoutValidation("Content-Type", one.Type);
            }

            request.Headers.TryAddWithoutValidation(one.Header.Name, one.Header.Value);
            using CancellationTokenSource gone = new();
            // What streams or waits is left after its headers; what waits for a song is not kept waiting.
            Task<HttpResponseMessage> sending = Host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, gone.Token);
            while (Task.WaitAny([sending], 50) < 0)
            {
                CancelAll();
            }

            using HttpResponseMessage response = sending.GetAwaiter().GetResult();
            Assert.That((int)response.StatusCode, Is.LessThan(500), one.ToString());
            gone.Cancel();
            if (response.StatusCode is HttpStatusCode.Created or HttpStatusCode.Accepted)
            {
                CancelAll();
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithReplay(20261128, 5));
        CancelAll();
    }

    /// <summary>Objects with some of a schema's members, each of any value, and some that it has not.</summary>
    private static Gen<string> Objects(JsonElement schema)
    {
        string[] names = [.. schema.GetProperty("properties").EnumerateObject().Select(member => member.Name), "auth", "__proto__", ""];
        Gen<string> values = Gen.OneOf(
            Gen.Elements(Odd),
            ArbMap.Default.GeneratorFor<string>().Where(text => text is not null).Select(text => JsonSerializer.Serialize(text)),
            ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite).Select(number => JsonSerializer.Serialize(number)));
        Gen<string> members = from name in Gen.Elements(names) from value in values select $"{JsonSerializer.Serialize(name)}:{value}";
        return Gen.Choose(0, 4).SelectMany(count => Gen.ArrayOf(members, count)).Select(all => $"{{{string.Join(',', all)}}}");
    }

    private static string Fill(string pattern, string[] names)
    {
        string[] parts = pattern.Split('/');
        int used = 0;
        return string.Join('/', parts.Select(part => part.StartsWith('{') ? names[used++ % names.Length] : part));
    }

    private static string Escape(string text) => Uri.EscapeDataString(new string([.. text.Where(character => !char.IsSurrogate(character))])) is { Length: > 0 } escaped ? escaped : "x";

    private (HttpStatusCode Status, JsonElement Answer) Send(HttpMethod method, string path, string? body, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = Host.Client.Send(request);
        using StreamReader reader = new(response.Content.ReadAsStream());
        using JsonDocument document = JsonDocument.Parse(reader.ReadToEnd());
        return (response.StatusCode, document.RootElement.Clone());
    }

    private void CancelAll()
    {
        foreach (JsonElement open in Send(HttpMethod.Get, "/v1/predictions", null).Answer.GetProperty("results").EnumerateArray().Where(prediction => prediction.Text("status") is "starting" or "processing"))
        {
            Send(HttpMethod.Post, $"/v1/predictions/{open.Text("id")}/cancel", null);
        }
    }
}
