using System.Globalization;
using AceStep.Checkpoints;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Fuzz.Targets;

/// <summary>The names and shapes of a checkpoint without configs, a tensor a line, from which the sizes of all four networks are read.</summary>
internal sealed class TensorSizesTarget : FuzzTarget
{
    private static readonly Action<ITensorSource>[] Readers =
    [
        source => TransformerConfig.FromTensors(source, ReleasedConfigs.Transformer),
        source => AutoencoderConfig.FromTensors(source),
        source => VocoderConfig.FromTensors(source, ReleasedConfigs.Vocoder),
        source => Umt5Config.FromTensors(source),
    ];

    public override string Name => "tensor-sizes";

    public override string Reads => "the four FromTensors: sizes from names and shapes";

    public override IReadOnlyList<string> Words =>
    [
        "\ngenre_embedder.weight 256 32", "\ntransformer_blocks.1.attn.to_q.weight 256 256", "\nencoder.down_blocks.1.0.attn.to_q.weight 8 8", "\ndecoder.up_blocks.0.0.conv.weight 8 8 3 3",
        "\nbackbone.stages.1.0.dwconv.weight 8 1 7", "\nencoder.block.1.layer.0.SelfAttention.q.weight 8 8", " 0", " 1", " 16777216", " 16777217", " 9223372036854775807",
    ];

    // Counting asks for names up to the first that is not there, and each of the four makes a table of them.
    public override long Buffers => 1 << 20;

    public override void Read(byte[] input)
    {
        Lines source = new(InputText.Of(input));
        int refused = 0;
        foreach (Action<ITensorSource> read in Readers)
        {
            try
            {
                read(source);
            }
            catch (CheckpointFormatException)
            {
                refused++;
            }
        }

        // It counts as read where any of them reads it.
        if (refused == Readers.Length)
        {
            throw new CheckpointFormatException(source.Origin, "is none of the four");
        }
    }

    public override bool IsRefusal(Exception error) => error is CheckpointFormatException;

    private sealed class Lines : ITensorSource
    {
        private readonly Dictionary<string, long[]> _shapes = new(StringComparer.Ordinal);

        public Lines(string text)
        {
            foreach (string line in text.Split('\n'))
            {
                string[] words = line.Split(' ');

                // The reader of the files lets no size below 0 pass.
                _shapes[words[0]] = [.. words.Skip(1).Select(word => long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long size) ? size : 0)];
            }
        }

        public string Origin => "the input";

        public IReadOnlyCollection<string> Names => _shapes.Keys;

        public IReadOnlyList<long> Shape(string name) => _shapes[name];

        public torch.ScalarType Type(string name) => torch.ScalarType.Float32;

        public void Read(string name, torch.Tensor destination) => throw new NotSupportedException("There are no values.");
    }
}
