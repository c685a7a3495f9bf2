using NAudio.Wave;
using NAudio.Wave.SampleProviders;

namespace AceStep.Audio.Tests;

/// <summary>Our sounds in NAudio, and NAudio's in ours.</summary>
public sealed class NAudioTests
{
    [Test]
    public void ToSampleProvider_AndBack_IsTheSound([Values(1, 2, 3, 8)] int channels, [Values(0, 1, 10_000)] int length)
    {
        AudioBuffer audio = Sounds.Noise(new Random(1), channels, length, 44100);
        AudioBuffer back = audio.ToSampleProvider().ToAudioBuffer();
        Assert.That((back.Channels, back.SampleRate), Is.EqualTo((channels, 44100)));
        Assert.That(back.ToPlanar(), Is.EqualTo(audio.ToPlanar()));
    }

    [Test]
    public void ToSampleProvider_ThroughNAudiosEffectsAndFile_IsWhatTheySay()
    {
        AudioBuffer audio = Sounds.Noise(new Random(1), 1, 5000, 48000);
        using MemoryStream file = new();
        var half = new VolumeSampleProvider(new MonoToStereoSampleProvider(audio.ToSampleProvider())) { Volume = 0.5f };
        WaveFileWriter.WriteWavFileToStream(file, half.ToWaveProvider());
        file.Position = 0;

        AudioBuffer loaded = AudioFile.Load(file);

        float[] expected = [.. audio.ToPlanar().Select(sample => 0.5f * sample)];
        Assert.That(loaded.Channel(0).ToArray(), Is.EqualTo(expected));
        Assert.That(loaded.Channel(1).ToArray(), Is.EqualTo(expected));
        file.Position = 0;
        using var reader = new WaveFileReader(file);
        Assert.That(reader.ToSampleProvider().ToAudioBuffer().ToPlanar(), Is.EqualTo(loaded.ToPlanar()));
    }

    [Test]
    public void ToSampleProvider_OfAReader_DecodesAsItIsPlayed()
    {
        AudioBuffer audio = Sounds.Noise(new Random(1), 3, 10_000, 48000);
        using AudioReader reader = AudioFile.OpenRead(new MemoryStream(audio.Encode(AudioFormat.Wav)));
        Assert.That(reader.ToSampleProvider().ToAudioBuffer().ToPlanar(), Is.EqualTo(audio.ToPlanar()));
    }

    [Test]
    public void Position_Set_PlaysFromThere()
    {
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 100, 48000);
        AudioBufferSampleProvider provider = audio.ToSampleProvider();
        provider.Position = 60;
        Assert.That(provider.ToAudioBuffer().ToPlanar(), Is.EqualTo(audio.Slice(60, 40).ToPlanar()));
        Assert.That(provider.Position, Is.EqualTo(100));
        Assert.That(() => provider.Position = 101, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void ToAudioBuffer_EndlessProvider_IsRefused() =>
        Assert.That(() => new SignalGenerator(48000, 2).ToAudioBuffer(TimeSpan.FromSeconds(2)), Throws.InvalidOperationException.With.Message.Contains("more than 2 s"));
}
