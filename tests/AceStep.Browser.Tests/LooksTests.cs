using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AceStep.Browser.Tests;

/// <summary>How the page looks: narrow, light, dark, and to those who do not see it.</summary>
public sealed class LooksTests : PageTest
{
    private const int PhoneWidth = 390;

    private static readonly string[] Tasks = ["text2music", "audio2audio", "continuation", "inpainting", "style_transfer", "vocal_accompaniment"];

    [TestCase(ColorScheme.Light)]
    [TestCase(ColorScheme.Dark)]
    public async Task Axe_OfEachState_FindsNothing(ColorScheme scheme)
    {
        await OpenAsync(new() { ViewportSize = new() { Width = 1280, Height = 900 }, ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
        await VisitSongAsync();
        await OpenAllAsync();
        await CheckAsync("a song");
        await Button("Delete").ClickAsync();
        await CheckAsync("the question", least: 10);
        await Button("Keep it").ClickAsync();

        await Field("Task").SelectOptionAsync("style_transfer");
        await Field("Steps").FillAsync("3");
        await MakeAsync();
        await Expect(Field("Steps")).ToHaveAttributeAsync("aria-invalid", "true");
        await CheckAsync("problems");

        await Button("Reset").ClickAsync();
        await Field("Length (seconds)").FillAsync("240");
        await Field("Steps").FillAsync("100"); // far longer than a look at the page takes
        await MakeAsync();
        await Expect(Result.GetByText("Composing,")).ToBeVisibleAsync();
        await CheckAsync("progress");
        await Button("Cancel").ClickAsync();
        await Expect(Result).ToContainTextAsync("The song was cancelled.");
        await CheckAsync("cancelled");
    }

    [Test]
    public async Task Page_OnAPhone_IsNoWiderThanIt()
    {
        await OpenAsync(new() { ViewportSize = new() { Width = PhoneWidth, Height = 844 }, IsMobile = true, HasTouch = true, DeviceScaleFactor = 2 });
        await VisitSongAsync();
        await OpenAllAsync();

        foreach (string task in Tasks)
        {
            await Field("Task").SelectOptionAsync(task);
            int[] widths = await Page.EvaluateAsync<int[]>("[innerWidth, document.documentElement.scrollWidth, Math.ceil(Math.max(...[...document.querySelectorAll('body *')].filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().right)))]");
            Assert.That(widths, Has.All.LessThanOrEqualTo(PhoneWidth), task);
        }

        await Button("Delete").TapAsync();
        LocatorBoundingBoxResult question = (await Page.GetByRole(AriaRole.Dialog).BoundingBoxAsync())!;
        Assert.That((question.X >= 0, question.X + question.Width <= PhoneWidth), Is.EqualTo((true, true)));
        await Button("Keep it").TapAsync();
        await Button("Again").TapAsync();
        await Expect(Result).ToBeInViewportAsync();
        await ExpectSongAsync();
    }

    /// <summary>Pictures for people to look at, in artifacts/screenshots.</summary>
    [Test]
    [Explicit]
    public async Task Screenshots_OfEachState_AreTaken()
    {
        foreach ((int width, ColorScheme scheme) in from width in new[] { 1280, PhoneWidth } from scheme in new[] { ColorScheme.Light, ColorScheme.Dark } select (width, scheme))
        {
            await TakeScreenshotsAsync(width, scheme);
        }
    }

    private async Task TakeScreenshotsAsync(int width, ColorScheme scheme)
    {
        await OpenAsync(new() { ViewportSize = new() { Width = width, Height = 850 }, ColorScheme = scheme, DeviceScaleFactor = width == PhoneWidth ? 2 : 1 });
        await VisitSongAsync();
        await Page.WaitForTimeoutAsync(3000);
        await TakeAsync("song");
        await Button("Delete").ClickAsync();
        await TakeAsync("question");
        await Button("Keep it").ClickAsync();
        await OpenAllAsync();
        await Wave.ClickAsync(new() { Position = new() { X = 200, Y = 30 } });
        await Page.Locator("#mark-from").FillAsync("3");
        await Page.Locator("#mark-to").FillAsync("5.5");
        await Button("Pause").ClickAsync();
        await Page.WaitForTimeoutAsync(3000);
        await TakeAsync("opened");
        await Field("Task").SelectOptionAsync("continuation");
        await Field("Steps").FillAsync("3");
        await MakeAsync();
        await TakeAsync("problems");
        await Button("Reset").ClickAsync();
        await MakeAsync();
        await Expect(Result.GetByText("Composing, 1")).ToBeVisibleAsync();
        await TakeAsync("progress");
        await Button("Cancel").ClickAsync();
        await Expect(Result).ToContainTextAsync("The song was cancelled.");

        async Task TakeAsync(string state)
        {
            string folder = Path.Combine(AceStep.Testing.ReferenceData.RepositoryRoot, "artifacts", "screenshots");
            await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{state}-{width}-{scheme}.png".ToLowerInvariant()), FullPage = true });
        }
    }

    private async Task OpenAllAsync()
    {
        foreach (ILocator summary in await Page.Locator("summary").AllAsync())
        {
            await summary.ClickAsync();
        }
    }

    /// <param name="state">What the page shows.</param>
    /// <param name="least">Fewer rules that apply and pass mean that axe has not looked: behind a question there is less to see.</param>
    private async Task CheckAsync(string state, int least = 20)
    {
        AxeResult result = await Page.RunAxe();

        Assert.That(result.Passes, Has.Length.GreaterThan(least), state);
        Assert.That(
            result.Violations.Select(rule => $"{rule.Impact} {rule.Id}: {rule.Help}: {string.Join(", ", rule.Nodes.Select(node => node.Html))}"),
            Is.Empty,
            state);
    }
}
