using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using AceStep.Server.Tests.Processes;
using Microsoft.Playwright;
using NUnit.Framework.Interfaces;
using static Microsoft.Playwright.Assertions;

namespace AceStep.Browser.Tests;

/// <summary>
/// A test with a browser of its own, as a new visitor has it. After each test: nothing was asked of any other server, and the
/// page has thrown no error.
/// </summary>
public abstract class PageTest
{
    private readonly List<string> _requests = [];
    private readonly List<string> _errors = [];

    internal ServerProcess Server { get; private protected set; } = null!;

    protected IBrowserContext Context { get; private set; } = null!;

    protected IPage Page { get; private set; } = null!;

    /// <summary>What the browser prefers and how large it is.</summary>
    protected virtual BrowserNewContextOptions Options => new() { ViewportSize = new() { Width = 1280, Height = 900 } };

    [SetUp]
    public async Task OpenAsync()
    {
        Server = Stage.Server;
        _requests.Clear();
        _errors.Clear();
        await OpenAsync(Options);
    }

    [TearDown]
    public async Task CloseAsync()
    {
        TestContext context = TestContext.CurrentContext;
        if (context.Result.Outcome.Status == TestStatus.Failed)
        {
            string picture = Path.Combine(Path.GetTempPath(), $"{context.Test.ID}.png");
            await Page.ScreenshotAsync(new() { Path = picture, FullPage = true });
            TestContext.AddTestAttachment(picture, context.Test.Name);
        }

        await Context.CloseAsync();
        Assert.That(_requests.Where(url => !IsOwn(url)), Is.Empty, "what was asked of another server");
        Assert.That(_requests, Is.Not.Empty);
        Assert.That(_errors, Is.Empty, "errors of the page");
    }

    /// <summary>Another visitor's browser in place of this one.</summary>
    protected async Task OpenAsync(BrowserNewContextOptions options)
    {
        if (Context is not null)
        {
            await Context.CloseAsync();
        }

        Context = await Stage.Browser.NewContextAsync(options);
        Context.SetDefaultTimeout(Stage.Patience);
        Context.Request += (_, request) => _requests.Add(request.Url);
        Page = await Context.NewPageAsync();
        Page.PageError += (_, error) => _errors.Add(error);
        // What the browser itself says of an answer with an error is the test's matter.
        Page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                _errors.Add(message.Text);
            }
        };
    }

    /// <summary>Goes to the page of a server that has a song, and waits until its form and a song are there.</summary>
    protected async Task VisitAsync(string path = "/")
    {
        await Page.GotoAsync(Server.Url + path);
        await Expect(Field("Prompt")).ToBeVisibleAsync();
        // Looked at again and again: a wait for the navigation itself misses one that comes as the wait begins.
        await Expect(Page).ToHaveURLAsync(new Regex("/p/"));
    }

    /// <summary>Goes to the shared song.</summary>
    protected async Task VisitSongAsync()
    {
        await VisitAsync($"/p/{Stage.Song.GetProperty("id").GetString()}");
        await ExpectSongAsync();
    }

    protected ILocator Form => Page.GetByRole(AriaRole.Form, new() { Name = "New song" });

    protected ILocator Result => Page.GetByRole(AriaRole.Region, new() { Name = "Song", Exact = true });

    protected ILocator Songs => Page.GetByRole(AriaRole.Region, new() { Name = "All songs" }).GetByRole(AriaRole.Listitem);

    protected ILocator Wave => Result.GetByRole(AriaRole.Slider, new() { Name = "Waveform" });

    protected ILocator Field(string label) => Form.GetByLabel(label, new() { Exact = true });

    protected ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>Makes what the form asks for short.</summary>
    protected async Task FillShortestAsync(bool hasLength = true)
    {
        await Form.GetByText("More settings").ClickAsync();
        await Field("Steps").FillAsync("20");
        if (hasLength)
        {
            await Field("Length (seconds)").FillAsync("10");
        }
    }

    protected Task MakeAsync() => Button("Make a song").ClickAsync();

    /// <summary>Waits until the song in view is done.</summary>
    protected Task ExpectSongAsync() => Expect(Button("Play")).ToBeVisibleAsync();

    /// <summary>Waits until another song than the one at an address is in view, and done.</summary>
    protected async Task<JsonElement> ExpectAnotherSongAsync(string before)
    {
        await Expect(Page).Not.ToHaveURLAsync(before);
        await ExpectSongAsync();
        return await ShownAsync();
    }

    /// <summary>Waits until the song has been played to its end.</summary>
    protected Task ExpectEndAsync() => Expect(Page.Locator("audio")).ToHaveJSPropertyAsync("ended", true);

    /// <summary>The prediction in view, as the API shows it.</summary>
    protected async Task<JsonElement> ShownAsync() =>
        await Server.Client.GetFromJsonAsync<JsonElement>($"/v1/predictions/{new Uri(Page.Url).Segments[^1]}?output=url");

    /// <summary>What the browser makes of the song: seconds, and the loudest sample.</summary>
    protected async Task<(double Seconds, double Peak)> HearAsync()
    {
        ILocator audio = Page.Locator("audio");
        double[] heard = await audio.EvaluateAsync<double[]>(
            """
            async audio => {
              if (!(audio.readyState > 0)) {
                await new Promise(resolve => audio.addEventListener("loadedmetadata", resolve, { once: true }));
              }
              const bytes = await (await fetch(audio.currentSrc)).arrayBuffer();
              const sound = await new OfflineAudioContext(1, 1, 44100).decodeAudioData(bytes);
              return [audio.duration, sound.getChannelData(0).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)];
            }
            """);
        return (heard[0], heard[1]);
    }

    private bool IsOwn(string url) => url.StartsWith(Server.Url + "/", StringComparison.Ordinal) || url.StartsWith("data:", StringComparison.Ordinal) || url.StartsWith("blob:", StringComparison.Ordinal);
}
