using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// The diffusion transformer of ACE-Step v1 with its condition encoder: conditions are encoded once
/// (<see cref="Encode"/>), a generation is prepared once (<see cref="Prepare"/>), and each step is one pass
/// (<see cref="Decode"/>) that gives the velocity of the latents.
/// </summary>
/// <remarks>
/// Owns its weights until disposed. The methods change nothing in it, so threads may share it; call them under
/// <see cref="inference_mode(bool)"/> or <see cref="no_grad"/>. Nothing is read back to the host.
/// </remarks>
public sealed partial class AceStepTransformer : nn.Module
{
    [ComponentName(Name = "speaker_embedder")]
    private readonly Linear _speakerProjection;

    // The checkpoint's name for what takes the whole prompt.
    [ComponentName(Name = "genre_embedder")]
    private readonly Linear _textProjection;

    [ComponentName(Name = "lyric_embs")]
    private readonly TokenEmbedding _lyricEmbedding;

    [ComponentName(Name = "lyric_encoder")]
    private readonly LyricEncoder _lyricEncoder;

    [ComponentName(Name = "lyric_proj")]
    private readonly Linear _lyricProjection;

    [ComponentName(Name = "timestep_embedder")]
    private readonly TimestepEmbedding _timestepEmbedding;

    [ComponentName(Name = "t_block")]
    private readonly Sequential _timestepModulation;

    [ComponentName(Name = "proj_in")]
    private readonly PatchEmbedding _patchEmbedding;

    [ComponentName(Name = "transformer_blocks")]
    private readonly ModuleList<TransformerBlock> _blocks;

    [ComponentName(Name = "final_layer")]
    private readonly FinalLayer _finalLayer;

    /// <summary>Builds the modules on the META device: shapes without memory.</summary>
    internal AceStepTransformer(TransformerConfig config)
        : base(nameof(AceStepTransformer))
    {
        Config = config;
        _speakerProjection = nn.Linear(config.SpeakerWidth, config.Width, device: META);
        _textProjection = nn.Linear(config.TextWidth, config.Width, device: META);
        _lyricEmbedding = new TokenEmbedding(config.LyricVocabularySize, config.LyricWidth);
        _lyricEncoder = new LyricEncoder(config.LyricWidth, config.LyricAttentionHeads, config.LyricFeedForwardWidth);
        _lyricProjection = nn.Linear(config.LyricWidth, config.Width, device: META);
        _timestepEmbedding = new TimestepEmbedding(config.Width);
        _timestepModulation = nn.Sequential(
            ("0", nn.SiLU()),
            ("1", nn.Linear(config.Width, TransformerBlock.ModulationCount * config.Width, device: META)));
        _patchEmbedding = new PatchEmbedding(config.InChannels, config.PatchHeight, config.Width);
        _blocks = new ModuleList<TransformerBlock>(
            [.. Enumerable.Range(0, config.LayerCount).Select(_ => new TransformerBlock(config.AttentionHeads, config.AttentionHeadSize, config.FeedForwardWidth))]);
        _finalLayer = new FinalLayer(config.Width, config.OutChannels, config.PatchHeight);
        RegisterComponents();
    }

    /// <summary>The sizes.</summary>
    public TransformerConfig Config { get; }

    private Device Device => _speakerProjection.weight.device;

    private ScalarType ComputeType => _speakerProjection.weight.dtype;

    /// <summary>Builds a transformer and reads its weights, each straight into its place.</summary>
    /// <param name="config">The sizes.</param>
    /// <param name="source">The weights under the released names. Those that only the training used are never read.</param>
    /// <param name="dtype">What the weights are held and the products computed in: float32 or bfloat16.</param>
    /// <param name="device">Where.</param>
    /// <param name="bytesRead">Told, after each tensor, the bytes read so far.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <exception cref="CheckpointMismatchException">Tensors are missing, unexpected or misshapen; names them all. Nothing has been read.</exception>
    public static AceStepTransformer Load(
        TransformerConfig config,
        ITensorSource source,
        ScalarType dtype,
        Device device,
        IProgress<long>? bytesRead = null,
        CancellationToken cancellationToken = default) =>
        Networks.Transformer.Load(config, source, dtype, device, new ByteCount(bytesRead), cancellationToken);

    /// <summary>Encodes conditions: one speaker token, the text's tokens, the lyrics' tokens, each projected to the model's width.</summary>
    /// <param name="textHiddenStates">[B, S, text width]: the text encoder's last hidden states.</param>
    /// <param name="textMask">[B, S], 1 or 0, any type.</param>
    /// <param name="speaker">[B, speaker width]; zeros where no speaker is given.</param>
    /// <param name="lyricIds">[B, L], int64, L at least 1.</param>
    /// <param name="lyricMask">[B, L], 1 or 0, any type.</param>
    /// <param name="weakenLyrics">Whether the lyric encoder is weakened (entropy-rectifying guidance).</param>
    /// <returns>
    /// The hidden states [B, 1 + S + L, width], padding left where it is, in the weights' type; and their mask
    /// [B, 1 + S + L], float32, 1 or 0. The caller disposes both.
    /// </returns>
    /// <exception cref="ArgumentException">A shape does not fit the config or the other arguments.</exception>
    public (Tensor HiddenStates, Tensor Mask) Encode(
        Tensor textHiddenStates,
        Tensor textMask,
        Tensor speaker,
        Tensor lyricIds,
        Tensor lyricMask,
        bool weakenLyrics)
    {
        long rows = textHiddenStates.size(0);
        RequireShape(textHiddenStates, nameof(textHiddenStates), rows, Any, Config.TextWidth);
        RequireShape(textMask, nameof(textMask), rows, textHiddenStates.size(1));
        RequireShape(speaker, nameof(speaker), rows, Config.SpeakerWidth);
        RequireShape(lyricIds, nameof(lyricIds), rows, Any);
        RequireShape(lyricMask, nameof(lyricMask), rows, lyricIds.size(1));

        using var scope = NewDisposeScope();
        Tensor speakerToken = _speakerProjection.call(speaker.to(ComputeType)).unsqueeze(1); // [B, 1, D]
        Tensor text = _textProjection.call(textHiddenStates.to(ComputeType)); // [B, S, D]
        Tensor lyrics = _lyricEncoder.call(_lyricEmbedding.call(lyricIds), lyricMask, weakenLyrics);
        Tensor hiddenStates = cat([speakerToken, text, _lyricProjection.call(lyrics)], dim: 1);
        Tensor mask = cat([ones(rows, 1, dtype: float32, device: Device), textMask.to(float32), lyricMask.to(float32)], dim: 1);
        return (hiddenStates.MoveToOuterDisposeScope(), mask.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Whether a tensor of the released checkpoint takes no part in a generation: the projectors to speech and music
    /// features, which the training compared, and the second projections of the cross-attention, which nothing multiplies.
    /// </summary>
    internal static bool IsUnused(string name)
    {
        if (name.StartsWith("projectors.", StringComparison.Ordinal))
        {
            return true;
        }

        return name.Split('.') is ["transformer_blocks", _, "cross_attn", "add_q_proj" or "add_k_proj" or "add_v_proj" or "to_add_out", "weight" or "bias"];
    }
}
