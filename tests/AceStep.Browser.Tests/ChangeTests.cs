using System.Text.Json;
using AceStep.Server.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AceStep.Browser.Tests;

/// <summary>What becomes of a song or a recording.</summary>
public sealed class ChangeTests : PageTest
{
    [Test]
    public async Task Again_OfASong_MakesAnotherWithItsSettings()
    {
        JsonElement made = await PressAsync("Again");

        Assert.That(SettingsOf(made), Is.EqualTo(SettingsOf(Stage.Song)));
        Assert.That(SeedOf(made), Is.Not.EqualTo(SeedOf(Stage.Song)));
    }

    [Test]
    public async Task Vary_OfASong_MakesOneFromItsSeed()
    {
        JsonElement made = await PressAsync("Vary");

        Assert.That(SeedOf(made), Is.EqualTo(SeedOf(Stage.Song)));
        Assert.That(made.GetProperty("input").GetProperty("variation_strength").GetDouble(), Is.EqualTo(0.3));
    }

    [Test]
    public async Task Extend_OfASong_MakesALongerOneOfIt()
    {
        JsonElement made = await PressAsync("Extend");

        Assert.That(made.GetProperty("input").GetProperty("input_audio").GetString(), Is.EqualTo(UrlOf(Stage.Song)));
        Assert.That((await HearAsync()).Seconds, Is.EqualTo(15).Within(0.3));
        await Expect(Field("Task")).ToHaveValueAsync("continuation");
    }

    [Test]
    public async Task Replace_OfAPartThatIsDraggedOver_MakesThatPartAnew()
    {
        await VisitSongAsync();
        string before = Page.Url;
        await Expect(Button("Replace")).ToBeDisabledAsync();
        LocatorBoundingBoxResult box = (await Wave.BoundingBoxAsync())!;

        await Page.Mouse.MoveAsync(box.X + (box.Width * 0.6f), box.Y + 20);
        await Page.Mouse.DownAsync();
        await Page.Mouse.MoveAsync(box.X + (box.Width * 0.3f), box.Y + 40, new() { Steps = 4 });
        await Page.Mouse.UpAsync();
        await Button("Replace").ClickAsync();

        JsonElement input = (await ExpectAnotherSongAsync(before)).GetProperty("input");
        double seconds = Stage.Song.GetProperty("song").GetProperty("seconds").GetDouble();
        Assert.That(input.GetProperty("task").GetString(), Is.EqualTo("inpainting"));
        Assert.That(input.GetProperty("input_audio").GetString(), Is.EqualTo(UrlOf(Stage.Song)));
        Assert.That(input.GetProperty("inpaint_start_time").GetDouble(), Is.EqualTo(seconds * 0.3).Within(0.1));
        Assert.That(input.GetProperty("inpaint_end_time").GetDouble(), Is.EqualTo(seconds * 0.6).Within(0.1));
        Assert.That((await HearAsync()).Seconds, Is.EqualTo(seconds).Within(0.1));
    }

    [Test]
    public async Task Source_DroppedAsAFile_IsSentAndUsed()
    {
        await VisitAsync();
        string before = Page.Url;
        await Field("Task").SelectOptionAsync("Music from a recording");
        await FillShortestAsync(hasLength: false);

        IJSHandle files = await Page.EvaluateHandleAsync(
            """
            content => {
              const files = new DataTransfer();
              files.items.add(new File([Uint8Array.from(atob(content), letter => letter.charCodeAt(0))], "whistling & humming.wav", { type: "audio/wav" }));
              return files;
            }
            """,
            Convert.ToBase64String(Sounds.Wav(seconds: 6)));
        await Form.GetByText("Drop a recording here").DispatchEventAsync("drop", new { dataTransfer = files });
        await Expect(Form).ToContainTextAsync("whistling & humming.wav is the source.");
        await MakeAsync();

        JsonElement made = await ExpectAnotherSongAsync(before);
        Assert.That(made.GetProperty("input").GetProperty("input_audio").GetString(), Does.StartWith($"{Server.Url}/v1/files/"));
        Assert.That((await HearAsync()).Seconds, Is.EqualTo(6).Within(0.3));
    }

    [Test]
    public async Task Source_ThatIsNoSound_IsRefusedInWords()
    {
        await VisitAsync();
        await Field("Task").SelectOptionAsync("Music from a recording");

        await Page.GetByLabel("Choose a file").SetInputFilesAsync(new FilePayload { Name = "letter.wav", MimeType = "audio/wav", Buffer = "This is no sound."u8.ToArray() });
        await MakeAsync();

        await Expect(Field("File or song")).ToBeFocusedAsync();
        await Expect(Field("File or song")).ToHaveAttributeAsync("aria-invalid", "true");
    }

    [Test]
    public async Task Source_ChosenFromTheSongs_IsUsed()
    {
        await VisitAsync();
        string before = Page.Url;
        await Field("Task").SelectOptionAsync("Change the style");
        await FillShortestAsync(hasLength: false);

        await Field("File or song").SelectOptionAsync(UrlOf(Stage.Song));
        await Field("New style").FillAsync("string quartet");
        await MakeAsync();

        JsonElement made = await ExpectAnotherSongAsync(before);
        Assert.That(made.GetProperty("input").GetProperty("input_audio").GetString(), Is.EqualTo(UrlOf(Stage.Song)));
        await Expect(Songs.First).ToContainTextAsync("string quartet");
    }

    [TestCase("WAV", "wav", "RIFF")]
    [TestCase("FLAC", "flac", "fLaC")]
    [TestCase("MP3", "mp3", "")]
    [TestCase("Ogg", "ogg", "OggS")]
    public async Task Download_InEachFormat_HasTheSizeThatIsSaid(string name, string ending, string head)
    {
        await VisitSongAsync();
        await Result.GetByText("Download", new() { Exact = true }).ClickAsync();
        ILocator link = Result.GetByRole(AriaRole.Link).Filter(new() { HasText = name });
        await Expect(link).ToContainTextAsync("B");

        IDownload download = await Page.RunAndWaitForDownloadAsync(() => link.ClickAsync());

        Assert.That(download.SuggestedFilename, Is.EqualTo($"{Stage.Song.GetProperty("id").GetString()}.{ending}"));
        byte[] content = await File.ReadAllBytesAsync(await download.PathAsync());
        Assert.That(System.Text.Encoding.Latin1.GetString(content), Does.StartWith(head));
        string size = content.Length < 1_000_000 ? $"{Math.Round(content.Length / 1e3)} kB" : FormattableString.Invariant($"{content.Length / 1e6:0.0} MB");
        await Expect(link).ToContainTextAsync(size);
    }

    private async Task<JsonElement> PressAsync(string button)
    {
        await VisitSongAsync();
        string before = Page.Url;
        await Button(button).ClickAsync();
        return await ExpectAnotherSongAsync(before);
    }

    private static string UrlOf(JsonElement song) => song.GetProperty("song").GetProperty("url").GetString()!;

    private static long SeedOf(JsonElement song) => song.GetProperty("song").GetProperty("seed").GetInt64();

    /// <summary>All inputs but the seed.</summary>
    private static Dictionary<string, string> SettingsOf(JsonElement song) =>
        song.GetProperty("input").EnumerateObject().Where(input => input.Name != "seed").ToDictionary(input => input.Name, input => input.Value.ToString());
}
