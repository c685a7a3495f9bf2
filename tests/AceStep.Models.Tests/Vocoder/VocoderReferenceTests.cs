using AceStep.Testing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The vocoder, part by part, against models/vocoder.</summary>
[Category(ReferenceData.Category)]
public sealed class VocoderReferenceTests
{
    private const double Tolerance = TensorAssert.ModuleTolerance;

    private DisposeScope _scope;
    private MelVocoder _vocoder;
    private SafetensorsFile _reference;

    [SetUp]
    public void SetUp()
    {
        _scope = NewDisposeScope();
        _reference = CodecFixture.OpenReference("vocoder");
        _vocoder = CodecFixture.LoadVocoder(CodecFixture.Tiny);
    }

    [TearDown]
    public void TearDown()
    {
        _vocoder?.Dispose();
        _reference?.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void Backbone_ReferenceMel_GivesRecordedFrames()
    {
        Tensor hidden = CodecFixture.Part<VocoderBackbone>(_vocoder, "backbone").call(_reference.Read("mel"));

        // An epsilon of 1e-5 in the norms moves this by 1.5e-5, which the usual tolerance only just sees.
        CodecFixture.AssertMatches(hidden, _reference, "backbone", 4e-6);
    }

    [Test]
    public void HeadParts_ReferenceInputs_GiveRecordedOutputs()
    {
        Tensor entered = CodecFixture.Part<Conv1d>(_vocoder, "head.conv_pre").call(ChannelsLast.Store(_reference.Read("backbone")));
        CodecFixture.AssertMatches(entered, _reference, "conv_pre", Tolerance);
        Tensor lengthened = CodecFixture.Part<VocoderUpsampler>(_vocoder, "head.ups.0").call(nn.functional.silu(entered));
        CodecFixture.AssertMatches(lengthened, _reference, "ups.0", Tolerance);
        Tensor refined = CodecFixture.Part<VocoderResidualBlock>(_vocoder, "head.resblocks.0").call(lengthened);
        CodecFixture.AssertMatches(refined, _reference, "resblocks.0", Tolerance);
    }

    [Test]
    public void Forward_ReferenceMel_GivesRecordedWaveform()
    {
        long frames = _reference.Entries["mel"].Shape[^1];
        FrameRange all = new(0, frames);
        Tensor waveform = _vocoder.Forward(_reference.Read("mel"), all, all, frames, CodecFixture.NoSteps);
        CodecFixture.AssertMatches(waveform, _reference, "waveform", Tolerance);
        TensorAssert.Close(waveform, _reference.Read("conv_post").tanh(), Tolerance, "conv_post");
    }

    [Test]
    public void Head_ReferenceBackbone_GivesRecordedWaveform()
    {
        long frames = _reference.Entries["backbone"].Shape[^1];
        FrameRange all = new(0, frames);
        Tensor waveform = CodecFixture.Part<VocoderHead>(_vocoder, "head").Forward(_reference.Read("backbone"), all, all, frames, CodecFixture.NoSteps);
        CodecFixture.AssertMatches(waveform, _reference, "waveform", Tolerance);
    }
}
