using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

public sealed class VocoderWeightsTests
{
    [Test]
    [Category(ReferenceData.Category)]
    public void Read_WeightNormedLayer_DividesByLengthOverAllButTheFirstAxis()
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile file = CodecFixture.OpenVocoder(CodecFixture.Tiny);
        VocoderWeights weights = new(file);
        foreach (string name in new[] { "head.conv_pre.weight", "head.ups.0.weight", "head.resblocks.0.convs1.0.weight" })
        {
            Tensor gain = file.Read(name + "_g").to(float64).flatten();
            Tensor direction = file.Read(name + "_v").to(float64);
            Tensor expected = zeros_like(direction);
            for (long row = 0; row < direction.size(0); row++)
            {
                expected[row] = direction[row] * gain[row] / direction[row].Squared().sum().sqrt();
            }

            Tensor actual = empty(direction.shape);
            weights.Read(name, actual);
            TensorAssert.Close(actual, expected.to(float32), 1e-6, name);
        }
    }

    [TestCase(4, 8)]
    [TestCase(2, 4)]
    [TestCase(2, 8)]
    [TestCase(3, 3)]
    [TestCase(3, 9)]
    [TestCase(5, 11)]
    public void Upsampler_AnyRateAndKernel_IsTheTransposedConvolution(int rate, int kernel)
    {
        using var scope = NewDisposeScope();
        using Generator generator = new(1);
        VocoderUpsampling sizes = new() { Rate = rate, Kernel = kernel };
        using VocoderUpsampler upsampler = new(6, 5, sizes);
        Tensor weight = randn([6, 5, kernel], generator: generator);
        Tensor bias = randn([5], generator: generator);
        ModuleLoader.Load(upsampler, new MemorySource(new Dictionary<string, Tensor> { ["weight"] = weight, ["bias"] = bias }), float32, CPU);
        Tensor x = randn([2, 6, 9], generator: generator);

        Tensor expected = nn.functional.conv_transpose1d(x, weight, bias, stride: rate, padding: (kernel - rate) / 2);
        TensorAssert.Close(upsampler.call(ChannelsLast.Store(x)), expected, 1e-6, "channels last");
        TensorAssert.Close(upsampler.call(x), expected, 1e-6, "channels first");
    }

    [Test]
    public void Load_GainWithoutDirection_NamesBothSides()
    {
        using var scope = NewDisposeScope();
        using MelVocoder vocoder = new(CodecFixture.VocoderConfigOf(CodecFixture.Nano));
        using SafetensorsFile file = CodecFixture.OpenVocoder(CodecFixture.Nano);
        WithoutTensor source = new(file, "head.ups.0.weight_v");
        CheckpointMismatchException error = Assert.Throws<CheckpointMismatchException>(
            () => ModuleLoader.Load(vocoder, new VocoderWeights(source), ScalarType.Float32, CPU, VocoderWeights.IsFrontEnd));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(error.Missing, Is.EqualTo(new[] { "head.ups.0.weight" }));
            Assert.That(error.Unexpected, Is.EqualTo(new[] { "head.ups.0.weight_g" }));
        }
    }

    [TestCase(VocoderWeights.MelWindowName)]
    [TestCase(VocoderWeights.MelFilterBankName)]
    public void ReadSpectrogram_TableMissing_NamesIt(string name)
    {
        using SafetensorsFile file = CodecFixture.OpenVocoder(CodecFixture.Nano);
        VocoderWeights weights = new(new WithoutTensor(file, name));
        CheckpointMismatchException error = Assert.Throws<CheckpointMismatchException>(
            () => weights.ReadSpectrogram(CodecFixture.VocoderConfigOf(CodecFixture.Nano), CPU));
        Assert.That(error.Missing, Is.EqualTo(new[] { name }));
    }

    /// <summary>A file that lacks one of its tensors.</summary>
    private sealed class WithoutTensor(ITensorSource source, string absent) : ITensorSource
    {
        public string Origin => source.Origin;

        public IReadOnlyCollection<string> Names => [.. source.Names.Where(name => name != absent)];

        public IReadOnlyList<long> Shape(string name) => source.Shape(name);

        public ScalarType Type(string name) => source.Type(name);

        public void Read(string name, Tensor destination) => source.Read(name, destination);
    }
}
