namespace AceStep.Hub.Tests;

/// <summary>What is in the caches, and its removal.</summary>
internal sealed class StoredModelTests : HubFixture
{
    private const string Later = "fedcba98fedcba98fedcba98fedcba98fedcba98";

    [Test]
    public async Task List_OfWhatWasFetched_SaysKindSizeAndCompleteness()
    {
        Hub.Repositories["test/rap"] = new FakeRepository(Commit, new() { ["pytorch_lora_weights.safetensors"] = Bytes("lora", 1000) });
        string folder = await Store().GetCheckpointAsync(Checkpoint);
        await Store().GetLoraAsync("test/rap");
        await Store().GetJapaneseDictionaryAsync();
        Directory.CreateDirectory(Path.Combine(Settings.Cache, "models--some--llm", "blobs"));
        File.Delete(Path.Combine(folder, CheckpointFiles[2]));
        File.WriteAllBytes(Path.Combine(Cache.Repository(Checkpoint), "blobs", "x.incomplete"), new byte[77]);

        StoredModel[] models = [.. Store().List()];

        Assert.That(models.Select(model => (model.Name, model.Kind, model.IsComplete)), Is.EquivalentTo(new[]
        {
            (Checkpoint, StoredModelKind.Checkpoint, false),
            ("test/rap", StoredModelKind.Lora, true),
            ("some/llm", StoredModelKind.Other, false),
            ("lyric-vocabulary", StoredModelKind.LyricVocabulary, true),
            ("unidic-lite", StoredModelKind.JapaneseDictionary, true),
        }));
        StoredModel checkpoint = models.Single(model => model.Name == Checkpoint);
        Assert.That(checkpoint.IncompleteBytes, Is.EqualTo(77));
        Assert.That(checkpoint.Commits, Is.EqualTo(new[] { Commit }));
        Assert.That(models.Single(model => model.Name == "test/rap").Bytes, Is.EqualTo(1000 + Commit.Length));
    }

    [Test]
    public async Task Remove_OfOne_FreesItsBytesAndLeavesTheOthers()
    {
        await Store().GetCheckpointAsync(Checkpoint);
        await Store().GetJapaneseDictionaryAsync();
        StoredModel checkpoint = Store().List().Single(model => model.Name == Checkpoint);

        long freed = Store().Remove(checkpoint);

        Assert.That(freed, Is.EqualTo(Released().Where(file => file.Key != "config.json").Sum(file => file.Value.Length) + Commit.Length));
        Assert.That(Store().List().Select(model => model.Name), Is.EquivalentTo(new[] { "lyric-vocabulary", "unidic-lite" }));
    }

    [Test]
    public async Task Remove_OfWhatIsBeingFetched_IsRefused()
    {
        await Store().GetCheckpointAsync(Checkpoint);
        StoredModel checkpoint = Store().List().Single(model => model.Name == Checkpoint);
        using FileLock held = FileLock.TryAcquire(Directory.GetFiles(Cache.Locks(Checkpoint))[0])!;

        Assert.That(() => Store().Remove(checkpoint), Throws.TypeOf<DownloadException>().With.Message.Contains("is being downloaded"));
        Assert.That(Directory.Exists(checkpoint.Folder), Is.True);
    }

    [TestCase("main")]
    [TestCase(Later)]
    [TestCase("fedcba9")]
    public async Task Remove_OfOneRevision_KeepsWhatAnotherShows(string revision)
    {
        string first = await Store().GetCheckpointAsync(Checkpoint);
        Dictionary<string, byte[]> changed = Released();
        changed[CheckpointFiles[2]] = Bytes("later", 123_456);
        Hub.Repositories[Checkpoint] = new FakeRepository(Later, changed);
        string second = await Store().DownloadAsync(Checkpoint);
        StoredModel model = Store().List().Single(model => model.Name == Checkpoint);
        Assert.That(model.Commits, Is.EquivalentTo(new[] { Commit, Later }));

        long freed = Store().Remove(model, revision);

        Assert.That(freed, Is.EqualTo(123_456));
        AssertReleased(first);
        Assert.That(Directory.Exists(second), Is.False);
        Assert.That(Cache.FindCommit(Checkpoint, "main"), Is.Null, "no name leads to what is gone");
        Assert.That(Directory.GetFiles(Path.Combine(Cache.Repository(Checkpoint), "blobs")), Has.Length.EqualTo(Released().Count - 1), "equal configs are one");
        Assert.That(await Store(DownloadMode.Never).GetCheckpointAsync($"{Checkpoint}@{Commit}"), Is.EqualTo(first));
    }

    [Test]
    public async Task Remove_OfOneRevisionWithoutLinks_TakesItsOwnFiles()
    {
        Settings = Settings with { UsesLinks = false };
        string first = await Store().GetCheckpointAsync(Checkpoint);
        Hub.Repositories[Checkpoint] = new FakeRepository(Later, Released());
        await Store().DownloadAsync(Checkpoint);

        long freed = Store().Remove(Store().List().Single(model => model.Name == Checkpoint), Later);

        Assert.That(freed, Is.EqualTo(Released().Sum(file => file.Value.Length)));
        AssertReleased(first);
    }

    [Test]
    public async Task Remove_OfTheLastRevision_LeavesNothing()
    {
        await Store().GetCheckpointAsync(Checkpoint);
        Store().Remove(Store().List().Single(model => model.Name == Checkpoint), Commit);
        Assert.That(Directory.Exists(Cache.Repository(Checkpoint)), Is.False);
    }

    [Test]
    public async Task Remove_OfALinkThatLeadsElsewhere_LeavesWhatItLeadsTo()
    {
        await Store().GetCheckpointAsync(Checkpoint);
        string elsewhere = Path.Combine(Folder, "elsewhere.safetensors");
        File.WriteAllText(elsewhere, "mine");
        string snapshot = Directory.CreateDirectory(Cache.Snapshot(Checkpoint, Later)).FullName;
        File.CreateSymbolicLink(Path.Combine(snapshot, "a.safetensors"), elsewhere);
        Directory.CreateSymbolicLink(Path.Combine(snapshot, "folder"), Folder);

        Store().Remove(Store().List().Single(model => model.Name == Checkpoint), Later);

        Assert.That(File.ReadAllText(elsewhere), Is.EqualTo("mine"));
        Assert.That(Directory.Exists(snapshot), Is.False);
    }

    [TestCase("v1")]
    [TestCase("0123")]
    [TestCase("../../x")]
    [TestCase("ffffffffffffffffffffffffffffffffffffffff")]
    public async Task Remove_OfARevisionThatIsNotThere_SaysWhichAre(string revision)
    {
        await Store().GetCheckpointAsync(Checkpoint);
        StoredModel model = Store().List().Single(model => model.Name == Checkpoint);
        Assert.That(() => Store().Remove(model, revision), Throws.ArgumentException.With.Message.Contains($"has no revision {revision} in {model.Folder}, but {Commit}"));
        Assert.That(Directory.Exists(model.Folder), Is.True);
    }

    [TestCase("/")]
    [TestCase("/home")]
    [TestCase("")]
    public void Remove_OfAnythingElse_IsRefused(string folder) =>
        Assert.That(() => Store().Remove(new StoredModel { Name = "x", Kind = StoredModelKind.Other, Folder = folder }), Throws.ArgumentException);

    [Test]
    public async Task GetJapaneseDictionary_First_UnpacksTheKnownFilesAlone()
    {
        string folder = await Store().GetJapaneseDictionaryAsync();
        int requests = Hub.Requests.Count;

        Assert.That(Directory.GetFiles(folder).Select(Path.GetFileName), Is.EquivalentTo(DictionaryContents.Keys));
        Assert.That(DictionaryContents.All(file => File.ReadAllBytes(Path.Combine(folder, file.Key)).AsSpan().SequenceEqual(file.Value)), Is.True);
        Assert.That(Directory.GetFiles(Folder, "evil", SearchOption.AllDirectories), Is.Empty);
        Assert.That(Directory.GetFiles(Folder, "*.gz", SearchOption.AllDirectories), Is.Empty, "the archive is not needed any more");
        Assert.That(await Store(DownloadMode.Never).GetJapaneseDictionaryAsync(), Is.EqualTo(folder));
        Assert.That(Hub.Requests, Has.Count.EqualTo(requests));
    }

    [Test]
    public async Task GetJapaneseDictionary_AfterAnAbandonedUnpacking_BeginsAnewAndClearsAway()
    {
        string folder = await Store().GetJapaneseDictionaryAsync();
        Directory.Move(folder, $"{folder}.0123.tmp");
        File.Delete(Path.Combine($"{folder}.0123.tmp", "sys.dic"));

        Assert.That(await Store().GetJapaneseDictionaryAsync(), Is.EqualTo(folder));

        Assert.That(File.Exists(Path.Combine(folder, "sys.dic")), Is.True);
        Assert.That(Directory.GetDirectories(Settings.Assets, "*.tmp"), Is.Empty);
    }

    [Test]
    public void GetJapaneseDictionary_OfOtherFiles_IsRefused()
    {
        Dictionary<string, byte[]> others = DictionaryContents;
        others["matrix.bin"][7] ^= 1;
        byte[] archive = Archive(others);
        Hub.Files["/unidic.tar.gz"] = archive;
        Known = Known with { Dictionary = Known.Dictionary with { Archive = Known.Dictionary.Archive with { File = Pin(archive) } } };

        Assert.That(async () => await Store().GetJapaneseDictionaryAsync(), Throws.TypeOf<DownloadException>().With.Message.Contains("matrix.bin has the wrong contents"));
        Assert.That(Store().FindJapaneseDictionary(), Is.Null);
    }

    [Test]
    public void GetJapaneseDictionary_OfWhatIsNoArchive_IsRefused()
    {
        byte[] page = [.. "<html>"u8];
        Hub.Files["/unidic.tar.gz"] = page;
        Known = Known with { Dictionary = Known.Dictionary with { Archive = Known.Dictionary.Archive with { File = Pin(page) } } };

        Assert.That(async () => await Store().GetJapaneseDictionaryAsync(), Throws.TypeOf<DownloadException>().With.Message.Contains("is not a complete archive"));
    }

    [Test]
    public void LyricDownloads_WhereNothingMayBeFetched_GiveNothing()
    {
        LyricDownloads downloads = new(Store(), mayFetch: false);

        Assert.That((downloads.Vocabulary(), downloads.CachedDictionary(), downloads.FetchedDictionary()), Is.EqualTo(((string?)null, (string?)null, (string?)null)));
        Assert.That(Hub.Requests, Is.Empty);
    }

    [Test]
    public void LyricDownloads_WhereTheyMayBeFetched_GiveBoth()
    {
        LyricDownloads downloads = new(Store(), mayFetch: true);

        Assert.That(File.Exists(downloads.Vocabulary()), Is.True);
        Assert.That(downloads.FetchedDictionary(), Is.EqualTo(downloads.CachedDictionary()).And.Not.Null);
    }

    [Test]
    public void LyricDownloads_UnderARequestThatIsCancelled_Stop()
    {
        LyricDownloads downloads = new(Store(), mayFetch: true);
        using (downloads.Under(new CancellationToken(canceled: true)))
        {
            Assert.That(downloads.Vocabulary, Throws.InstanceOf<OperationCanceledException>());
        }

        Assert.That(downloads.Vocabulary(), Is.Not.Null);
    }

    [Test]
    public async Task GetJapaneseDictionary_ByManyAtOnce_ComesOnce()
    {
        string[] folders = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Store().GetJapaneseDictionaryAsync()));

        Assert.That(folders.Distinct().Count(), Is.EqualTo(1));
        Assert.That(Hub.ContentRequests, Has.Count.EqualTo(1));
    }
}
