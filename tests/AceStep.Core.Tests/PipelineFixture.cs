using AceStep.Audio;

namespace AceStep.Core.Tests;

/// <summary>A pipeline on the tiny checkpoint, and requests that it computes in a fraction of a second.</summary>
public abstract class PipelineFixture
{
    /// <summary>Twelve latent frames of two tones.</summary>
    protected static readonly AudioBuffer Tones = CreateTones(12 * 4096, 44100);

    protected static readonly GenerationSettings Quick = new() { Steps = 3, SampleRate = 44100 };

    private protected static readonly TimeSpan Short = LatentFrames.ToTime(9) + TimeSpan.FromMilliseconds(1);

    protected MusicPipeline Pipeline { get; private set; } = null!;

    protected static string TinyCheckpoint => Path.Combine(ReferenceData.RepositoryRoot, "tests", "data", "reference", "checkpoint-tiny");

    [OneTimeSetUp]
    public async Task Load() => Pipeline = await MusicPipeline.LoadAsync(TinyCheckpoint, new MusicPipelineOptions { Device = "cpu" });

    [OneTimeTearDown]
    public void Unload() => Pipeline.Dispose();

    private protected static TextToMusicRequest TextToMusic => new() { Prompt = "funk, drums", Lyrics = "[verse]\nNeon lights", Duration = Short, Seed = 5, Generation = Quick };

    protected static AudioBuffer CreateTones(int samples, int rate)
    {
        float[] left = new float[samples];
        float[] right = new float[samples];
        for (int i = 0; i < samples; i++)
        {
            left[i] = 0.4f * MathF.Sin(2 * MathF.PI * 220 * i / rate);
            right[i] = 0.3f * MathF.Sin(2 * MathF.PI * 330 * i / rate);
        }

        return AudioBuffer.FromPlanar([left, right], rate);
    }

    protected static void AssertFinite(MusicResult result)
    {
        foreach (Song song in result.Songs)
        {
            for (int channel = 0; channel < song.Audio.Channels; channel++)
            {
                // The vocoder stays within 1; the resampler may pass it by a little at a corner.
                Assert.That(song.Audio.Channel(channel).IndexOfAnyExceptInRange(-1.5f, 1.5f), Is.EqualTo(-1), "samples are between -1 and 1");
            }
        }
    }
}
