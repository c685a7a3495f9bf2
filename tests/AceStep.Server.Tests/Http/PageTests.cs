using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using AceStep.Server.Deployment;

namespace AceStep.Server.Tests.Http;

/// <summary>The page in the browser: whole, from the assembly, and only for browsers.</summary>
internal sealed partial class PageTests : ServerFixture
{
    private const string BrowserAccepts = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    protected override bool NeedsModel => false;

    [TestCase("/")]
    [TestCase("/p/any-song")]
    public async Task Page_ForABrowser_IsSentWithAPolicyThatAllowsNothingFromElsewhere(string path)
    {
        using HttpResponseMessage answer = await GetAsync(path, BrowserAccepts);

        Assert.That((answer.StatusCode, answer.Content.Headers.ContentType?.ToString()), Is.EqualTo((HttpStatusCode.OK, "text/html; charset=utf-8")));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.StartWith("<!doctype html>"));
        Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'none'; script-src 'self'; style-src 'self';"));
    }

    [TestCase(null)]
    [TestCase("*/*")]
    [TestCase("application/json")]
    public async Task Root_ForACogClient_IsCogsIndex(string? accept)
    {
        using HttpResponseMessage answer = await GetAsync("/", accept);

        JsonElement index = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        Assert.That(
            index.EnumerateObject().Select(member => member.Name),
            Is.EqualTo(new[] { "cog_version", "docs_url", "openapi_url", "shutdown_url", "healthcheck_url", "predictions_url", "predictions_idempotent_url", "predictions_cancel_url" }));
    }

    [Test]
    public async Task Files_ThatThePageAndItsModulesName_AreServedWithTheirTypes()
    {
        Dictionary<string, string> texts = [];
        Queue<string> open = new(["/"]);
        while (open.TryDequeue(out string? path))
        {
            if (texts.ContainsKey(path))
            {
                continue;
            }

            using HttpResponseMessage answer = await GetAsync(path, path == "/" ? BrowserAccepts : "*/*");
            Assert.That((answer.StatusCode, answer.Content.Headers.ContentType?.MediaType), Is.EqualTo((HttpStatusCode.OK, TypeOf(path))), path);
            texts[path] = await answer.Content.ReadAsStringAsync();
            foreach (Match name in Names().Matches(texts[path]))
            {
                open.Enqueue(name.Groups["page"].Success ? name.Groups["page"].Value : $"/page/{name.Groups["module"].Value}");
            }
        }

        Assert.That(texts.Keys, Is.SupersetOf(new[] { "/page/page.css", "/page/page.js", "/page/text.js" }));
        Assert.That(texts.Values.Where(text => Elsewhere().IsMatch(text)), Is.Empty, "nothing is fetched from elsewhere");
        Assert.That(Inline().IsMatch(texts["/"]), Is.False, "the policy forbids what stands in the page itself");
    }

    [Test]
    public async Task Text_HasEveryWordThePageNames()
    {
        string page = await Host.Client.GetStringAsync("/p/any");
        string words = await Host.Client.GetStringAsync("/page/text.js");

        Assert.That(DataTexts().Matches(page).Select(match => match.Groups[1].Value).Where(name => !words.Contains($"\n  {name}:", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Text_HasANameForEveryFieldAndTask()
    {
        string words = await Host.Client.GetStringAsync("/page/text.js");

        IEnumerable<string> names = DeploymentInput.Fields.Select(field => field.Name).Concat(DeploymentInput.Fields.Single(field => field.Name == "task").Choices);
        Assert.That(names.Where(name => !Regex.IsMatch(words, $"\\b{name}: \"")), Is.Empty);
    }

    [Test]
    public async Task File_ThatIsNone_IsNotFound()
    {
        using HttpResponseMessage answer = await GetAsync("/page/PageEndpoints.cs", null);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Page_WhereTokensAreAskedFor_IsOpenSoThatItCanAsk()
    {
        await using ServerHost guarded = await ServerHost.StartAsync(options => options.Tokens.Add(ServerHost.Token));
        using HttpClient stranger = new() { BaseAddress = new Uri(guarded.Url) };

        Assert.That(await stranger.GetStringAsync("/p/any"), Does.Contain("id=\"token\""));
        Assert.That((await stranger.GetAsync("/page/page.js")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await stranger.GetAsync("/v1/predictions")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string? accept)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        if (accept is not null)
        {
            request.Headers.Add("Accept", accept);
        }

        return await Host.Client.SendAsync(request);
    }

    private static string TypeOf(string path) => Path.GetExtension(path) switch
    {
        ".css" => "text/css",
        ".js" => "text/javascript",
        ".svg" => "image/svg+xml",
        _ => "text/html",
    };

    [GeneratedRegex("""(?:src|href)="(?<page>/[^"]*)"|from "\./(?<module>[^"]+)";""")]
    private static partial Regex Names();

    [GeneratedRegex("""https?://(?!www\.w3\.org/2000/svg)""")]
    private static partial Regex Elsewhere();

    [GeneratedRegex("""<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=""")]
    private static partial Regex Inline();

    [GeneratedRegex("""data-text="([^"]+)""")]
    private static partial Regex DataTexts();
}
