using AceStep.Server.Tests.Processes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AceStep.Browser.Tests;

/// <summary>What happens while songs are made, and what stays.</summary>
public sealed class WorkTests : PageTest
{
    [Test]
    public async Task Cancel_OfASongThatIsBeingMade_EndsIt()
    {
        await StartALongOneAsync();

        await Button("Cancel").ClickAsync();

        await Expect(Result).ToContainTextAsync("The song was cancelled.");
        await Expect(Songs.First).ToContainTextAsync("Cancelled");
        await Expect(Result).ToBeFocusedAsync();
        Assert.That((await ShownAsync()).GetProperty("status").GetString(), Is.EqualTo("canceled"));
    }

    [Test]
    public async Task Reload_InMidSong_ShowsItsProgressAgain()
    {
        await StartALongOneAsync();
        string id = (await ShownAsync()).GetProperty("id").GetString()!;

        await Page.ReloadAsync();

        await Expect(Result.GetByText("Composing,")).ToBeVisibleAsync();
        Assert.That((await ShownAsync()).GetProperty("id").GetString(), Is.EqualTo(id));
        await Button("Cancel").ClickAsync();
        await Expect(Result).ToContainTextAsync("The song was cancelled.");
    }

    [Test]
    public async Task Songs_InAnotherBrowser_AreListed()
    {
        await VisitSongAsync();
        int count = await Songs.CountAsync();
        await OpenAsync(Options);

        await VisitAsync();

        await Expect(Songs).ToHaveCountAsync(count);
        await Songs.Last.GetByRole(AriaRole.Button).ClickAsync();
        await ExpectSongAsync();
        Assert.That((await ShownAsync()).GetProperty("id").GetString(), Is.EqualTo(Stage.Song.GetProperty("id").GetString()));
    }

    [Test]
    public async Task Songs_OfOthers_AppearAsTheyAreMade()
    {
        await VisitAsync();
        int count = await Songs.CountAsync();

        await Stage.MakeAsync(Server, new { prompt = "somebody else's", audio_duration = 10, infer_steps = 20 });

        await Expect(Songs).ToHaveCountAsync(count + 1);
        await Expect(Songs.First).ToContainTextAsync("somebody else's");
    }

    [Test]
    public async Task Number_OutsideItsRange_IsSaidAtItsField()
    {
        await VisitAsync();
        string before = Page.Url;
        await Field("Length (seconds)").FillAsync("5");

        await MakeAsync();

        await Expect(Field("Length (seconds)")).ToBeFocusedAsync();
        await Expect(Field("Length (seconds)")).ToHaveAccessibleDescriptionAsync("Must be 10 to 240.");
        await Expect(Page).ToHaveURLAsync(before);
    }

    [Test]
    public async Task Input_ThatOnlyTheServerCanJudge_IsSaidAtItsField()
    {
        await VisitAsync();
        await Field("Task").SelectOptionAsync("Replace a part");
        await Field("File or song").SelectOptionAsync(Stage.Song.GetProperty("song").GetProperty("url").GetString()!);
        await Field("From (seconds)").FillAsync("5");
        await Field("To (seconds)").FillAsync("2");

        await MakeAsync();

        await Expect(Field("To (seconds)")).ToBeFocusedAsync();
        await Expect(Field("To (seconds)")).ToHaveAccessibleDescriptionAsync(new System.Text.RegularExpressions.Regex("must be after inpaint_start_time"));
    }

    [Test]
    public async Task Token_WhereOneIsAskedFor_OpensThePage()
    {
        const string Token = "the token of these tests";
        using TemporaryFolder folder = new();
        using ServerProcess guarded = await ServerProcess.StartAsync(folder.File("data"), "--token", Token);
        guarded.Client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        Server = guarded;
        await Page.GotoAsync(Server.Url);
        ILocator field = Page.GetByLabel("Token", new() { Exact = true });
        await Expect(field).ToBeFocusedAsync();
        await Expect(Form).ToBeHiddenAsync();

        await Page.Keyboard.TypeAsync("another token");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.GetByText("The server does not accept this token.")).ToBeVisibleAsync();
        await Page.Keyboard.TypeAsync(Token);
        await Page.Keyboard.PressAsync("Enter");

        await Expect(Form).ToBeVisibleAsync();
        await Expect(field).ToBeHiddenAsync();
        await FillShortestAsync();
        await MakeAsync();
        await ExpectSongAsync();
        Assert.That((await HearAsync()).Seconds, Is.EqualTo(10).Within(0.3));
    }

    /// <summary>Starts a song that takes longer than the test, and waits until it is being made.</summary>
    private async Task StartALongOneAsync()
    {
        await VisitAsync();
        await Field("Length (seconds)").FillAsync("120");
        await MakeAsync();
        await Expect(Result.GetByText("Composing,")).ToBeVisibleAsync();
    }
}
