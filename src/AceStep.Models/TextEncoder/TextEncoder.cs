using TorchSharp;

namespace AceStep.Models;

/// <summary>Prompts to the hidden states that condition the transformer: the tokenizer and the encoder together.</summary>
/// <remarks>
/// Safe for several threads at once. Disposing it disposes the encoder; the tensors that it has returned are the callers'.
/// </remarks>
public sealed class TextEncoder : IDisposable
{
    private readonly Umt5Tokenizer _tokenizer;
    private readonly Umt5Encoder _encoder;

    /// <summary>Takes a tokenizer, and an encoder to own.</summary>
    /// <exception cref="ArgumentException">The tokenizer has ids for which the encoder has no embedding.</exception>
    public TextEncoder(Umt5Tokenizer tokenizer, Umt5Encoder encoder)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(encoder);
        if (tokenizer.VocabularySize > encoder.Config.VocabularySize)
        {
            throw new ArgumentException(
                $"The encoder must have an embedding for each of the tokenizer's {tokenizer.VocabularySize} ids; it has {encoder.Config.VocabularySize}.",
                nameof(encoder));
        }

        _tokenizer = tokenizer;
        _encoder = encoder;
    }

    /// <summary>The tokenizer.</summary>
    public Umt5Tokenizer Tokenizer => _tokenizer;

    /// <summary>The encoder.</summary>
    public Umt5Encoder Encoder => _encoder;

    /// <summary>Loads a folder with config.json, tokenizer.json and model.safetensors, as the released umt5-base is.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="dtype">The type to hold the weights and to compute in: float32 or bfloat16.</param>
    /// <param name="device">The device to hold the weights on.</param>
    /// <param name="bytesRead">Told after each tensor how many of its file's bytes have been read.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <exception cref="CheckpointFormatException">A file is damaged or holds a value that cannot be.</exception>
    /// <exception cref="CheckpointMismatchException">The files are not those of one model.</exception>
    /// <exception cref="IOException">A file is absent or cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is kept.</exception>
    public static TextEncoder Load(
        string folder,
        torch.ScalarType dtype,
        torch.Device device,
        IProgress<long>? bytesRead = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Umt5Config config = Umt5Config.Load(Path.Combine(folder, "config.json"));
        string tokenizerPath = Path.Combine(folder, "tokenizer.json");
        Umt5Tokenizer tokenizer = Umt5Tokenizer.Load(tokenizerPath);
        if (tokenizer.VocabularySize > config.VocabularySize)
        {
            throw new CheckpointFormatException(tokenizerPath, $"its {tokenizer.VocabularySize} ids must be at most \"vocab_size\" of config.json, {config.VocabularySize}");
        }

        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        return new TextEncoder(tokenizer, Umt5Encoder.Load(config, weights, dtype, device, bytesRead, cancellationToken));
    }

    /// <summary>Encodes prompts as one batch, padded to the longest.</summary>
    /// <param name="prompts">The prompts, at least one; each is cut off at 256 tokens, and an empty one is one token.</param>
    /// <param name="weakenQueries">Whether to compute the original's "null" text; see <see cref="Umt5Encoder.forward"/>.</param>
    /// <returns>
    /// The hidden states, [B, S, width], and which of them count, [B, S], bool; both on the encoder's device and the caller's
    /// to dispose.
    /// </returns>
    public (torch.Tensor HiddenStates, torch.Tensor Mask) Encode(IReadOnlyList<string> prompts, bool weakenQueries = false)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentOutOfRangeException.ThrowIfZero(prompts.Count, nameof(prompts));
        int[][] texts = [.. prompts.Select(prompt => _tokenizer.Encode(prompt))];
        int length = texts.Max(text => text.Length);
        long[] ids = new long[texts.Length * length];
        bool[] counts = new bool[ids.Length];
        Array.Fill(ids, _tokenizer.PaddingId);
        foreach ((int row, int[] text) in texts.Index())
        {
            for (int column = 0; column < text.Length; column++)
            {
                ids[(row * length) + column] = text[column];
                counts[(row * length) + column] = true;
            }
        }

        using var scope = torch.NewDisposeScope();
        torch.Tensor idTensor = torch.tensor(ids, [texts.Length, length], device: _encoder.Device);
        torch.Tensor mask = torch.tensor(counts, [texts.Length, length], device: _encoder.Device);
        torch.Tensor hiddenStates = _encoder.call(idTensor, mask, weakenQueries);
        return (hiddenStates.MoveToOuterDisposeScope(), mask.MoveToOuterDisposeScope());
    }

    /// <summary>Returns the encoder's memory.</summary>
    public void Dispose() => _encoder.Dispose();
}
