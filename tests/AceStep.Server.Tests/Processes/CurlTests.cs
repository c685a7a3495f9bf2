using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AceStep.Server.Tests.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AceStep.Server.Tests.Processes;

/// <summary>The examples of docs/server.md, each run by curl in a shell against a server; and that no route lacks one.</summary>
internal sealed partial class CurlTests : FolderFixture
{
    private const string Token = "a token of the tests";

    private static readonly string[] Examples = ReadExamples();

    [Test]
    public async Task Examples_OfTheDocumentation_AreAnsweredEachAsItSays()
    {
        Tool.Require("curl");
        Tool.Require("bash");
        await using FakeHub hub = await FakeHub.StartAsync();
        hub.Repositories[DemoLora.Name] = DemoLora.Repository(1);
        await using Listener hook = await Listener.StartAsync();
        (string, string)[] environment = [("HF_ENDPOINT", hub.Address.AbsoluteUri), ("HF_HOME", Folder.File("hub")), ("HF_HUB_OFFLINE", ""), ("ACESTEP_TOKENS", Token)];
        using ServerProcess server = await ServerProcess.StartAsync(Folder.File("data"), environment, "--allow-private", "127.0.0.1");
        server.Client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        await server.ReadyAsync();
        Dictionary<string, string> variables = await PrepareAsync(server);
        variables["HOOK"] = hook.Url + "/hook";

        // What ends the server comes last, and what deletes the prediction that others ask for just before.
        string[] examples = [.. Examples.OrderBy(example => example.Contains("/shutdown", StringComparison.Ordinal) ? 2 : example.Contains("DELETE $S/v1/predictions/", StringComparison.Ordinal) ? 1 : 0)];
        Assert.That(examples, Has.Length.GreaterThan(40));
        foreach (string example in examples)
        {
            if (!example.Contains("/cancel", StringComparison.Ordinal))
            {
                await CancelAllAsync(server);
            }

            if (example.EndsWith("/v1/events", StringComparison.Ordinal))
            {
                // There must be something to tell.
                using HttpResponseMessage created = await server.Client.PostAsJsonAsync("/v1/models/acestep/ace-step/predictions", new JsonObject { ["input"] = new JsonObject() });
            }

            (int exitCode, string output) = await RunAsync(example, variables, Folder.Path);
            Assert.That(exitCode, Is.Zero, $"{example}\n{output}");
            if (example.Contains(" -N ", StringComparison.Ordinal))
            {
                Assert.That(output, Does.Contain("event: "), example);
            }
        }

        Assert.That(await server.ExitAsync(), Is.Zero, server.Output);
        Assert.That(new FileInfo(Folder.File("song.wav")).Length, Is.Positive, "curl -O has written it");
    }

    [Test]
    public async Task Examples_LeaveOutNoRoute()
    {
        await using ServerHost host = await ServerHost.StartAsync();
        (string Method, string Path)[] asked = [.. Examples.Select(example => (MethodOf(example), PathOf(example)))];

        IEnumerable<string> without = host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText is { } pattern && !pattern.EndsWith("{**rest}", StringComparison.Ordinal))
            .SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Where(method => method != "HEAD"), (route, method) => (Method: method, Path: route.RoutePattern.RawText!))
            .Where(route => !asked.Any(example => example.Method == route.Method && Matches(route.Path, example.Path)))
            .Select(route => $"{route.Method} {route.Path}");

        Assert.That(without, Is.Empty);
    }

    /// <summary>A song, an upload and what the server says of them, as the page lets its reader put them into variables.</summary>
    private async Task<Dictionary<string, string>> PrepareAsync(ServerProcess server)
    {
        File.WriteAllBytes(Folder.File("song.wav"), Sounds.Wav(1));
        using MultipartFormDataContent form = new() { { new ByteArrayContent(Sounds.Wav(1)), "content", "a.wav" } };
        JsonElement file = await (await server.Client.PostAsync("/v1/files", form)).ExpectAsync(201);
        JsonObject body = new() { ["input"] = new JsonObject { ["audio_duration"] = 10, ["infer_steps"] = 20, ["seed"] = 1 } };
        string id = (await (await server.Client.PostAsJsonAsync("/v1/models/acestep/ace-step/predictions", body)).ExpectAsync(201)).Text("id");
        JsonElement prediction;
        while ((prediction = await server.Client.GetFromJsonAsync<JsonElement>($"/v1/predictions/{id}?output=url")).Text("status") is "starting" or "processing")
        {
            await Task.Delay(50);
        }

        JsonElement model = await server.Client.GetFromJsonAsync<JsonElement>("/v1/models/acestep/ace-step");
        return new Dictionary<string, string>
        {
            ["S"] = server.Url,
            ["M"] = server.Url + "/v1/models/acestep/ace-step",
            ["J"] = "Content-Type: application/json",
            ["ID"] = id,
            ["STREAM"] = prediction.GetProperty("urls").Text("stream"),
            ["SONG"] = prediction.GetProperty("song").Text("url"),
            ["FILE"] = file.Text("id"),
            ["VERSION"] = model.GetProperty("latest_version").Text("id"),
        };
    }

    /// <summary>Cog's routes have one slot.</summary>
    private static async Task CancelAllAsync(ServerProcess server)
    {
        JsonElement list = await server.Client.GetFromJsonAsync<JsonElement>("/v1/predictions");
        foreach (JsonElement open in list.GetProperty("results").EnumerateArray().Where(prediction => prediction.Text("status") is "starting" or "processing"))
        {
            using HttpResponseMessage cancelled = await server.Client.PostAsync($"/v1/predictions/{open.Text("id")}/cancel", null);
        }
    }

    /// <summary>Runs an example in a shell, with the token and with curl's own judgement of the answer. What streams is left after its first event.</summary>
    private static async Task<(int ExitCode, string Output)> RunAsync(string example, Dictionary<string, string> variables, string folder)
    {
        string script = $"""
            curl() {"{"} command curl -sS --fail-with-body -H "Authorization: Bearer $TOKEN" "$@"; {"}"}
            {example}
            """;
        ProcessStartInfo start = new("bash", ["-euc", script]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        start.Environment["TOKEN"] = Token;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!example.Contains(" -N ", StringComparison.Ordinal))
        {
            string all = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, (all.Length > 2000 ? all[..2000] : all) + await errors);
        }

        string output = "";
        while (!output.Contains("event: ", StringComparison.Ordinal) && await process.StandardOutput.ReadLineAsync() is { } line)
        {
            output += line + "\n";
        }

        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        return (0, output);
    }

    private static string[] ReadExamples()
    {
        string page = File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "docs", "server.md"));
        return [.. Example().Matches(page).Select(match => match.Groups[1].Value)];
    }

    private static string MethodOf(string example) => Method().Match(example) is { Success: true } named ? named.Groups[1].Value
        : example.Contains(" -d ", StringComparison.Ordinal) || example.Contains(" -F ", StringComparison.Ordinal) ? "POST"
        : "GET";

    private static string PathOf(string example)
    {
        string address = Address().Match(example).Value
            .Replace("$STREAM", "$S/v1/stream/id/signature", StringComparison.Ordinal)
            .Replace("$SONG", "$S/v1/outputs/file/signature/song.wav", StringComparison.Ordinal)
            .Replace("$M", "$S/v1/models/owner/name", StringComparison.Ordinal);
        return address.Split('?')[0]["$S".Length..];
    }

    private static bool Matches(string pattern, string path) =>
        Regex.IsMatch(path, "^/?" + Regex.Replace(pattern.Trim('/'), @"\{(\*\*)?[^}]*\}", part => part.Value.StartsWith("{**", StringComparison.Ordinal) ? ".*" : "[^/]+") + "/?$");

    [GeneratedRegex("`(curl [^`]+)`")]
    private static partial Regex Example();

    [GeneratedRegex("-X ([A-Z]+)")]
    private static partial Regex Method();

    [GeneratedRegex(@"\$(S|M|STREAM|SONG)\b[^\s""']*")]
    private static partial Regex Address();
}
