using AceStep.Models;

namespace AceStep.Core.Tests;

/// <summary>What can be refused before a checkpoint's weights are read is refused there.</summary>
public sealed class LoadingTests : PipelineFixture
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [TestCase("music_vocoder", "\"sampling_rate\": 44100", "\"sampling_rate\": 48000", "samples a second")]
    public void Load_CodecOfAnotherSampleRate_IsRefusedBeforeAnyWeightIsRead(string part, string released, string other, string what)
    {
        CopyCheckpoint();
        string config = _folder.File(part, "config.json");
        string text = File.ReadAllText(config);
        Assert.That(text, Does.Contain(released));
        File.WriteAllText(config, text.Replace(released, other, StringComparison.Ordinal));
        List<MusicProgress> reports = [];

        var error = Assert.ThrowsAsync<CheckpointFormatException>(() => MusicPipeline.LoadAsync(_folder.Path, new MusicPipelineOptions { Device = "cpu" }, new Told(reports)));

        Assert.That(error.Message, Does.Contain(_folder.Path).And.Contains(what).And.Contains("44100").And.Contains("48000"));
        Assert.That(reports, Is.Empty);
    }

    [Test]
    public void Load_RequiringLyricsWithoutTheVocabulary_IsRefusedBeforeAnyWeightIsRead()
    {
        string missing = _folder.File("vocab.json");
        List<MusicProgress> reports = [];

        var error = Assert.ThrowsAsync<FileNotFoundException>(
            () => MusicPipeline.LoadAsync(TinyCheckpoint, new MusicPipelineOptions { Device = "cpu", LyricVocabulary = missing, RequireLyrics = true }, new Told(reports)));

        Assert.That(error.Message, Does.Contain(missing));
        Assert.That(reports, Is.Empty);
    }

    private void CopyCheckpoint()
    {
        foreach (string file in Directory.EnumerateFiles(TinyCheckpoint, "*", SearchOption.AllDirectories))
        {
            string copy = _folder.File(Path.GetRelativePath(TinyCheckpoint, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>Reports as they come, on the thread that makes them.</summary>
    private sealed class Told(List<MusicProgress> reports) : IProgress<MusicProgress>
    {
        public void Report(MusicProgress value) => reports.Add(value);
    }
}
