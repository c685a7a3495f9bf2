using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace AceStep.Hub.Tests;

/// <summary>Processes: killed at any moment, at work on the same files, behind a proxy; and the commands as people type them.</summary>
internal sealed class ProcessTests : HubFixture
{
    private const int Chains = 4;
    private const int KillsPerChain = 25;
    private const string Tiny = "test/whole";

    private string Home(string name) => Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;

    private static HubCache CacheOf(string home) => new(Path.Combine(home, "hub"));

    /// <summary>The released names with a vocabulary, so that everything comes from the fake hub.</summary>
    private void Publish()
    {
        Dictionary<string, byte[]> files = Released();
        files["lyric_tokenizer/vocab.json"] = Bytes("own", 500);
        Hub.Repositories[Checkpoint] = new FakeRepository(Commit, files);
    }

    [Test]
    public async Task Download_KilledAHundredTimes_LosesNothingThatWasVerifiedAndEndsWhole() =>
        await Task.WhenAll(Enumerable.Range(1, Chains).Select(KillAgainAndAgainAsync));

    /// <summary>One cache whose download is killed at moments that a seed chooses: after so many bytes, and some milliseconds.</summary>
    private async Task KillAgainAndAgainAsync(int seed)
    {
        Random random = new(seed);
        await using FakeHub hub = await FakeHub.StartAsync();
        Dictionary<string, byte[]> files = Released();
        files["lyric_tokenizer/vocab.json"] = Bytes("own", 500);
        hub.Repositories[Checkpoint] = new FakeRepository(Commit, files);
        int total = files.Values.Sum(contents => contents.Length);
        string home = Home($"chain-{seed}");
        for (int kill = 0; kill < KillsPerChain; kill++)
        {
            Dictionary<string, long> arrived = Arrived(home);
            int before = hub.Requests.Count;
            // A few bytes at a time, so that there is something left to come at the last kill; some kills come before the first byte and some after the last.
            int bytes = random.Next(0, 2 * total / KillsPerChain);
            TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
            int sent = 0;
            hub.Sent = length =>
            {
                if (Interlocked.Add(ref sent, length) >= bytes)
                {
                    reached.TrySetResult();
                }
            };
            using (Process process = HubProcess.Start(home, hub.Address, ["download", Checkpoint, "--quiet"]))
            {
                await Task.WhenAny(reached.Task, process.WaitForExitAsync());
                await Task.Delay(random.Next(0, 12));
                process.Kill();
                await process.WaitForExitAsync();
            }

            AssertNothingWrong(home, files);
            AssertWentOn(arrived, hub.Requests.Skip(before));
        }

        hub.Sent = null;
        await HubProcess.RunAsync(0, home, hub.Address, ["download", Checkpoint, "--quiet"]);
        Assert.That(HubCache.Files(CacheOf(home).Snapshot(Checkpoint, Commit)), Is.EquivalentTo(files.Keys));
        AssertNothingWrong(home, files);
        Assert.That(Directory.GetFiles(home, "*", SearchOption.AllDirectories).Where(path => Path.GetExtension(path) is ".incomplete" or ".tmp" && !path.Contains("refs", StringComparison.Ordinal)), Is.Empty);
    }

    /// <summary>The bytes of each large file that are on disk, verified or not, by the file's hash.</summary>
    private static Dictionary<string, long> Arrived(string home)
    {
        string blobs = Path.Combine(CacheOf(home).Repository(Checkpoint), "blobs");
        return Directory.Exists(blobs) ? Directory.GetFiles(blobs).ToDictionary(path => Path.GetFileName(path), path => new FileInfo(path).Length) : [];
    }

    /// <summary>Whatever the cache shows as complete is right.</summary>
    private static void AssertNothingWrong(string home, Dictionary<string, byte[]> files)
    {
        string snapshot = CacheOf(home).Snapshot(Checkpoint, Commit);
        foreach (string path in HubCache.Files(snapshot).Where(path => !path.EndsWith(".tmp", StringComparison.Ordinal)))
        {
            Assert.That(File.ReadAllBytes(Path.Combine(snapshot, path)).AsSpan().SequenceEqual(files[path]), Is.True, path);
        }
    }

    /// <summary>What had arrived did not come again: verified files not at all, parts from where they ended.</summary>
    private static void AssertWentOn(Dictionary<string, long> arrived, IEnumerable<HubRequest> requests)
    {
        Dictionary<string, string> hashes = Released().Where(file => FakeHub.IsLarge(file.Key)).ToDictionary(file => $"/contents/{Checkpoint}/{file.Key}", file => FakeHub.Sha256(file.Value));
        foreach (HubRequest request in requests.Where(request => hashes.ContainsKey(request.Path)))
        {
            string hash = hashes[request.Path];
            Assert.That(arrived.ContainsKey(hash), Is.False, $"{request.Path} was verified, and came again");
            long part = arrived.GetValueOrDefault($"{hash}.incomplete");
            Assert.That(request.Range, Is.EqualTo(part == 0 ? null : $"bytes={part}-"), request.Path);
        }
    }

    [Test]
    public async Task Download_ByTwoProcessesAtOnce_ComesOnce()
    {
        Publish();
        string home = Home("two");
        Hub.Sending = async (_, _) =>
        {
            // Long enough for both to be at it.
            await Task.Delay(50);
            return false;
        };

        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => HubProcess.RunAsync(0, home, Hub.Address, ["download", Checkpoint, "--quiet"])));

        AssertReleased(CacheOf(home).Snapshot(Checkpoint, Commit));
        Assert.That(Hub.ContentRequests.GroupBy(request => request.Path).Where(requests => requests.Count() > 1).Select(requests => requests.Key), Is.Empty);
    }

    [Test]
    public async Task Download_BehindAProxy_AsksTheProxy()
    {
        Publish();
        string home = Home("proxied");
        // The proxy is the hub itself: it is asked for whole addresses of a host that no name server knows.
        Hub.Before = context =>
        {
            Assert.That(context.Request.Host.Host, Is.EqualTo("hub.invalid").Or.EqualTo("127.0.0.1"));
            return Task.FromResult(false);
        };

        await HubProcess.RunAsync(0, home, new Uri("http://hub.invalid"), ["download", Checkpoint, "--quiet"], ("http_proxy", Hub.Address.AbsoluteUri), ("no_proxy", "127.0.0.1"), ("HF_TOKEN", "hf_secret"));

        AssertReleased(CacheOf(home).Snapshot(Checkpoint, Commit));
        Assert.That(Hub.Requests.Select(request => request.Authorization), Is.All.Null, "the way to the proxy is open to everybody");
    }

    [Test]
    public async Task Download_Listed_Removed_AsTyped()
    {
        Publish();
        string home = Home("typed");

        (string said, _) = await HubProcess.RunAsync(0, home, Hub.Address, ["download", Checkpoint]);
        (string listed, _) = await HubProcess.RunAsync(0, home, Hub.Address, ["models"]);
        (string json, _) = await HubProcess.RunAsync(0, home, Hub.Address, ["models", "--json"]);
        (_, string unknown) = await HubProcess.RunAsync(2, home, Hub.Address, ["models", "--remove", $"{Checkpoint}@v2"]);
        (string removed, _) = await HubProcess.RunAsync(0, home, Hub.Address, ["models", "--remove", $"{Checkpoint}@main"]);
        (_, string refused) = await HubProcess.RunAsync(2, home, Hub.Address, ["models", "--remove", Checkpoint]);

        Assert.That(said, Does.Contain($"Downloading {Checkpoint} (commit 01234567) from 127.0.0.1").And.Contain(CheckpointFiles[2]).And.Contain("verified"));
        Assert.That(listed, Does.Contain(Checkpoint).And.Contain("checkpoint").And.Contain("complete").And.Contain("The released checkpoint is not on this machine"));
        using (JsonDocument document = JsonDocument.Parse(json))
        {
            JsonElement model = document.RootElement.GetProperty("models")[0];
            Assert.That((model.GetProperty("name").GetString(), model.GetProperty("is_complete").GetBoolean()), Is.EqualTo((Checkpoint, true)));
        }

        Assert.That(unknown, Does.Contain($"{Checkpoint}@v2 is in no cache"));
        Assert.That(removed, Does.Contain($"Removed revision main from {CacheOf(home).Repository(Checkpoint)}").And.Contain("Freed "));
        Assert.That(refused, Does.Contain($"{Checkpoint} is in no cache"));
        Assert.That(Directory.Exists(CacheOf(home).Repository(Checkpoint)), Is.False);
    }

    [TestCase("nothing")]
    [TestCase("http://example.com/x.safetensors")]
    public async Task Download_OfNoName_IsRefused(string name)
    {
        (_, string error) = await HubProcess.RunAsync(2, Home("none"), Hub.Address, ["download", name]);

        Assert.That(error, Does.StartWith("error: A").And.Contain(name));
        Assert.That(Hub.Requests, Is.Empty);
    }

    [Test]
    public async Task Generate_FromNames_MakesASongAndComesOnce()
    {
        PublishTiny();
        string home = Home("songs");
        string[] song = ["generate", "--checkpoint", Tiny, "--lora", "test/style:0.5", "--prompt", "funk", "--lyrics", "[verse]\nhello", "--duration", "3", "--steps", "1", "--device", "cpu", "--output", "song.wav"];

        (string output, _) = await HubProcess.RunAsync(0, home, Hub.Address, song);
        int requests = Hub.Requests.Count;
        await HubProcess.RunAsync(0, home, Hub.Address, [.. song, "--offline", "--quiet"]);

        Assert.That(output, Does.Contain($"Downloading {Tiny}").And.Contain("Downloading test/style").And.Contain($"Checkpoint: {Tiny} ("));
        Assert.That(new FileInfo(Path.Combine(home, "song.wav")).Length, Is.GreaterThan(100_000));
        Assert.That(Hub.Requests, Has.Count.EqualTo(requests));
    }

    [Test]
    public async Task Generate_Offline_FetchesNothing()
    {
        PublishTiny();

        (_, string error) = await HubProcess.RunAsync(1, Home("offline"), Hub.Address, ["generate", "--checkpoint", Tiny, "--prompt", "x", "--output", "song.wav", "--offline"]);

        Assert.That(error, Does.Contain($"'acestep download {Tiny}' downloads it"));
        Assert.That(Hub.Requests, Is.Empty);
    }

    [TestCase("--checkpoint", "http://example.com/x.safetensors", 2, "must begin with https://")]
    [TestCase("--lora", "http://example.com/x.safetensors", 2, "must begin with https://")]
    [TestCase("--lora", "nothing/here/at.all", 1, "There is no LoRA at")]
    public async Task Generate_FromWhatIsNoName_IsRefused(string option, string name, int exitCode, string message)
    {
        (_, string error) = await HubProcess.RunAsync(exitCode, Home("refused"), Hub.Address, ["generate", option, name, "--prompt", "x", "--output", "song.wav"]);

        Assert.That(error, Does.Contain(message));
        Assert.That(Hub.Requests, Is.Empty);
    }

    [Test]
    public async Task Doctor_WithoutTheReleasedCheckpoint_SaysHowToGetIt()
    {
        (string output, _) = await HubProcess.RunAsync(0, Home("doctor"), Hub.Address, ["doctor", "--json"]);

        using JsonDocument document = JsonDocument.Parse(output);
        Assert.That(document.RootElement.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()), Has.Some.Contains($"'acestep download {ModelStore.ReleasedCheckpoint}'"));
        Assert.That(Hub.Requests, Is.Empty);
    }

    [Test, NonParallelizable]
    public async Task LoadAsync_OfAFolderWithoutVocabulary_TakesTheOneThatWasFetchedBefore()
    {
        string home = Home("vocabulary");
        string checkpoint = Path.Combine(Folder, "checkpoint");
        string source = ReferenceData.Require("checkpoint-tiny");
        foreach (string path in HubCache.Files(source).Where(path => !path.StartsWith("lyric_tokenizer", StringComparison.Ordinal)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(checkpoint, path))!);
            File.Copy(Path.Combine(source, path), Path.Combine(checkpoint, path));
        }

        using EnvironmentVariables variables = new(("HF_HOME", home), ("HF_ENDPOINT", Hub.Address.AbsoluteUri), ("HF_HUB_CACHE", null), ("HF_ASSETS_CACHE", null), ("HF_HUB_OFFLINE", null), ("HF_TOKEN", null));
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(checkpoint, new MusicPipelineOptions { Device = "cpu" });
        TextToMusicRequest request = new() { Prompt = "funk", Lyrics = "[verse]\nhello", Duration = TimeSpan.FromSeconds(3), Generation = new GenerationSettings { Steps = 1 } };

        Assert.That(async () => await pipeline.TextToMusicAsync(request), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("acestep download lyric-vocabulary"), "nothing is fetched for a folder");
        string cached = Path.Combine(home, "assets", "acestep", KnownFiles.Released.LyricVocabulary.File.Checksum.Digits[..12], "vocab.json");
        Directory.CreateDirectory(Path.GetDirectoryName(cached)!);
        File.Copy(Path.Combine(source, "lyric_tokenizer", "vocab.json"), cached);
        Assert.That((await pipeline.TextToMusicAsync(request)).Songs, Has.Count.EqualTo(1));
        Assert.That(Hub.Requests, Is.Empty);
    }

    [Test, NonParallelizable]
    public async Task LoadAsync_ByName_FetchesReportsAndMakesASong()
    {
        PublishTiny();
        using EnvironmentVariables variables = new(("HF_HOME", Home("library")), ("HF_ENDPOINT", Hub.Address.AbsoluteUri), ("HF_HUB_CACHE", null), ("HF_ASSETS_CACHE", null), ("HF_HUB_OFFLINE", null), ("HF_TOKEN", null));
        List<MusicProgress> stages = [];
        StageList progress = new(stages);

        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(Tiny, new MusicPipelineOptions { Device = "cpu", DownloadProgress = Progress }, progress);
        Lora lora = await pipeline.LoadLoraAsync("test/style", 0.5);
        MusicResult result = await pipeline.TextToMusicAsync(new TextToMusicRequest { Prompt = "funk", Lyrics = "[verse]\nhello", Duration = TimeSpan.FromSeconds(3), Generation = new GenerationSettings { Steps = 1 } });

        Assert.That(result.Songs, Has.Count.EqualTo(1));
        Assert.That(pipeline.Loras, Is.EqualTo(new[] { lora }));
        Assert.That(pipeline.Checkpoint, Does.Contain(Commit));
        Assert.That(Progress.All.Select(report => report.Plan.Name).Distinct(), Is.EqualTo(new[] { Tiny, "test/style" }));
        MusicProgress[] downloading = [.. stages.Where(stage => stage.Stage == MusicStage.Downloading)];
        Assert.That((downloading[0].Completed, downloading[^1].Completed), Is.EqualTo((0L, downloading[^1].Total)));
        Assert.That(stages.FindLastIndex(stage => stage.Stage == MusicStage.Downloading), Is.LessThan(stages.FindIndex(stage => stage.Stage == MusicStage.Loading)));
    }

    /// <summary>Publishes the tiny checkpoint of the references, and a LoRA for it.</summary>
    private void PublishTiny()
    {
        string folder = ReferenceData.Require("checkpoint-tiny");
        string lora = ReferenceData.Require("lora", "plain", "pytorch_lora_weights.safetensors");
        Hub.Repositories[Tiny] = new FakeRepository(Commit, HubCache.Files(folder).ToDictionary(path => path, path => File.ReadAllBytes(Path.Combine(folder, path))));
        Hub.Repositories["test/style"] = new FakeRepository(Commit, new() { ["pytorch_lora_weights.safetensors"] = File.ReadAllBytes(lora) });
    }

    private sealed class StageList(List<MusicProgress> stages) : IProgress<MusicProgress>
    {
        public void Report(MusicProgress value)
        {
            lock (stages)
            {
                stages.Add(value);
            }
        }
    }

    /// <summary>Variables that are others until the end of a test.</summary>
    private sealed class EnvironmentVariables : IDisposable
    {
        private readonly (string Name, string? Value)[] _before;

        public EnvironmentVariables(params (string Name, string? Value)[] variables)
        {
            _before = [.. variables.Select(variable => (variable.Name, Environment.GetEnvironmentVariable(variable.Name)))];
            Set(variables);
        }

        public void Dispose() => Set(_before);

        private static void Set((string Name, string? Value)[] variables) => Array.ForEach(variables, variable => Environment.SetEnvironmentVariable(variable.Name, variable.Value));
    }
}
