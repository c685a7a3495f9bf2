using System.Text.Json;
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
    public async Task Delete_WhenAskedTwice_RemovesTheSong_HereAndInOtherBrowsers()
    {
        JsonElement doomed = await Stage.MakeAsync(Server, new { prompt = "not to be kept", audio_duration = 10, infer_steps = 20 });
        await using IBrowserContext elsewhere = await Stage.Browser.NewContextAsync(Options);
        IPage other = await elsewhere.NewPageAsync();
        await other.GotoAsync(Server.Url);
        ILocator others = other.GetByRole(AriaRole.Region, new() { Name = "All songs" }).GetByRole(AriaRole.Listitem);
        await Expect(others.First).ToContainTextAsync("not to be kept");
        await VisitAsync($"/p/{doomed.GetProperty("id").GetString()}");
        await ExpectSongAsync();
        int count = await Songs.CountAsync();

        await Button("Delete").ClickAsync();
        ILocator question = Page.GetByRole(AriaRole.Dialog, new() { Name = "Delete “not to be kept”?" });
        await Expect(Button("Keep it")).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("Escape");
        await Expect(question).ToBeHiddenAsync();
        await Expect(Button("Delete")).ToBeFocusedAsync();
        await Expect(Songs).ToHaveCountAsync(count);
        await Page.Keyboard.PressAsync("Enter");
        await Page.Keyboard.PressAsync("Shift+Tab");
        await Expect(Button("Delete the song")).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("Enter");

        await Expect(question).ToBeHiddenAsync();
        await Expect(Songs).ToHaveCountAsync(count - 1);
        await Expect(Page).Not.ToHaveURLAsync(new System.Text.RegularExpressions.Regex(doomed.GetProperty("id").GetString()!));
        await Expect(Result).ToBeFocusedAsync();
        await Expect(Result).Not.ToContainTextAsync("not to be kept");
        await Expect(others.First).Not.ToContainTextAsync("not to be kept");
        using HttpResponseMessage gone = await Server.Client.GetAsync($"/v1/predictions/{doomed.GetProperty("id").GetString()}");
        Assert.That((int)gone.StatusCode, Is.EqualTo(404));
    }

    [Test]
    public async Task Delete_OfTheLastSong_LeavesThePageAsAtTheFirstVisit()
    {
        using TemporaryFolder folder = new();
        using ServerProcess own = await ServerProcess.StartAsync(folder.File("data"));
        Server = own;
        await Stage.MakeAsync(own, new { prompt = "the only one", audio_duration = 10, infer_steps = 20 });
        await VisitAsync();

        await Button("Delete").ClickAsync();
        await Button("Delete the song").ClickAsync();

        await Expect(Songs).ToHaveCountAsync(0);
        await Expect(Result).ToContainTextAsync("No song yet");
        await Expect(Page.GetByText("Songs are kept on the server and listed here.")).ToBeVisibleAsync();
        await Expect(Page).ToHaveURLAsync(own.Url + "/");
        await Page.ReloadAsync();
        await Expect(Result).ToContainTextAsync("No song yet");
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
