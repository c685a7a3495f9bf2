using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The vocoder, part by part, against models/vocoder.</summary>
public sealed class VocoderReferenceTests() : ReferenceTests("vocoder")
{
    private MelVocoder Vocoder => Subject<MelVocoder>();

    private protected override IDisposable Load() => CodecFixture.LoadVocoder(CodecFixture.Tiny);

    [Test]
    public void Backbone_ReferenceMel_GivesRecordedFrames()
    {
        Tensor hidden = CodecFixture.Part<VocoderBackbone>(Vocoder, "backbone").call(Recorded("mel"));

        // An epsilon of 1e-5 in the norms moves this by 1.5e-5, which the usual tolerance only just sees.
        Check(hidden, "backbone", 4e-6);
    }

    [Test]
    public void HeadParts_ReferenceInputs_GiveRecordedOutputs()
    {
        Tensor entered = CodecFixture.Part<Conv1d>(Vocoder, "head.conv_pre").call(ChannelsLast.Store(Recorded("backbone")));
        Check(entered, "conv_pre");
        Tensor lengthened = CodecFixture.Part<VocoderUpsampler>(Vocoder, "head.ups.0").call(nn.functional.silu(entered));
        Check(lengthened, "ups.0");
        Tensor refined = CodecFixture.Part<VocoderResidualBlock>(Vocoder, "head.resblocks.0").call(lengthened);
        Check(refined, "resblocks.0");
    }

    [Test]
    public void Forward_ReferenceMel_GivesRecordedWaveform()
    {
        long frames = Reference.Entries["mel"].Shape[^1];
        FrameRange all = new(0, frames);
        Tensor waveform = Vocoder.call(Recorded("mel"), all, all, frames, CodecFixture.NoSteps);
        Check(waveform, "waveform");
        TensorAssert.Close(waveform, Recorded("conv_post").tanh(), TensorAssert.ModuleTolerance, "conv_post");
    }

    [Test]
    public void Head_ReferenceBackbone_GivesRecordedWaveform()
    {
        long frames = Reference.Entries["backbone"].Shape[^1];
        FrameRange all = new(0, frames);
        Tensor waveform = CodecFixture.Part<VocoderHead>(Vocoder, "head").call(Recorded("backbone"), all, all, frames, CodecFixture.NoSteps);
        Check(waveform, "waveform");
    }
}
