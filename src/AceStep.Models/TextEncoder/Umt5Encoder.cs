using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace AceStep.Models;

/// <summary>The UMT5 text encoder: token ids to one hidden state per token.</summary>
/// <remarks>
/// Safe for several threads at once. Whoever loads it disposes it; that returns all its memory. Dropout has no part here,
/// so there is nothing to switch between training and evaluation.
/// </remarks>
public sealed class Umt5Encoder : torch.nn.Module<torch.Tensor, torch.Tensor, bool, torch.Tensor>
{
    // The blocks whose queries the weakened pass scales, and by what; the end is exclusive.
    private const int FirstWeakenedBlock = 8;
    private const int EndOfWeakenedBlocks = 10;
    private const double WeakenedQueryScale = 0.01;

    private readonly Umt5Config _config;

    [ComponentName(Name = "shared")]
    private readonly TokenEmbedding _embedding;

    [ComponentName(Name = "encoder")]
    private readonly Umt5Stack _stack;

    /// <summary>Builds the encoder on the META device, without weights.</summary>
    internal Umt5Encoder(Umt5Config config)
        : base(nameof(Umt5Encoder))
    {
        _config = config;
        _embedding = new TokenEmbedding(config.VocabularySize, config.Width);
        _stack = new Umt5Stack(config);
        RegisterComponents();
    }

    /// <summary>The sizes.</summary>
    public Umt5Config Config => _config;

    /// <summary>The device that the weights are on.</summary>
    public torch.Device Device => _stack.FinalNorm.Device;

    internal TokenEmbedding Embedding => _embedding;

    internal Umt5Stack Stack => _stack;

    /// <summary>Builds the encoder and reads its weights.</summary>
    /// <param name="config">The sizes.</param>
    /// <param name="source">The weights by their checkpoint names; a decoder beside the encoder is ignored.</param>
    /// <param name="dtype">The type to hold the weights and to compute in: float32 or bfloat16.</param>
    /// <param name="device">The device to hold them on.</param>
    /// <param name="bytesRead">Told after each tensor how many bytes have been read.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <exception cref="CheckpointMismatchException">The weights are not those of such an encoder; nothing has been read.</exception>
    /// <exception cref="CheckpointFormatException">The file has become shorter since it was opened.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is kept.</exception>
    public static Umt5Encoder Load(
        Umt5Config config,
        ITensorSource source,
        torch.ScalarType dtype,
        torch.Device device,
        IProgress<long>? bytesRead = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        Umt5Encoder encoder = new(config);
        try
        {
            ModuleLoader.Load(encoder, new Umt5Weights(source), dtype, device, Umt5Weights.IsKnownUnused, bytesRead, cancellationToken);
            return encoder;
        }
        catch
        {
            encoder.Dispose();
            throw;
        }
    }

    /// <summary>Encodes a batch of texts.</summary>
    /// <param name="ids">The token ids, [B, S], int64, each below the vocabulary's size; padded at the end.</param>
    /// <param name="mask">Non-zero for the tokens that count and zero for padding, [B, S]; each text must have one that counts.</param>
    /// <param name="weakenQueries">
    /// Whether the queries of blocks 8 and 9 are multiplied by 0.01, which leaves a text that hardly attends to itself: the
    /// original's "null" text for guidance.
    /// </param>
    /// <returns>The hidden states, [B, S, width], of the weights' type. Those at padding mean nothing.</returns>
    public torch.Tensor Encode(torch.Tensor ids, torch.Tensor mask, bool weakenQueries = false) => call(ids, mask, weakenQueries);

    /// <summary>See <see cref="Encode"/>.</summary>
    public override torch.Tensor forward(torch.Tensor ids, torch.Tensor mask, bool weakenQueries)
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor hiddenStates = _embedding.call(ids); // [B, S, D]
        using Umt5Pass pass = Umt5Pass.Create(mask, _config, hiddenStates.dtype);
        for (int index = 0; index < _stack.Blocks.Count; index++)
        {
            bool isWeakened = weakenQueries && index is >= FirstWeakenedBlock and < EndOfWeakenedBlocks;
            using torch.Tensor previous = hiddenStates;
            hiddenStates = _stack.Blocks[index].Run(previous, pass, isWeakened ? WeakenedQueryScale : null);
        }

        return _stack.FinalNorm.call(hiddenStates).MoveToOuterDisposeScope();
    }
}
