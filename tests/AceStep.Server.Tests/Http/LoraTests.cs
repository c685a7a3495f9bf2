using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Hub;
using Microsoft.Extensions.DependencyInjection;

namespace AceStep.Server.Tests.Http;

/// <summary>LoRAs that clients name by their names on the hub: fetched once, within bounds, and only those that are allowed.</summary>
internal sealed class LoraTests : FolderFixture
{
    private FakeHub _hub = null!;

    [SetUp]
    public async Task StartHubAsync()
    {
        _hub = await FakeHub.StartAsync();
        _hub.Repositories[DemoLora.Name] = DemoLora.Repository(1);
        _hub.Repositories["ACE-Step/other"] = DemoLora.Repository(2);
        _hub.Repositories["someone/theirs"] = DemoLora.Repository(3);
    }

    [TearDown]
    public async Task StopHubAsync() => await _hub.DisposeAsync();

    [Test]
    public async Task LoraOfTheGuide_IsFetchedOnce_SaysSo_AndChangesTheSong()
    {
        await using ServerHost host = await StartAsync();

        JsonElement plain = await MakeAsync(host, null);
        JsonElement first = await MakeAsync(host, DemoLora.Name);
        int asked = _hub.Requests.Count;
        JsonElement second = await MakeAsync(host, DemoLora.Name);
        JsonElement plainAgain = await MakeAsync(host, null);

        Assert.That(first.Text("status"), Is.EqualTo("succeeded"), first.Text("error"));
        Assert.That(first.Text("logs"), Does.Contain($"Downloading {DemoLora.Name} from 127.0.0.1: 0 MB in 1 file").And.Contain($"{DemoLora.Name} is downloaded and verified"));
        Assert.That(first.Text("output"), Is.Not.EqualTo(plain.Text("output")));
        Assert.That(second.Text("output"), Is.EqualTo(first.Text("output")));
        Assert.That(second.Text("logs"), Does.Not.Contain("Downloading"));
        Assert.That(plainAgain.Text("output"), Is.EqualTo(plain.Text("output")));
        Assert.That(_hub.Requests, Has.Count.EqualTo(asked), "nothing is asked for what is here");
        Assert.That(_hub.Requests.Select(request => request.Authorization), Has.Some.EqualTo("Bearer hf_secret"), "the operator allows the owner by name");
        Assert.That(Directory.Exists(Path.Combine(host.Options.DataFolder, "loras", "models--ACE-Step--ACE-Step-v1-chinese-rap-LoRA")), Is.True);
        Assert.That(Directory.Exists(Folder.File("hub")), Is.False, "the user's own cache is the user's");
    }

    [Test]
    public async Task LoraInTheUsersCache_IsUsedFromThere()
    {
        HubSettings settings = Settings();
        await new ModelStore(settings, KnownFiles.Released, new HubTiming(), DownloadMode.WhenNamed, null).GetLoraAsync(DemoLora.Name);
        int asked = _hub.Requests.Count;
        await using ServerHost host = await StartAsync();

        JsonElement made = await MakeAsync(host, DemoLora.Name);

        Assert.That(made.Text("status"), Is.EqualTo("succeeded"), made.Text("error"));
        Assert.That(_hub.Requests, Has.Count.EqualTo(asked));
        Assert.That(Directory.Exists(Path.Combine(host.Options.DataFolder, "loras")), Is.False);
    }

    [TestCase("someone/theirs", "ACE-Step/*")]
    [TestCase("../../etc", "ACE-Step/*")]
    [TestCase("https://huggingface.co/ACE-Step/other", "ACE-Step/*")]
    [TestCase("ACE-Step", "ACE-Step/*")]
    [TestCase("ACE-Step/../other", "ACE-Step/*")]
    [TestCase("tests/AceStep.Server.Tests", "ACE-Step/*")]
    public async Task LoraThatIsNotAllowed_Is422_AndNobodyIsAsked(string name, string allowed)
    {
        await using ServerHost host = await StartAsync();

        JsonElement problem = await (await host.CreateAsync(Input(name))).ExpectAsync(422);

        Assert.That(problem.GetProperty("invalid_fields")[0].Text("field"), Is.EqualTo("input.lora_name_or_path"));
        Assert.That(problem.Text("detail"), Does.Contain(allowed).And.Contain(name));
        Assert.That(_hub.Requests, Is.Empty);
    }

    [Test]
    public async Task AnyLora_WhereAllAreAllowed_ComesWithoutTheOperatorsToken()
    {
        await using ServerHost host = await StartAsync(options => Allow(options, "*"));

        JsonElement made = await MakeAsync(host, "someone/theirs");

        Assert.That(made.Text("status"), Is.EqualTo("succeeded"), made.Text("error"));
        Assert.That(_hub.Requests.Select(request => request.Authorization), Has.All.Null);
    }

    [Test]
    public async Task NoLora_WhereNoneIsAllowed_Is422()
    {
        await using ServerHost host = await StartAsync(options => options.AllowedLoras.Clear());

        Assert.That((await (await host.CreateAsync(Input(DemoLora.Name))).ExpectAsync(422)).Text("detail"), Does.Contain("takes no LoRAs"));
    }

    [Test]
    public async Task Offline_WhatIsNotHereIsRefusedAtOnce_AndWhatIsHereIsUsed()
    {
        await using ServerHost host = await StartAsync(options =>
        {
            Directory.CreateDirectory(Folder.File("loras"));
            File.WriteAllBytes(Folder.File("loras/mine.safetensors"), DemoLora.Weights(1));
            options.LoraFolder = Folder.File("loras");
            options.Pipeline = options.Pipeline with { Download = DownloadMode.Never };
        });

        JsonElement problem = await (await host.CreateAsync(Input(DemoLora.Name))).ExpectAsync(422);
        JsonElement made = await MakeAsync(host, "mine.safetensors");

        Assert.That(problem.Text("detail"), Does.Contain("downloads are off"));
        Assert.That(made.Text("status"), Is.EqualTo("succeeded"), made.Text("error"));
        Assert.That(_hub.Requests, Is.Empty);
    }

    [Test]
    public async Task LoraThatTheHubDoesNotHave_FailsThePrediction_AndTheNextOneRuns()
    {
        await using ServerHost host = await StartAsync();

        JsonElement failed = await MakeAsync(host, "ACE-Step/no-such");
        JsonElement made = await MakeAsync(host, null);

        Assert.That((failed.Text("status"), made.Text("status")), Is.EqualTo(("failed", "succeeded")));
        Assert.That(failed.Text("error"), Does.StartWith("The LoRA ACE-Step/no-such cannot be downloaded: ").And.Not.Contain(Folder.Path).And.Not.Contain(host.Options.DataFolder));
    }

    [Test]
    public async Task LoraThatIsTooLarge_FailsThePrediction_BeforeItIsFetched()
    {
        await using ServerHost host = await StartAsync(options => options.MaxLoraBytes = 100);

        JsonElement failed = await MakeAsync(host, DemoLora.Name);

        Assert.That(failed.Text("status"), Is.EqualTo("failed"));
        Assert.That(failed.Text("error"), Does.Contain("is too large"));
        Assert.That(_hub.ContentRequests, Is.Empty);
    }

    [Test]
    public async Task LoraOfAnotherModel_FailsThePrediction_WithoutNamingPlacesOnTheServer()
    {
        _hub.Repositories["ACE-Step/broken"] = new FakeRepository("89abcdef0123456789abcdef0123456789abcdef", new Dictionary<string, byte[]> { ["pytorch_lora_weights.safetensors"] = [8, 0, 0, 0, 0, 0, 0, 0, .. "{}      "u8] });
        await using ServerHost host = await StartAsync();

        JsonElement failed = await MakeAsync(host, "ACE-Step/broken");

        Assert.That(failed.Text("status"), Is.EqualTo("failed"));
        Assert.That(failed.Text("error"), Does.StartWith("The LoRA ACE-Step/broken cannot be used: ").And.Not.Contain(host.Options.DataFolder));
    }

    [Test]
    public async Task FetchedLoras_BeyondTheirRoom_GoWhenTheyAreNotInUse()
    {
        await using ServerHost host = await StartAsync(options =>
        {
            options.LoraCacheSize = 1;
            options.MaxLoraDataBytes = 1;
        });

        JsonElement first = await MakeAsync(host, DemoLora.Name);
        JsonElement second = await MakeAsync(host, "ACE-Step/other");

        Assert.That((first.Text("status"), second.Text("status")), Is.EqualTo(("succeeded", "succeeded")), second.Text("error"));
        Assert.That(Directory.GetDirectories(Path.Combine(host.Options.DataFolder, "loras"), "models--*").Select(Path.GetFileName), Is.EqualTo(new[] { "models--ACE-Step--other" }));
        Assert.That((await MakeAsync(host, DemoLora.Name)).Text("output"), Is.EqualTo(first.Text("output")), "it comes again");
    }

    private static void Allow(AceStepServerOptions options, string pattern)
    {
        options.AllowedLoras.Clear();
        options.AllowedLoras.Add(pattern);
    }

    private static JsonObject Input(string? lora)
    {
        JsonObject input = new() { ["audio_duration"] = 10, ["infer_steps"] = 20, ["seed"] = 7 };
        if (lora is not null)
        {
            input["lora_name_or_path"] = lora;
        }

        return input;
    }

    private static async Task<JsonElement> MakeAsync(ServerHost host, string? lora) =>
        await host.EndOfAsync((await (await host.CreateAsync(Input(lora))).ExpectAsync(201)).Text("id"));

    private HubSettings Settings() => new() { Endpoint = _hub.Address, Cache = Folder.File("hub"), Assets = Folder.File("assets"), Token = "hf_secret" };

    private Task<ServerHost> StartAsync(Action<AceStepServerOptions>? change = null) => ServerHost.StartAsync(change, services => services.AddSingleton(Settings()));
}
