namespace AceStep.Audio.Tests;

public sealed class AudioBufferTests
{
    [Test]
    public void PlanarAndInterleaved_AnyShape_AreTheSame([Range(1, 8)] int channels, [Values(0, 1, 7, 1000)] int length)
    {
        AudioBuffer audio = Sounds.Noise(new Random(channels + length), channels, length, 44100);
        AudioBuffer planar = AudioBuffer.FromPlanar(audio.ToPlanar(), channels, 44100);
        AudioBuffer interleaved = AudioBuffer.FromInterleaved(audio.ToInterleaved(), channels, 44100);
        for (int channel = 0; channel < channels; channel++)
        {
            Assert.That(planar.Channel(channel).ToArray(), Is.EqualTo(audio.Channel(channel).ToArray()));
            Assert.That(interleaved.Channel(channel).ToArray(), Is.EqualTo(audio.Channel(channel).ToArray()));
        }

        Assert.That((planar.Channels, planar.Length, planar.SampleRate), Is.EqualTo((channels, length, 44100)));
    }

    [Test]
    public void FromPlanar_CallerChangesItsArrays_BufferStays()
    {
        float[] samples = [1, 2, 3];
        AudioBuffer audio = AudioBuffer.FromPlanar([samples], 48000);
        samples[0] = 9;
        audio.ToPlanar()[1] = 9;
        Assert.That(audio.Channel(0).ToArray(), Is.EqualTo(new float[] { 1, 2, 3 }));
    }

    [Test]
    public void SliceAndConcatenate_AnyCut_RestoreTheWhole()
    {
        AudioBuffer audio = Sounds.Noise(new Random(1), 3, 1000, 48000);
        foreach (int cut in new[] { 0, 1, 500, 1000 })
        {
            AudioBuffer joined = AudioBuffer.Concatenate([audio.Slice(0, cut), audio.Slice(cut, 1000 - cut)]);
            Assert.That(joined.ToPlanar(), Is.EqualTo(audio.ToPlanar()));
        }

        Assert.That(audio.Slice(0, 480).Duration, Is.EqualTo(TimeSpan.FromMilliseconds(10)));
    }

    [Test]
    public void Constructors_ImpossibleShapes_AreRefused()
    {
        Assert.That(() => AudioBuffer.FromPlanar([new float[2], new float[3]], 48000), Throws.ArgumentException.With.Message.Contains("3 samples"));
        Assert.That(() => AudioBuffer.FromPlanar([], 48000), Throws.ArgumentException);
        Assert.That(() => AudioBuffer.FromPlanar(new float[5], 2, 48000), Throws.ArgumentException);
        Assert.That(() => AudioBuffer.FromInterleaved(new float[4], 0, 48000), Throws.ArgumentException);
        Assert.That(() => AudioBuffer.FromInterleaved(new float[65], 65, 48000), Throws.ArgumentException);
        Assert.That(() => AudioBuffer.FromPlanar([new float[2]], 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => AudioBuffer.FromPlanar([new float[2]], 768_001), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => AudioBuffer.Concatenate([]), Throws.ArgumentException);
        Assert.That(
            () => AudioBuffer.Concatenate([Sounds.Noise(new Random(1), 1, 5, 48000), Sounds.Noise(new Random(1), 1, 5, 44100)]), Throws.ArgumentException);
    }

    [Test]
    public void ToStereo_OneChannel_IsDoubled()
    {
        AudioBuffer mono = Sounds.Noise(new Random(1), 1, 100, 48000);
        AudioBuffer stereo = mono.ToStereo();
        Assert.That(stereo.Channels, Is.EqualTo(2));
        Assert.That(stereo.Channel(0).ToArray(), Is.EqualTo(mono.Channel(0).ToArray()));
        Assert.That(stereo.Channel(1).ToArray(), Is.EqualTo(mono.Channel(0).ToArray()));
        Assert.That(stereo.ToStereo(), Is.SameAs(stereo));
    }

    /// <summary>Each row: how much of a channel alone goes to the left and to the right, before scaling.</summary>
    [TestCase(3, new[] { 1.0, 0, 0, 1, 0.7071, 0.7071 })]
    [TestCase(4, new[] { 1.0, 0, 0, 1, 0.7071, 0, 0, 0.7071 })]
    [TestCase(5, new[] { 1.0, 0, 0, 1, 0.7071, 0.7071, 0.7071, 0, 0, 0.7071 })]
    [TestCase(6, new[] { 1.0, 0, 0, 1, 0.7071, 0.7071, 0, 0, 0.7071, 0, 0, 0.7071 })]
    [TestCase(7, new[] { 1.0, 0, 0, 1, 0.7071, 0.7071, 0, 0, 0.5, 0.5, 0.7071, 0, 0, 0.7071 })]
    [TestCase(8, new[] { 1.0, 0, 0, 1, 0.7071, 0.7071, 0, 0, 0.7071, 0, 0, 0.7071, 0.7071, 0, 0, 0.7071 })]
    public void ToStereo_ManyChannels_FollowsTheTable(int channels, double[] weights)
    {
        double total = Enumerable.Range(0, channels).Sum(channel => weights[2 * channel]);
        for (int loud = 0; loud < channels; loud++)
        {
            float[][] samples = [.. Enumerable.Range(0, channels).Select(channel => new[] { channel == loud ? 1f : 0f })];
            AudioBuffer stereo = AudioBuffer.FromPlanar(samples, 48000).ToStereo();
            Assert.That(stereo.Channel(0)[0], Is.EqualTo(weights[2 * loud] / total).Within(1e-4), $"channel {loud} to the left");
            Assert.That(stereo.Channel(1)[0], Is.EqualTo(weights[(2 * loud) + 1] / total).Within(1e-4), $"channel {loud} to the right");
        }
    }

    [Test]
    public void ToStereo_NineChannels_IsRefused()
    {
        Assert.That(() => Sounds.Noise(new Random(1), 9, 5, 48000).ToStereo(), Throws.TypeOf<NotSupportedException>());
    }

    [Test]
    public void ToMono_ManyChannels_IsTheirMean()
    {
        AudioBuffer audio = AudioBuffer.FromPlanar([[1, 0], [0.5f, 0], [0, -0.3f]], 48000);
        Assert.That(audio.ToMono().ToPlanar(), Is.EqualTo(new[] { 0.5f, -0.1f }).Within(1e-7f));
    }
}
