using System.Text.Json;
using System.Text.RegularExpressions;
using AceStep.Server.Tests.Processes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AceStep.Browser.Tests;

/// <summary>A server that nobody has used yet.</summary>
public sealed partial class FirstSongTests : PageTest
{
    private TemporaryFolder _folder = null!;
    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _folder = new TemporaryFolder();
        _server = await ServerProcess.StartAsync(_folder.File("data"));
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [SetUp]
    public void UseOwnServer() => Server = _server;

    [Test]
    [Order(1)]
    public async Task FirstVisit_OneClick_MakesASongThatPlaysToItsEnd()
    {
        await Page.GotoAsync(Server.Url);
        await Expect(Page).ToHaveTitleAsync("AceStep");
        await Expect(Result).ToContainTextAsync("No song yet");
        await Expect(Songs).ToHaveCountAsync(0);

        // All that is shown, however shortly: a quick machine makes the song in two seconds.
        await Page.EvaluateAsync("""
            () => {
                window.seen = new Set();
                new MutationObserver(() => {
                    seen.add(document.title);
                    document.querySelectorAll('progress').forEach(bar => seen.add(`value ${bar.getAttribute('value')}`));
                    document.querySelectorAll('main *').forEach(element => element.children.length || seen.add(element.textContent.trim()));
                }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
            }
            """);
        await MakeAsync();

        await Expect(Songs).ToHaveCountAsync(1);
        await ExpectSongAsync();
        string[] seen = await Page.EvaluateAsync<string[]>("[...seen]");
        Assert.That(seen, Has.Some.Matches<string>(StepOfSixty().IsMatch).And.Some.Matches<string>(Fraction().IsMatch).And.Some.Matches<string>(TimeLeft().IsMatch).And.Some.Matches<string>(Percent().IsMatch));
        await Expect(Page).ToHaveTitleAsync("Electronic dance music, upbeat, energetic · AceStep");
        await Expect(Songs.First).ToContainTextAsync("s");
        (double seconds, double peak) = await HearAsync();
        Assert.That(seconds, Is.EqualTo((await ShownAsync()).GetProperty("song").GetProperty("seconds").GetDouble()).Within(0.01).And.EqualTo(30).Within(0.3));
        Assert.That(peak, Is.GreaterThan(0.05), "there is music in it");

        // A click plays from there on: the last second, to its end.
        LocatorBoundingBoxResult box = (await Wave.BoundingBoxAsync())!;
        await Wave.ClickAsync(new() { Position = new() { X = (float)(box.Width * 29 / 30), Y = box.Height / 2 } });
        await Expect(Button("Pause")).ToBeVisibleAsync();
        await ExpectEndAsync();
        Assert.That(await Page.Locator("audio").EvaluateAsync<double[]>("audio => [audio.volume, Number(audio.muted)]"), Is.EqualTo(new double[] { 1, 0 }));
        await Expect(Wave).ToHaveAttributeAsync("aria-valuetext", "0:30 / 0:30");
        await Expect(Button("Play")).ToBeVisibleAsync();
    }

    [Test]
    [Order(2)]
    public async Task Song_ByTheKeyboardAlone_IsMadeAndPlayed()
    {
        await VisitAsync();
        string before = Page.Url;

        await TabToAsync("Prompt");
        await Page.Keyboard.PressAsync("Control+A");
        await Page.Keyboard.TypeAsync("slow piano");
        await TabToAsync("[chorus]");
        await Page.Keyboard.PressAsync("Enter");
        await Page.Keyboard.TypeAsync("la la la");
        await TabToAsync("Length (seconds)");
        await Page.Keyboard.PressAsync("Control+A");
        await Page.Keyboard.TypeAsync("10");
        await TabToAsync("More settings");
        await Page.Keyboard.PressAsync("Enter");
        await TabToAsync("Steps");
        await Page.Keyboard.PressAsync("Control+A");
        await Page.Keyboard.TypeAsync("20");
        await Page.Keyboard.PressAsync("Enter");
        JsonElement song = await ExpectAnotherSongAsync(before);
        await TabToAsync("Play");
        await Page.Keyboard.PressAsync("Space");
        await Expect(Button("Pause")).ToBeFocusedAsync();
        await Expect(Page.Locator("audio")).Not.ToHaveJSPropertyAsync("currentTime", 0);
        await TabToAsync("Waveform, place in the song");
        await Page.Keyboard.PressAsync("End");
        await ExpectEndAsync();

        Assert.That(song.GetProperty("input").ToString(), Is.EqualTo("""{"prompt":"slow piano","lyrics":"[chorus]\nla la la","audio_duration":10,"infer_steps":20}"""));
    }

    /// <summary>Presses Tab until something with that name has the focus.</summary>
    private async Task TabToAsync(string name)
    {
        List<string> passed = [];
        for (int presses = 0; presses < 60; presses++)
        {
            await Page.Keyboard.PressAsync("Tab");
            string focused = await Page.EvaluateAsync<string>("(e => e.ariaLabel ?? e.labels?.[0]?.textContent ?? (e === document.body ? '' : e.textContent))(document.activeElement)");
            if (focused == name)
            {
                return;
            }

            passed.Add(focused);
        }

        Assert.Fail($"The keyboard does not reach {name}: {string.Join(" | ", passed)}");
    }

    [GeneratedRegex("^Composing, [0-9]+ of 60$")]
    private static partial Regex StepOfSixty();

    [GeneratedRegex("^value 0[.][0-9]+$")]
    private static partial Regex Fraction();

    [GeneratedRegex("about ([0-9]+ min )?[0-9]+ s left")]
    private static partial Regex TimeLeft();

    [GeneratedRegex("^[0-9]+ % · AceStep$")]
    private static partial Regex Percent();
}
