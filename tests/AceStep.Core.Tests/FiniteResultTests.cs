using TorchSharp;
using TorchSharp.Modules;

namespace AceStep.Core.Tests;

/// <summary>Numbers that are no numbers are an error that says where they began and why, and leave the pipeline as it was.</summary>
public sealed class FiniteResultTests : PipelineFixture
{
    private static readonly float[] NotFinite = [float.NaN, float.PositiveInfinity];

    [Test]
    public void Generate_DamagedTextEncoder_NamesStageNetworkAndWeight([ValueSource(nameof(NotFinite))] float value)
    {
        NonFiniteResultException error = Damaged(Pipeline.Parts.TextEncoder.Resident!.Encoder, name => name.Contains("block.0.layer.0.SelfAttention.v", StringComparison.Ordinal), value);

        Assert.That((error.Stage, error.Network, error.Evaluation), Is.EqualTo((MusicStage.Conditioning, "text encoder", (int?)null)));
        Assert.That(error.Message, Does.Contain("SelfAttention.v.weight is not finite").And.Contain("damaged"));
    }

    [Test]
    public void Generate_DamagedLyricEncoder_IsFoundBeforeTheLoop()
    {
        NonFiniteResultException error = Damaged(Pipeline.Parts.Transformer.Resident!, name => name == "lyric_proj.weight", float.NaN);

        Assert.That((error.Stage, error.Network, error.Evaluation), Is.EqualTo((MusicStage.Conditioning, "transformer", (int?)null)));
        Assert.That(error.Message, Does.Contain("lyric_proj.weight is not finite"));
    }

    [Test]
    public void Generate_ConditionsThatOverflow_SaysThatTheWeightsAreFinite()
    {
        NonFiniteResultException error = Damaged(Pipeline.Parts.Transformer.Resident!, name => name == "lyric_proj.weight", float.MaxValue);

        Assert.That((error.Stage, error.Network), Is.EqualTo((MusicStage.Conditioning, "transformer")));
        Assert.That(error.Message, Does.Contain("All of its weights are finite"));
    }

    [Test]
    public void Generate_DamagedTransformer_NamesTheEvaluation([ValueSource(nameof(NotFinite))] float value)
    {
        NonFiniteResultException error = Damaged(Pipeline.Parts.Transformer.Resident!, name => name == "transformer_blocks.1.attn.to_q.bias", value);

        Assert.That((error.Stage, error.Network, error.Evaluation), Is.EqualTo((MusicStage.Denoising, "transformer", (int?)1)));
        Assert.That(error.Message, Does.Contain("first in evaluation 1 of 3").And.Contain("transformer_blocks.1.attn.to_q.bias is not finite"));
    }

    [Test]
    public void Generate_DamagedCodec_NamesTheWeight()
    {
        NonFiniteResultException error = Damaged(Pipeline.Parts.Codec.Resident!.Modules[1], _ => true, float.NaN);

        Assert.That((error.Stage, error.Network), Is.EqualTo((MusicStage.Decoding, "codec")));
        Assert.That(error.Message, Does.Contain("is not finite: the checkpoint is damaged"));
    }

    [Test]
    public void Encode_DamagedCodec_IsAnErrorBeforeTheLoop()
    {
        NonFiniteResultException error = Damaged(
            Pipeline.Parts.Codec.Resident!.Modules[0], _ => true, float.NaN, new AudioToAudioRequest { Prompt = "funk", Source = Tones, Seed = 1, Generation = Quick });

        Assert.That((error.Stage, error.Network), Is.EqualTo((MusicStage.EncodingSource, "codec")));
    }

    [Test]
    public void Generate_AbsurdGuidanceScale_NamesItAndItsFirstEvaluation()
    {
        GenerationSettings settings = Quick with { Steps = 8 };
        NonFiniteResultException error = Assert.ThrowsAsync<NonFiniteResultException>(
            () => Pipeline.TextToMusicAsync(TextToMusic with { Generation = settings, Guidance = new GuidanceSettings { Scale = 1e40 } }))!;

        // Half of the steps, around the middle, are guided.
        Assert.That((error.Stage, error.Evaluation), Is.EqualTo((MusicStage.Denoising, (int?)3)));
        Assert.That(error.Message, Does.Contain("evaluation 3 of 8").And.Contain("guidance scale of 1E+40"));
    }

    [Test]
    public void Transfer_AbsurdGuidanceScale_NamesIt()
    {
        StyleTransferRequest request = new() { Prompt = "funk", TargetPrompt = "techno", Source = Tones, GuidanceScale = 1e40, Generation = Quick };

        Assert.That(async () => await Pipeline.TransferStyleAsync(request), Throws.TypeOf<NonFiniteResultException>().With.Message.Contains("guidance scale of 1E+40"));
    }

    [Test]
    public async Task Generate_AfterSuchAnError_GivesTheSongAsBefore()
    {
        MusicResult before = await Pipeline.TextToMusicAsync(TextToMusic);
        long live = Pipeline.LiveTensors;
        Assert.ThrowsAsync<NonFiniteResultException>(() => Pipeline.TextToMusicAsync(TextToMusic with { Guidance = new GuidanceSettings { Scale = 1e40 } }));

        Assert.That(Pipeline.LiveTensors, Is.EqualTo(live));
        MusicResult after = await Pipeline.TextToMusicAsync(TextToMusic);
        Assert.That(after.Songs[0].Latents.Values.SequenceEqual(before.Songs[0].Latents.Values), Is.True);
    }

    [Test]
    public async Task Generate_SilentSong_SaysSo()
    {
        using IDisposable muted = Change(Pipeline.Parts.Codec.Resident!.Modules[1], name => name.Contains("conv_post", StringComparison.Ordinal), 0);

        MusicResult result = await Pipeline.TextToMusicAsync(TextToMusic);

        Assert.That(result.Warnings.Single(warning => warning.Kind == MusicWarningKind.Silence).Message, Is.EqualTo("the song is silent: no sample is above -60 dBFS"));
    }

    [Test]
    public async Task Generate_AudibleSong_WarnsOfNothing() =>
        Assert.That((await Pipeline.TextToMusicAsync(TextToMusic with { Lyrics = "" })).Warnings, Is.Empty);

    private NonFiniteResultException Damaged(torch.nn.Module module, Func<string, bool> isDamaged, float value, MusicRequest? request = null)
    {
        using IDisposable damage = Change(module, isDamaged, value);
        return Assert.ThrowsAsync<NonFiniteResultException>(() => Pipeline.GenerateAsync(request ?? TextToMusic))!;
    }

    /// <summary>Fills the first weight of a name, and every one where all are meant, with one value; restores it when disposed of.</summary>
    private static Restoration Change(torch.nn.Module module, Func<string, bool> isChanged, float value)
    {
        using var noGrad = torch.no_grad();
        Restoration restoration = new();
        foreach ((string name, Parameter weight) in module.named_parameters())
        {
            if (isChanged(name))
            {
                restoration.Keep(weight);
                using torch.Tensor filled = torch.ones_like(weight).MultiplyInPlace(value);
                weight.copy_(filled);
            }
        }

        return restoration;
    }

    private sealed class Restoration : IDisposable
    {
        private readonly List<(Parameter Weight, torch.Tensor Before)> _kept = [];

        public void Keep(Parameter weight) => _kept.Add((weight, weight.detach().clone()));

        public void Dispose()
        {
            using var noGrad = torch.no_grad();
            foreach ((Parameter weight, torch.Tensor before) in _kept)
            {
                weight.copy_(before);
                before.Dispose();
            }
        }
    }
}
