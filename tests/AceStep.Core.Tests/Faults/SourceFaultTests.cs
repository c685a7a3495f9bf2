using AceStep.Audio;
using AceStep.Models;

namespace AceStep.Core.Tests.Faults;

/// <summary>Sources, LoRAs and latents that stall or cannot be read.</summary>
public sealed class SourceFaultTests : PipelineFixture
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("These pipes and devices are Linux's.");
        }

        _folder = new TemporaryFolder();
    }

    [TearDown]
    public void DeleteFolder() => _folder?.Dispose();

    [Test]
    public async Task Generate_SourceOnAPipeThatStalls_CanBeCancelledAndThePipelineGoesOn([Values] bool hasBegun)
    {
        string pipe = MakePipe();
        using CancellationTokenSource stop = new();
        long tensors = Pipeline.LiveTensors;
        Task<MusicResult> song = Pipeline.AudioToAudioAsync(new AudioToAudioRequest { Source = pipe, Seed = 1, Generation = Quick }, cancellationToken: stop.Token);
        await using FileStream? writing = hasBegun ? File.OpenWrite(pipe) : null;
        if (writing is not null)
        {
            await writing.WriteAsync(Tones.Encode(AudioFormat.Wav).AsMemory(0, 10_000));
        }

        await stop.CancelAsync();

        Assert.That(async () => await song.WaitAsync(TimeSpan.FromMinutes(1)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Pipeline.LiveTensors, Is.EqualTo(tensors));
        AssertFinite(await Pipeline.TextToMusicAsync(TextToMusic));
    }

    [Test]
    public async Task Generate_SourceOnAPipe_IsTheSongOfTheFile()
    {
        string pipe = MakePipe();
        string file = _folder.File("tones.wav");
        Tones.Save(file);
        AudioToAudioRequest request = new() { Prompt = "funk", Source = pipe, Seed = 1, Generation = Quick };
        Task writing = Task.Run(() => File.WriteAllBytes(pipe, File.ReadAllBytes(file)));

        MusicResult piped = await Pipeline.AudioToAudioAsync(request);
        await writing;

        MusicResult read = await Pipeline.AudioToAudioAsync(request with { Source = file });
        Assert.That(piped.Songs[0].Latents.Values.SequenceEqual(read.Songs[0].Latents.Values), Is.True);
    }

    // No memory lies at address 0, so that reading there fails with EIO, as a broken disk does.
    [TestCase("/proc/self/mem", typeof(IOException))]
    [TestCase("/dev/zero", typeof(AudioFormatException))]
    [TestCase("/dev/null", typeof(AudioFormatException))]
    [TestCase("/dev", typeof(IOException))]
    public async Task Generate_SourceThatCannotBeRead_IsAnErrorAndThePipelineGoesOn(string path, Type error)
    {
        long tensors = Pipeline.LiveTensors;

        Assert.That(() => Pipeline.AudioToAudioAsync(new AudioToAudioRequest { Source = path, Seed = 1, Generation = Quick }), Throws.InstanceOf(error));

        Assert.That(Pipeline.LiveTensors, Is.EqualTo(tensors));
        AssertFinite(await Pipeline.TextToMusicAsync(TextToMusic));
    }

    [Test]
    public void LoadLoraAndLatents_FromAFileWhoseReadsFail_AreErrors()
    {
        Assert.That(() => Pipeline.LoadLora("/proc/self/mem"), Throws.InstanceOf<IOException>());
        Assert.That(() => MusicLatents.Load("/proc/self/mem"), Throws.InstanceOf<IOException>());
        Assert.That(() => SafetensorsFile.Open("/dev/zero"), Throws.InstanceOf<IOException>().Or.InstanceOf<CheckpointFormatException>());
        Assert.That(Pipeline.Loras, Is.Empty);
    }

    private string MakePipe()
    {
        string path = _folder.File("pipe");
        Tool.Run("mkfifo", path);
        return path;
    }
}
