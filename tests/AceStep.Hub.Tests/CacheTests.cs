namespace AceStep.Hub.Tests;

/// <summary>From a name to files in Hugging Face's cache, and back from the cache.</summary>
internal sealed class CacheTests : HubFixture
{
    [Test]
    public async Task GetCheckpoint_ByItsName_ComesIntoPythonsLayout()
    {
        string folder = await Store().GetCheckpointAsync(Checkpoint);

        AssertReleased(folder);
        string repository = Path.Combine(Settings.Cache, "models--test--tiny");
        Assert.That(folder, Is.EqualTo(Path.Combine(repository, "snapshots", Commit) + Path.DirectorySeparatorChar).Or.EqualTo(Path.Combine(repository, "snapshots", Commit)));
        Assert.That(File.ReadAllText(Path.Combine(repository, "refs", "main")), Is.EqualTo(Commit));
        foreach ((string path, byte[] contents) in Released())
        {
            string key = FakeHub.IsLarge(path) ? FakeHub.Sha256(contents) : FakeHub.GitHash(contents);
            string link = new FileInfo(Path.Combine(folder, path)).LinkTarget!;
            Assert.That(link, Is.EqualTo(string.Concat(Enumerable.Repeat("../", path.Split('/').Length + 1)) + "blobs/" + key), path);
        }

        Assert.That(Directory.GetFiles(Path.Combine(repository, "blobs")), Has.Length.EqualTo(Released().Count - 1), "two files are equal, and one blob");
        Assert.That(Unfinished(), Is.Empty);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task GetCheckpoint_WhatTheHubListsOrNot_AsksWhatItNeeds(bool listsHashes)
    {
        Hub.ListsHashes = listsHashes;

        AssertReleased(await Store().GetCheckpointAsync(Checkpoint));

        Assert.That(Hub.Requests.Count(request => request.Method == "HEAD"), Is.EqualTo(listsHashes ? 0 : Released().Count));
        Assert.That(Hub.ContentRequests, Has.Count.EqualTo(Released().Count), "nine blobs and the vocabulary");
    }

    [Test]
    public async Task GetCheckpoint_OfManyFiles_ComesSeveralAtOnce()
    {
        // The first answer waits for as many requests as may be open at once: with fewer it would wait for ever.
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int now = 0;
        int most = 0;
        Lock gate = new();
        Hub.Sending = async (_, _) =>
        {
            lock (gate)
            {
                most = Math.Max(most, ++now);
                if (now == Timing.FilesAtOnce)
                {
                    all.TrySetResult();
                }
            }

            await Task.WhenAny(all.Task, Task.Delay(TimeSpan.FromSeconds(20)));
            lock (gate)
            {
                now--;
            }

            return false;
        };

        AssertReleased(await Store().GetCheckpointAsync(Checkpoint));

        Assert.That(most, Is.EqualTo(Timing.FilesAtOnce));
    }

    [Test]
    public async Task GetCheckpoint_Again_AsksNobody()
    {
        string first = await Store().GetCheckpointAsync(Checkpoint);
        int requests = Hub.Requests.Count;

        string second = await Store().GetCheckpointAsync(Checkpoint);
        string offline = await Store(DownloadMode.Never).GetCheckpointAsync($"{Checkpoint}@{Commit}");

        Assert.That((second, offline), Is.EqualTo((first, first)));
        Assert.That(Hub.Requests, Has.Count.EqualTo(requests));
    }

    [Test]
    public async Task GetCheckpoint_BeforeAnythingComes_SaysWhatFromWhereAndHowLarge()
    {
        int contentsBefore = -1;
        Progress.OnReport = report => contentsBefore = contentsBefore < 0 ? Hub.ContentRequests.Count : contentsBefore;

        await Store().GetCheckpointAsync(Checkpoint);

        DownloadProgress first = Progress.All[0];
        Assert.That(contentsBefore, Is.Zero);
        Assert.That((first.Plan.Name, first.Plan.Host, first.Plan.Commit, first.Completed), Is.EqualTo((Checkpoint, "127.0.0.1", Commit, 0L)));
        Assert.That(first.Plan.Files.Select(file => file.Path), Is.SupersetOf(CheckpointFiles.Where(path => path != "config.json" && path != "ace_step_transformer/config.json")));
        Assert.That(first.Plan.Bytes, Is.EqualTo(Released().Where(file => file.Key != "config.json").Sum(file => (long)file.Value.Length)));
        Assert.That(first.Plan.Folder, Does.StartWith(Settings.Cache));
        DownloadProgress last = Progress.All.Last(report => report.Plan.Name == Checkpoint);
        Assert.That((last.Completed, last.Total), Is.EqualTo((first.Plan.Bytes, first.Plan.Bytes)));
    }

    [Test]
    public async Task GetCheckpoint_WithoutOwnVocabulary_BringsTheReleasedOne()
    {
        await Store().GetCheckpointAsync(Checkpoint);

        Assert.That(File.ReadAllBytes(Store(DownloadMode.Never).FindLyricVocabulary()!), Is.EqualTo(Hub.Files["/vocab.json"]));
    }

    [Test]
    public async Task GetCheckpoint_WithItsOwnVocabulary_BringsThatAlone()
    {
        Hub.Repositories[Checkpoint].Files["lyric_tokenizer/vocab.json"] = Bytes("own", 100);

        string folder = await Store().GetCheckpointAsync(Checkpoint);

        Assert.That(File.Exists(Path.Combine(folder, "lyric_tokenizer", "vocab.json")), Is.True);
        Assert.That(Store().FindLyricVocabulary(), Is.Null);
    }

    [Test]
    public async Task GetCheckpoint_WhereTheVocabularyIsNotToBeHad_IsThereAndSaysSo()
    {
        Hub.Files.Clear();

        AssertReleased(await Store().GetCheckpointAsync(Checkpoint));

        Assert.That(Progress.All[^1].Note, Does.Contain("lyrics will not work").And.Contain("acestep download lyric-vocabulary"));
    }

    [Test]
    public async Task GetCheckpoint_OfManyFiles_TakesWhatTheModelNeeds()
    {
        Dictionary<string, byte[]> files = Hub.Repositories[Checkpoint].Files;
        foreach (string path in (string[])["README.md", "song.mp3", "optimizer.bin", "ace_step_transformer/diffusion_pytorch_model.fp16.safetensors", "music_vocoder/old/config.json", "weights.safetensors"])
        {
            files[path] = Bytes(path, 10);
        }

        string folder = await Store().GetCheckpointAsync(Checkpoint);

        Assert.That(HubCache.Files(folder), Is.EquivalentTo(CheckpointFiles));
    }

    [Test]
    public async Task GetCheckpoint_InShards_IsCompleteWithAllOfThem()
    {
        Dictionary<string, byte[]> files = Hub.Repositories[Checkpoint].Files;
        const string Weights = "ace_step_transformer/diffusion_pytorch_model";
        files.Remove(Weights + ".safetensors");
        files[Weights + ".safetensors.index.json"] = """{"weight_map":{"a":"diffusion_pytorch_model-00001-of-00002.safetensors","b":"diffusion_pytorch_model-00002-of-00002.safetensors"}}"""u8.ToArray();
        files[Weights + "-00001-of-00002.safetensors"] = Bytes("1", 100);
        files[Weights + "-00002-of-00002.safetensors"] = Bytes("2", 100);

        string folder = await Store().GetCheckpointAsync(Checkpoint);
        File.Delete(Path.Combine(folder, Weights + "-00002-of-00002.safetensors"));

        Assert.That(async () => await Store(DownloadMode.Never).GetCheckpointAsync(Checkpoint), Throws.TypeOf<DownloadException>(), "one is gone");
        Assert.That(await Store().GetCheckpointAsync(Checkpoint), Is.EqualTo(folder));
        Assert.That(File.ReadAllBytes(Path.Combine(folder, Weights + "-00002-of-00002.safetensors")), Is.EqualTo(files[Weights + "-00002-of-00002.safetensors"]));
    }

    [Test]
    public async Task GetCheckpoint_OfASingleFile_IsThatFile()
    {
        Hub.Repositories["comfy/one"] = new FakeRepository(Commit, new() { ["all_in_one/ace.safetensors"] = Bytes("one", 1000), ["README.md"] = [1] });

        string file = await Store().GetCheckpointAsync("comfy/one");

        Assert.That(file, Does.EndWith(Path.Combine(Commit, "all_in_one", "ace.safetensors")));
        Assert.That(File.ReadAllBytes(file), Is.EqualTo(Bytes("one", 1000)));
    }

    [Test]
    public async Task GetLora_ByItsName_TakesWeightsAndConfiguration()
    {
        Hub.Repositories["test/rap"] = new FakeRepository(Commit, new() { ["pytorch_lora_weights.safetensors"] = Bytes("lora", 1000), ["config.json"] = Bytes("config", 20), ["other.safetensors"] = [1], ["x.bin"] = [2] });

        string path = await Store().GetLoraAsync("test/rap");

        Assert.That(File.ReadAllBytes(path), Is.EqualTo(Bytes("lora", 1000)));
        Assert.That(HubCache.Files(Cache.Snapshot("test/rap", Commit)), Is.EquivalentTo(new[] { "config.json", "pytorch_lora_weights.safetensors" }));
    }

    [TestCase("pytorch_lora_weights.safetensors", true, "is a LoRA")]
    [TestCase("ace_step_transformer/config.json", false, "is a checkpoint")]
    [TestCase("model.bin", true, "has no safetensors file")]
    [TestCase("a.safetensors,b.safetensors", true, "several safetensors files: a.safetensors, b.safetensors")]
    public void Get_WhatIsSomethingElse_IsRefusedBeforeItComes(string paths, bool isCheckpoint, string message)
    {
        Hub.Repositories["test/other"] = new FakeRepository(Commit, paths.Split(',').ToDictionary(path => path, path => new byte[] { 1 }));

        Assert.That(async () => isCheckpoint ? await Store().GetCheckpointAsync("test/other") : await Store().GetLoraAsync("test/other"), Throws.TypeOf<DownloadException>().With.Message.Contains(message));
        Assert.That(Hub.ContentRequests, Is.Empty);
    }

    [Test]
    public async Task GetCheckpoint_WhereTheOriginalHasIt_IsUsedFromThere()
    {
        string folder = await Store().GetCheckpointAsync(Checkpoint);
        Directory.Move(Settings.Cache, Settings.OtherCaches[0]);
        int requests = Hub.Requests.Count;

        string found = await Store().GetCheckpointAsync(Checkpoint);

        Assert.That(found, Is.EqualTo(folder.Replace(Settings.Cache, Settings.OtherCaches[0], StringComparison.Ordinal)));
        Assert.That(Hub.Requests, Has.Count.EqualTo(requests));
    }

    [Test]
    public async Task GetCheckpoint_WhereThePlainFolderOfTheOriginalHasIt_IsUsedFromThere()
    {
        foreach ((string path, byte[] contents) in Released())
        {
            string file = Path.Combine(Settings.OtherCaches[0], path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, contents);
        }

        Assert.That(await Store().GetCheckpointAsync(ModelStore.ReleasedCheckpoint), Is.EqualTo(Settings.OtherCaches[0]));
        Assert.That(Hub.Requests, Is.Empty);
    }

    [Test]
    public async Task GetCheckpoint_WhatPythonLeftHalf_GoesOnThere()
    {
        string weights = CheckpointFiles[2];
        byte[] contents = Released()[weights];
        string blobs = Directory.CreateDirectory(Path.Combine(Settings.Cache, "models--test--tiny", "blobs")).FullName;
        File.WriteAllBytes(Path.Combine(blobs, FakeHub.Sha256(contents) + ".incomplete"), contents[..100_000]);
        byte[] complete = Released()[CheckpointFiles[4]];
        File.WriteAllBytes(Path.Combine(blobs, FakeHub.Sha256(complete)), complete);

        AssertReleased(await Store().GetCheckpointAsync(Checkpoint));

        Assert.That(Hub.ContentRequests.Single(request => request.Path.EndsWith(weights, StringComparison.Ordinal)).Range, Is.EqualTo("bytes=100000-"));
        Assert.That(Hub.ContentRequests.Where(request => request.Path.EndsWith(CheckpointFiles[4], StringComparison.Ordinal)), Is.Empty, "its blob was there");
        Assert.That(Progress.All[0].Plan.BytesPresent, Is.EqualTo(100_000));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task GetCheckpoint_OfReleasedFilesThatAreCut_FetchesThemAgain(bool usesLinks)
    {
        Settings = Settings with { UsesLinks = usesLinks };
        Hub.Repositories[ModelStore.ReleasedCheckpoint] = new FakeRepository(Commit, Released());
        string folder = await Store().GetCheckpointAsync(ModelStore.ReleasedCheckpoint);
        using (FileStream cut = new(Path.Combine(folder, CheckpointFiles[2]), FileMode.Open, FileAccess.Write))
        {
            cut.SetLength(1000);
        }

        Assert.That(async () => await Store(DownloadMode.Never).GetCheckpointAsync(ModelStore.ReleasedCheckpoint), Throws.TypeOf<DownloadException>());
        AssertReleased(await Store().GetCheckpointAsync(ModelStore.ReleasedCheckpoint));
    }

    [Test]
    public async Task GetCheckpoint_WithoutLinks_HoldsTheFilesThemselves()
    {
        Settings = Settings with { UsesLinks = false };

        string folder = await Store().GetCheckpointAsync(Checkpoint);

        AssertReleased(folder);
        Assert.That(CheckpointFiles.Select(path => new FileInfo(Path.Combine(folder, path)).LinkTarget), Is.All.Null);
        Assert.That(Directory.GetFiles(Path.Combine(Settings.Cache, "models--test--tiny", "blobs")), Is.Empty);
        Assert.That(await Store(DownloadMode.Never).GetCheckpointAsync(Checkpoint), Is.EqualTo(folder));
    }

    [Test]
    public void GetCheckpoint_Offline_AsksNobodyAndSaysHowToGetIt()
    {
        Assert.That(async () => await Store(DownloadMode.Never).GetCheckpointAsync(Checkpoint), Throws.TypeOf<DownloadException>().With.Message.Contains($"acestep download {Checkpoint}"));
        Settings = Settings with { IsOffline = true };
        Assert.That(async () => await Store().GetCheckpointAsync(Checkpoint), Throws.TypeOf<DownloadException>().With.Message.Contains("HF_HUB_OFFLINE"));
        Assert.That(async () => await Store().GetLyricVocabularyAsync(), Throws.TypeOf<DownloadException>());
        Assert.That(async () => await Store().GetJapaneseDictionaryAsync(), Throws.TypeOf<DownloadException>());
        Assert.That(Hub.Requests, Is.Empty);
    }

    [TestCase("/nothing/here")]
    [TestCase("nothing")]
    public async Task GetCheckpoint_OfAPath_IsThePathAndAsksNobody(string path)
    {
        Assert.That(await Store(DownloadMode.WhenMissing).GetCheckpointAsync(path), Is.EqualTo(path));
        Assert.That(Hub.Requests, Is.Empty);
    }

    [Test]
    public async Task Download_ANewerMain_BringsItAndKeepsWhichItIs()
    {
        await Store().GetCheckpointAsync(Checkpoint);
        string newer = new('b', 40);
        Hub.Repositories[Checkpoint] = new FakeRepository(newer, Released());

        string cached = await Store().GetCheckpointAsync(Checkpoint);
        string folder = await Store().DownloadAsync(Checkpoint);

        Assert.That(cached, Does.Contain(Commit), "what is in the cache is used as it is");
        Assert.That(folder, Does.Contain(newer));
        AssertReleased(folder);
        Assert.That(Cache.FindCommit(Checkpoint, "main"), Is.EqualTo(newer));
        Assert.That(Hub.ContentRequests, Has.Count.EqualTo(Released().Count), "equal blobs do not come again");
    }

    [Test]
    public async Task Download_IntoAFolder_HoldsPlainFilesAndTheVocabulary()
    {
        string target = Path.Combine(Folder, "plain");

        string folder = await Store().DownloadAsync(Checkpoint, target);

        Assert.That(folder, Is.EqualTo(target).Or.EqualTo(target + Path.DirectorySeparatorChar));
        AssertReleased(target);
        Assert.That(File.ReadAllBytes(Path.Combine(target, "lyric_tokenizer", "vocab.json")), Is.EqualTo(Hub.Files["/vocab.json"]));
        Assert.That(Directory.Exists(Cache.Repository(Checkpoint)), Is.False);
        Assert.That(Unfinished(), Is.Empty);
    }

    [Test]
    public async Task Download_IntoAFolder_TakesWhatTheCacheHas()
    {
        await Store().GetCheckpointAsync(Checkpoint);
        int contents = Hub.ContentRequests.Count;

        await Store().DownloadAsync(Checkpoint, Path.Combine(Folder, "plain"));

        AssertReleased(Path.Combine(Folder, "plain"));
        Assert.That(Hub.ContentRequests, Has.Count.EqualTo(contents));
    }

    [Test]
    public async Task Download_WhereAnotherFileLies_ReplacesNothing()
    {
        string target = Path.Combine(Folder, "plain");
        Directory.CreateDirectory(target);
        File.WriteAllText(Path.Combine(target, "config.json"), "mine");

        Assert.That(async () => await Store().DownloadAsync(Checkpoint, target), Throws.TypeOf<DownloadException>().With.Message.Contains("is not replaced"));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(target, "config.json")), Is.EqualTo("mine"));
        Assert.That(Hub.ContentRequests, Is.Empty);
    }

    [Test]
    public async Task Get_AnAddress_ComesOnceWithoutTheToken()
    {
        Hub.Files["/some/lora.safetensors"] = Bytes("lora", 5_000);
        string address = new Uri(Hub.Contents, "/some/lora.safetensors").AbsoluteUri;

        string first = await Store().GetLoraAsync(address);
        string second = await Store(DownloadMode.Never).GetLoraAsync(address);

        Assert.That(await File.ReadAllBytesAsync(first), Is.EqualTo(Hub.Files["/some/lora.safetensors"]));
        Assert.That(second, Is.EqualTo(first));
        Assert.That(Path.GetFileName(first), Is.EqualTo("lora.safetensors"));
        Assert.That(Hub.Requests.Select(request => request.Authorization), Is.All.Null);
        Assert.That(Progress.All[0].Plan.Files.Single().Checksum, Is.Null, "nobody says what it hashes to");
    }

    [TestCase("/x.ckpt")]
    [TestCase("/")]
    [TestCase("/a%2Fb.safetensors")]
    public void Get_AnAddressOfNoModel_IsRefused(string path) =>
        Assert.That(async () => await Store().GetLoraAsync(new Uri(Hub.Contents, path).AbsoluteUri), Throws.TypeOf<DownloadException>().With.Message.Contains("ends in .safetensors or .json"));
}
