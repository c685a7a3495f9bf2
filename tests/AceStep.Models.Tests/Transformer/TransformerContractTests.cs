using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>What callers of the transformer rely on: refused arguments, and native memory given back.</summary>
[Category(ReferenceData.Category)]
public sealed class TransformerContractTests
{
    private const int Rows = 2;
    private const int Frames = 12;
    private const int EncoderTokens = 5;

    private DisposeScope _scope;
    private AceStepTransformer _transformer;
    private TransformerConfig _config;

    [SetUp]
    public void SetUp()
    {
        _scope = NewDisposeScope();
        _transformer = TransformerFixture.Load();
        _config = _transformer.Config;
    }

    [TearDown]
    public void TearDown()
    {
        _scope.Dispose();
        _transformer?.Dispose();
    }

    [Test]
    public void Encode_ShapesThatDoNotFit_NameArgumentAndShapes()
    {
        Tensor text = zeros(Rows, 3, _config.TextWidth);
        Tensor textMask = ones(Rows, 3);
        Tensor speaker = zeros(Rows, _config.SpeakerWidth);
        Tensor ids = zeros(Rows, 4, dtype: int64);
        Tensor lyricMask = ones(Rows, 4);
        using (Assert.EnterMultipleScope())
        {
            AssertRefused("textHiddenStates", () => _transformer.Encode(zeros(Rows, 3, _config.TextWidth + 1), textMask, speaker, ids, lyricMask, false));
            AssertRefused("textMask", () => _transformer.Encode(text, ones(Rows, 2), speaker, ids, lyricMask, false));
            AssertRefused("speaker", () => _transformer.Encode(text, textMask, zeros(1, _config.SpeakerWidth), ids, lyricMask, false));
            AssertRefused("lyricIds", () => _transformer.Encode(text, textMask, speaker, zeros(4, dtype: int64), lyricMask, false));
            AssertRefused("lyricMask", () => _transformer.Encode(text, textMask, speaker, ids, ones(Rows, 5), false));
        }
    }

    [Test]
    public void Prepare_ArgumentsThatDoNotFit_AreNamed()
    {
        Tensor states = zeros(Rows, EncoderTokens, _config.Width);
        Tensor mask = ones(Rows, EncoderTokens);
        Tensor timesteps = ones(3);
        using (Assert.EnterMultipleScope())
        {
            AssertRefused("encoderHiddenStates", () => _transformer.Prepare(zeros(Rows, EncoderTokens, 1), mask, Frames, timesteps));
            AssertRefused("encoderMask", () => _transformer.Prepare(states, ones(Rows, 1), Frames, timesteps));
            AssertRefused("frames", () => _transformer.Prepare(states, mask, 0, timesteps));
            AssertRefused("timesteps", () => _transformer.Prepare(states, mask, Frames, ones(3, Rows + 1)));
            AssertRefused("weakenedRows", () => _transformer.Prepare(states, mask, Frames, timesteps, [true]));
            AssertRefused("frameMask", () => _transformer.Prepare(states, mask, Frames, timesteps, frameMask: ones(Rows, Frames + 1)));
        }
    }

    [Test]
    public void Decode_ArgumentsThatDoNotFit_AreNamed()
    {
        using DecodeContext context = Prepare(_transformer);
        Tensor latents = Latents();
        using (Assert.EnterMultipleScope())
        {
            AssertRefused("latents", () => _transformer.Decode(latents.narrow(0, 0, 1), 0, context));
            AssertRefused("latents", () => _transformer.Decode(latents.narrow(3, 0, Frames - 1), 0, context));
            AssertRefused("step", () => _transformer.Decode(latents, -1, context));
            AssertRefused("step", () => _transformer.Decode(latents, context.StepCount, context));
        }
    }

    [TestCase(-1, 1)]
    [TestCase(0, 0)]
    [TestCase(0, Rows + 1)]
    [TestCase(Rows, 1)]
    public void SelectRows_RowsThatAreNotThere_AreRefused(int start, int count)
    {
        using DecodeContext context = Prepare(_transformer);
        Assert.Throws<ArgumentOutOfRangeException>(() => context.SelectRows(start, count));
    }

    [Test]
    public void Context_Counts_AreThoseOfItsArguments()
    {
        using DecodeContext context = Prepare(_transformer);
        using DecodeContext selected = context.SelectRows(1, 1);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((context.RowCount, context.FrameCount, context.StepCount), Is.EqualTo((Rows, Frames, 3)));
            Assert.That((selected.RowCount, selected.FrameCount, selected.StepCount), Is.EqualTo((1, Frames, 3)));
        }
    }

    [Test]
    public void Generation_Disposed_LeavesNoTensorBehind()
    {
        using SafetensorsFile reference = CodecFixture.OpenReference("encode");
        Tensor[] inputs = [.. ((string[])["text", "text_mask", "speaker", "token_ids", "lyric_mask"]).Select(reference.Read)];
        Tensor latents = Latents();
        Tensor timesteps = tensor(new float[] { 900, 500, 100 });
        long before = LiveTensors.Count();

        // No scope is open in which what was forgotten could hide.
        (Tensor hiddenStates, Tensor mask) = _transformer.Encode(inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], weakenLyrics: true);
        DecodeContext context = _transformer.Prepare(hiddenStates, mask, Frames, timesteps, [true, false]);
        DecodeContext selected = context.SelectRows(0, Rows);
        _transformer.Decode(latents, 1, selected).Dispose();
        selected.Dispose();
        context.Dispose();
        hiddenStates.Dispose();
        mask.Dispose();
        LiveTensors.AssertCount(before);
    }

    private static Tensor Latents()
    {
        using var generator = new Generator(1);
        TransformerConfig config = TransformerFixture.Config;
        return randn(Rows, config.InChannels, config.PatchHeight, Frames, generator: generator);
    }

    private static DecodeContext Prepare(AceStepTransformer transformer)
    {
        using var generator = new Generator(2);
        return transformer.Prepare(
            randn(Rows, EncoderTokens, transformer.Config.Width, generator: generator),
            ones(Rows, EncoderTokens),
            Frames,
            tensor(new float[] { 900, 500, 100 }));
    }

    private static void AssertRefused(string argument, Func<object> call) =>
        Assert.That(() => call(), Throws.InstanceOf<ArgumentException>().With.Property(nameof(ArgumentException.ParamName)).EqualTo(argument));
}
