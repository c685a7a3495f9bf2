namespace AceStep.Hub.Tests;

/// <summary>The environment, as Python's huggingface_hub reads it.</summary>
internal sealed class HubSettingsTests
{
    private static readonly string User = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static HubSettings From(params (string Name, string Value)[] variables) =>
        HubSettings.From(name => variables.FirstOrDefault(variable => variable.Name == name).Value);

    private static string Full(params string[] parts) => Path.GetFullPath(Path.Combine(parts));

    [Test]
    public void From_AnEmptyEnvironment_IsTheUsersOwnCache()
    {
        HubSettings settings = From();

        Assert.That(settings.Endpoint.AbsoluteUri, Is.EqualTo("https://huggingface.co/"));
        Assert.That(settings.Cache, Is.EqualTo(Full(User, ".cache", "huggingface", "hub")));
        Assert.That(settings.Assets, Is.EqualTo(Full(User, ".cache", "huggingface", "assets", "acestep")));
        Assert.That(settings.OtherCaches, Is.EqualTo(new[] { Full(User, ".cache", "ace-step", "checkpoints") }));
        Assert.That(settings.IsOffline, Is.False);
        Assert.That(settings.UsesLinks, Is.True);
    }

    [Test]
    public void From_NamedFolders_TakesTheNearest()
    {
        Assert.That(From(("XDG_CACHE_HOME", "/c")).Cache, Is.EqualTo(Full("/c", "huggingface", "hub")));
        Assert.That(From(("XDG_CACHE_HOME", "/c"), ("HF_HOME", "/h")).Cache, Is.EqualTo(Full("/h", "hub")));
        Assert.That(From(("HF_HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "/old")).Cache, Is.EqualTo(Full("/old")));
        Assert.That(From(("HF_HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HUB_CACHE", "/new")).Cache, Is.EqualTo(Full("/new")));
        Assert.That(From(("HF_HOME", "~/h")).Cache, Is.EqualTo(Full(User, "h", "hub")));
        Assert.That(From(("HF_HOME", "$DISK/h"), ("DISK", "/d")).Cache, Is.EqualTo(Full("/d", "h", "hub")));
        Assert.That(From(("HF_HOME", "${DISK}/h"), ("DISK", "/d")).Cache, Is.EqualTo(Full("/d", "h", "hub")));
        Assert.That(From(("HF_HOME", " ")).Cache, Is.EqualTo(From().Cache));
    }

    [TestCase("1", true)]
    [TestCase("ON", true)]
    [TestCase("yes", true)]
    [TestCase("True", true)]
    [TestCase("0", false)]
    [TestCase("no", false)]
    [TestCase("", false)]
    public void From_Offline_ReadsPythonsWords(string value, bool isOffline) => Assert.That(From(("HF_HUB_OFFLINE", value)).IsOffline, Is.EqualTo(isOffline));

    [Test]
    public void From_ATokenFile_IsReadUnlessTheEnvironmentHasOne()
    {
        using TemporaryFolder home = new();
        File.WriteAllText(home.File("token"), "hf_file\n");

        Assert.That(From(("HF_HOME", home.Path)).Token, Is.EqualTo("hf_file"));
        Assert.That(From(("HF_HOME", home.Path), ("HF_TOKEN", "hf_variable")).Token, Is.EqualTo("hf_variable"));
        Assert.That(From(("HF_HOME", home.Path), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).Token, Is.Null);

        File.WriteAllText(home.File("token"), "hf_file\r\nEvil: header");
        Assert.That(From(("HF_HOME", home.Path)).Token, Is.Null);
    }

    [TestCase("mirror.example")]
    [TestCase("ftp://mirror.example")]
    public void From_AnEndpointThatIsNoAddress_IsRefused(string value) => Assert.That(() => From(("HF_ENDPOINT", value)), Throws.ArgumentException.And.Message.Contain("HF_ENDPOINT"));

    [TestCase("https://mirror.example", "https://mirror.example/a", true)]
    [TestCase("https://mirror.example", "https://other.example/a", false)]
    [TestCase("https://mirror.example", "https://mirror.example:8443/a", false)]
    [TestCase("https://mirror.example", "http://mirror.example/a", false)]
    [TestCase("http://mirror.example", "http://mirror.example/a", false, Description = "anybody on the way could read it")]
    [TestCase("http://127.0.0.1:80", "http://127.0.0.1:80/a", true)]
    public void MayCarryToken_OnlyToTheHub(string endpoint, string address, bool may) => Assert.That(From(("HF_ENDPOINT", endpoint)).MayCarryToken(new Uri(address)), Is.EqualTo(may));

    [Test]
    public void Released_Configs_HashToTheirPins()
    {
        string configs = Path.Combine(AceStep.Testing.ReferenceData.RepositoryRoot, "tests", "data", "checkpoint", "configs");
        string[] files = Directory.GetFiles(configs, "config.json", SearchOption.AllDirectories);
        Assert.That(files, Has.Length.EqualTo(4));
        foreach (string file in files)
        {
            KnownFile known = KnownFiles.Released.Checkpoint.Files[Path.GetRelativePath(configs, file).Replace('\\', '/')];
            Assert.That(FakeHub.Sha256(File.ReadAllBytes(file)), Is.EqualTo(known.Checksum.Digits), file);
        }
    }
}
