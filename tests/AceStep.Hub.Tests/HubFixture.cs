using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace AceStep.Hub.Tests;

/// <summary>A hub, an empty cache, and the released names with small contents.</summary>
internal abstract class HubFixture
{
    protected const string Commit = "0123456789abcdef0123456789abcdef01234567";
    protected const string Checkpoint = "test/tiny";

    protected static readonly string[] CheckpointFiles =
    [
        "config.json",
        "ace_step_transformer/config.json", "ace_step_transformer/diffusion_pytorch_model.safetensors",
        "music_dcae_f8c8/config.json", "music_dcae_f8c8/diffusion_pytorch_model.safetensors",
        "music_vocoder/config.json", "music_vocoder/diffusion_pytorch_model.safetensors",
        "umt5-base/config.json", "umt5-base/model.safetensors", "umt5-base/tokenizer.json",
    ];

    private TemporaryFolder _folder = null!;

    protected FakeHub Hub { get; private set; } = null!;

    /// <summary>The folder of the test.</summary>
    protected string Folder => _folder.Path;

    protected HubSettings Settings { get; set; } = null!;

    protected HubTiming Timing { get; set; } = null!;

    protected KnownFiles Known { get; set; } = null!;

    protected Reports Progress { get; private set; } = null!;

    protected HubCache Cache => new(Settings.Cache);

    [SetUp]
    public async Task StartAsync()
    {
        Hub = await FakeHub.StartAsync();
        _folder = new TemporaryFolder();
        Progress = new Reports();
        Settings = new HubSettings { Endpoint = Hub.Address, Cache = Path.Combine(Folder, "hub"), OtherCaches = [Path.Combine(Folder, "original")], Assets = Path.Combine(Folder, "assets", "acestep"), Token = "hf_secret" };
        Timing = new HubTiming { FirstPause = TimeSpan.FromMilliseconds(1), LongestPause = TimeSpan.FromMilliseconds(5), LockPause = TimeSpan.FromMilliseconds(5), Step = 1 };
        Hub.Repositories[Checkpoint] = new FakeRepository(Commit, Released());
        Hub.Files["/vocab.json"] = Bytes("vocabulary", 3_000);
        Hub.Files["/unidic.tar.gz"] = Archive(DictionaryContents);
        Known = new KnownFiles
        {
            Checkpoint = new KnownRepository("ACE-Step/ACE-Step-v1-3.5B", Commit, Released().ToDictionary(file => file.Key, file => Pin(file.Value))),
            LyricVocabulary = new KnownAsset("lyric-vocabulary", new Uri(Hub.Address, "/vocab.json"), Pin(Hub.Files["/vocab.json"])),
            Dictionary = new KnownDictionary(new KnownAsset("unidic-lite", new Uri(Hub.Address, "/unidic.tar.gz"), Pin(Hub.Files["/unidic.tar.gz"])), "dictionary-1/dic/", DictionaryContents.ToDictionary(file => file.Key, file => Pin(file.Value))),
        };
    }

    [TearDown]
    public async Task StopAsync()
    {
        await Hub.DisposeAsync();
        _folder.Dispose();
    }

    protected static Dictionary<string, byte[]> DictionaryContents => new() { ["sys.dic"] = Bytes("sys", 50_000), ["matrix.bin"] = Bytes("matrix", 20_000), ["dicrc"] = Bytes("dicrc", 100) };

    protected ModelStore Store(DownloadMode mode = DownloadMode.WhenNamed) => new(Settings, Known, Timing, mode, Progress);

    /// <summary>The released names; the two configs that are equal there are equal here.</summary>
    protected static Dictionary<string, byte[]> Released() => CheckpointFiles.ToDictionary(path => path, path => Bytes(path.Replace("ace_step_transformer/config.json", "config.json", StringComparison.Ordinal), path.EndsWith(".safetensors", StringComparison.Ordinal) ? 300_000 : 700));

    /// <summary>Bytes that a name decides.</summary>
    protected static byte[] Bytes(string name, int length)
    {
        byte[] bytes = new byte[length];
        new Random(name.Aggregate(17, (hash, character) => unchecked((hash * 31) + character))).NextBytes(bytes);
        return bytes;
    }

    protected static KnownFile Pin(byte[] contents) => new(contents.Length, Checksum.Sha256(FakeHub.Sha256(contents)));

    /// <summary>An archive as the dictionary's: its files in a folder, others around.</summary>
    protected static byte[] Archive(IReadOnlyDictionary<string, byte[]> files)
    {
        using MemoryStream archive = new();
        using (GZipStream zipped = new(archive, CompressionLevel.Fastest, leaveOpen: true))
        using (TarWriter writer = new(zipped, TarEntryFormat.Pax))
        {
            Write(writer, "dictionary-1/setup.py", Encoding.ASCII.GetBytes("print()"));
            Write(writer, "dictionary-1/dic/../../../evil", Encoding.ASCII.GetBytes("evil"));
            foreach ((string name, byte[] contents) in files)
            {
                Write(writer, $"dictionary-1/dic/{name}", contents);
            }
        }

        return archive.ToArray();
    }

    /// <summary>Asserts that a folder has the released files and nothing that is wrong.</summary>
    protected static void AssertReleased(string folder)
    {
        foreach ((string path, byte[] contents) in Released())
        {
            Assert.That(File.ReadAllBytes(Path.Combine(folder, path)).AsSpan().SequenceEqual(contents), Is.True, path);
        }
    }

    /// <summary>The files that lie anywhere in the test's folder and are not complete.</summary>
    protected string[] Unfinished() => [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Where(path => path.EndsWith(".incomplete", StringComparison.Ordinal) || path.EndsWith(".tmp", StringComparison.Ordinal))];

    private static void Write(TarWriter writer, string name, byte[] contents)
    {
        using MemoryStream stream = new(contents);
        writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = stream });
    }

    /// <summary>Keeps the reports.</summary>
    internal sealed class Reports : IProgress<DownloadProgress>
    {
        private readonly List<DownloadProgress> _all = [];

        /// <summary>Called at each report.</summary>
        public Action<DownloadProgress>? OnReport { get; set; }

        public IReadOnlyList<DownloadProgress> All
        {
            get
            {
                lock (_all)
                {
                    return [.. _all];
                }
            }
        }

        public void Report(DownloadProgress value)
        {
            lock (_all)
            {
                _all.Add(value);
            }

            OnReport?.Invoke(value);
        }
    }
}
