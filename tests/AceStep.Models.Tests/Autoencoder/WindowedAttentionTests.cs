using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The autoencoder's attention in windows that are given the whole song's sums.</summary>
[Category(ReferenceData.Category)]
public sealed class WindowedAttentionTests
{
    private const int Frames = 50;

    private DisposeScope _scope;
    private MusicAutoencoder _autoencoder;
    private Tensor _hidden;

    [SetUp]
    public void SetUp()
    {
        _scope = NewDisposeScope();
        _autoencoder = CodecFixture.LoadAutoencoder(CodecFixture.Tiny);
        using Generator generator = new(7);
        AutoencoderConfig config = CodecFixture.AutoencoderConfigOf(CodecFixture.Tiny);
        _hidden = _autoencoder.Decoder.ForwardEntry(randn([1, config.LatentChannels, 16, Frames], generator: generator));
    }

    [TearDown]
    public void TearDown()
    {
        _hidden?.Dispose();
        _autoencoder?.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void Run_Windows_EqualsWhole([Values] bool keeps, [Values(0, 3)] int contextAfter)
    {
        AttentionPlan plan = Plan(11, contextAfter, frameBytes: keeps ? 1 : long.MaxValue / 1000);
        Assert.That(plan.Keeps, Is.EqualTo(keeps));
        Tensor whole = RunAll(Plan(Frames))[0];
        List<Tensor> windows = RunAll(plan);
        for (int window = 0; window < windows.Count; window++)
        {
            TensorAssert.Close(windows[window], plan.Results[window].Of(whole), 2e-6, $"{plan.Results[window]}");
        }
    }

    [Test]
    public void Sums_MissingContext_Differ()
    {
        // What a window's sums would be without the frames around it: the test above must be able to see that.
        MultiscaleLinearAttention attention = _autoencoder.Decoder.AttentionBlocks[0].Attention;
        Tensor narrow = attention.Sums(_hidden.narrow(3, 10, 10), 0, 10);
        Tensor wide = attention.Sums(_hidden.narrow(3, 10 - attention.Reach, 10 + (2 * attention.Reach)), attention.Reach, 10);
        Assert.That(TensorAssert.RelativeL2(narrow, wide), Is.GreaterThan(1e-3));
    }

    [Test]
    public void Gather_SongTooLongToKeep_CountsTheRunsAgain()
    {
        int blocks = _autoencoder.Encoder.AttentionBlocks.Count;
        FrameRange[] windows = FrameRange.Split(Frames, 11);
        AttentionPlan keeping = new(windows, _autoencoder.Encoder.AttentionBlocks, 0, frameBytes: 1);
        AttentionPlan repeating = new(windows, _autoencoder.Encoder.AttentionBlocks, 0, frameBytes: long.MaxValue / 1000);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(keeping.Steps, Is.EqualTo(5 * 2 * blocks));
            Assert.That(repeating.Steps, Is.EqualTo(5 * (blocks + (blocks * (blocks + 1) / 2))));
        }
    }

    private AttentionPlan Plan(int windowFrames, int contextAfter = 0, long frameBytes = 1) =>
        new(FrameRange.Split(Frames, windowFrames), _autoencoder.Decoder.AttentionBlocks, contextAfter, frameBytes);

    private List<Tensor> RunAll(AttentionPlan plan)
    {
        using WindowedAttention attention = new(_autoencoder.Decoder.AttentionBlocks, plan, range => range.Of(_hidden), CodecFixture.NoSteps);
        attention.Gather();
        return [.. Enumerable.Range(0, plan.Windows.Count).Select(attention.Forward)];
    }
}
