namespace AceStep.Audio.Tests;

public sealed class ResamplerTests
{
    /// <summary>Absolute, as the largest of all samples; phase offsets in float64 instead of float32 would give 7e-6.</summary>
    private const double Tolerance = 3e-6;

    private static readonly (int Source, int Target)[] Pairs =
        [(44100, 48000), (48000, 44100), (8000, 44100), (96000, 44100), (44100, 44101), (48000, 1000), (1, 7), (7, 1), (192000, 44100)];

    private static IEnumerable<TestCaseData> References()
    {
        foreach (string file in ReferenceData.Names("audio"))
        {
            string path = ReferenceData.PathOf("audio", file + ".safetensors");
            foreach (string pair in Tensors.Read(path).Keys.Where(name => name.Contains('_', StringComparison.Ordinal)))
            {
                yield return new TestCaseData(path, pair).SetArgDisplayNames(file, pair);
            }
        }
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void References_OfEachPair_AreFound() => ReferenceData.RequireCases(References(), "audio");

    [TestCaseSource(nameof(References))]
    [Category(ReferenceData.Category)]
    public void Resample_Reference_IsWithinRounding(string path, string pair)
    {
        Dictionary<string, float[][]> tensors = Tensors.Read(path);
        int[] rates = [.. pair.Split('_').Select(int.Parse)];
        AudioBuffer input = AudioBuffer.FromPlanar(tensors["input"], rates[0]);

        AudioBuffer output = Resampler.Resample(input, rates[1]);

        float[][] expected = tensors[pair];
        Assert.That((output.Channels, output.Length), Is.EqualTo((expected.Length, expected[0].Length)));
        double difference = 0;
        double square = 0;
        double total = 0;
        for (int channel = 0; channel < output.Channels; channel++)
        {
            for (int i = 0; i < output.Length; i++)
            {
                double error = output.Channel(channel)[i] - expected[channel][i];
                difference = Math.Max(difference, Math.Abs(error));
                square += error * error;
                total += (double)expected[channel][i] * expected[channel][i];
            }
        }

        TestContext.Out.WriteLine($"{pair}: {difference:E2} largest, {Math.Sqrt(square / total):E2} relative");
        Assert.That(difference, Is.LessThanOrEqualTo(Tolerance));
        Assert.That(Math.Sqrt(square / total), Is.LessThanOrEqualTo(Tolerance));
    }

    [Test]
    public void Push_AnyBlocks_EqualsWholeBitForBit([ValueSource(nameof(Pairs))] (int Source, int Target) pair, [Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        AudioBuffer input = Sounds.Noise(random, channels: seed, random.Next(0, 20_000), pair.Source);
        AudioBuffer whole = Resampler.Resample(input, pair.Target);

        var resampler = new StreamingResampler(pair.Source, pair.Target, input.Channels);
        List<AudioBuffer> blocks = [];
        for (int position = 0; position < input.Length;)
        {
            int length = Math.Min(random.Next(0, random.Next(2) == 0 ? 5 : 3000), input.Length - position);
            blocks.Add(resampler.Push(input.Slice(position, length)));
            position += length;
        }

        blocks.Add(resampler.Finish());
        Assert.That(AudioBuffer.Concatenate(blocks).ToPlanar(), Is.EqualTo(whole.ToPlanar()));
    }

    [Test]
    public void Resample_LengthsOfAnyPair_AreRoundedUp()
    {
        var random = new Random(7);
        for (int i = 0; i < 200; i++)
        {
            (int source, int target) = (random.Next(1, 100_000), random.Next(1, 100_000));
            // Bounds the work where the target's rate is far above the source's.
            int length = random.Next(0, (int)Math.Clamp(100_000L * source / target, 2, 20_000));
            AudioBuffer output = Resampler.Resample(Sounds.Noise(random, 1, length, source), target);
            Assert.That(output.Length, Is.EqualTo((((long)target * length) + source - 1) / source), $"{length} samples from {source} to {target} Hz");
        }
    }

    [Test]
    public void Resample_EqualRates_ReturnsTheSoundItself()
    {
        AudioBuffer input = Sounds.Noise(new Random(1), 2, 100, 44100);
        Assert.That(Resampler.Resample(input, 44100), Is.SameAs(input));
    }

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(768_001)]
    public void Resample_RateOutOfRange_IsRefused(int rate)
    {
        AudioBuffer input = Sounds.Noise(new Random(1), 1, 10, 44100);
        Assert.That(() => Resampler.Resample(input, rate), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Push_AfterFinish_IsRefused()
    {
        var resampler = new StreamingResampler(44100, 48000, 1);
        resampler.Finish();
        Assert.That(() => resampler.Push(Sounds.Noise(new Random(1), 1, 10, 44100)), Throws.InvalidOperationException);
        Assert.That(resampler.Finish, Throws.InvalidOperationException);
    }
}
