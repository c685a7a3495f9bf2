using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Identification;

/// <summary>
/// The tables of the language identifier: an automaton over bytes that finds features, and the weight of each feature for
/// each language. The embedded file is langid.py's model; it is read when the first line needs it.
/// </summary>
internal sealed class LanguageModel
{
    private const string Resource = "langid.bin.gz";
    private static readonly byte[] Magic = "LANGID01"u8.ToArray();

    private LanguageModel(byte[] data)
    {
        if (!data.AsSpan().StartsWith(Magic))
        {
            throw new InvalidDataException($"{Resource} does not start with {Encoding.ASCII.GetString(Magic)}.");
        }

        int position = Magic.Length;
        int languages = ReadInt32(data, ref position);
        int features = ReadInt32(data, ref position);
        int states = ReadInt32(data, ref position);

        var labels = new string[languages];
        for (int language = 0; language < languages; language++)
        {
            int length = data[position++];
            labels[language] = Encoding.ASCII.GetString(data, position, length);
            position += length;
        }

        Labels = labels;
        // Rows are padded to a whole number of vectors.
        RowLength = (languages + Vector<double>.Count - 1) / Vector<double>.Count * Vector<double>.Count;
        Priors = new double[RowLength];
        for (int language = 0; language < languages; language++)
        {
            Priors[language] = ReadSingle(data, ref position);
        }

        Weights = ReadWeights(data, ref position, languages, features, RowLength);
        (OutputStarts, Outputs) = ReadOutputs(data, ref position, states);
        Transitions = ReadTransitions(data, ref position, states * 256);
    }

    /// <summary>The model, loaded on first use.</summary>
    public static Lazy<LanguageModel> Shared { get; } = new(() => new LanguageModel(EmbeddedData.Bytes(Resource)));

    /// <summary>The languages, in alphabetical order, which is the order of all tables.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The length of a row of <see cref="Weights"/>: the number of languages, rounded up.</summary>
    public int RowLength { get; }

    public double[] Priors { get; }

    /// <summary>One row of <see cref="RowLength"/> weights for each feature.</summary>
    public double[] Weights { get; }

    /// <summary>Where the features of each state start in <see cref="Outputs"/>; one entry more than there are states.</summary>
    public int[] OutputStarts { get; }

    public ushort[] Outputs { get; }

    /// <summary>The next state, by state x 256 + byte.</summary>
    public ushort[] Transitions { get; }

    // For each language the file has a list of distinct weights and, for each feature, an index into it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double[] ReadWeights(byte[] data, ref int position, int languages, int features, int rowLength)
    {
        var palettes = new double[languages][];
        for (int language = 0; language < languages; language++)
        {
            palettes[language] = new double[ReadUInt16(data, ref position)];
            for (int index = 0; index < palettes[language].Length; index++)
            {
                palettes[language][index] = ReadSingle(data, ref position);
            }
        }

        var weights = new double[features * rowLength];
        ReadOnlySpan<byte> indices = data.AsSpan(position, languages * features * sizeof(ushort));
        // In blocks of features, so that the rows being written stay in the processor's cache.
        const int Block = 64;
        for (int first = 0; first < features; first += Block)
        {
            int end = Math.Min(first + Block, features);
            for (int language = 0; language < languages; language++)
            {
                double[] palette = palettes[language];
                int source = (language * features + first) * sizeof(ushort);
                for (int feature = first; feature < end; feature++, source += sizeof(ushort))
                {
                    weights[feature * rowLength + language] =
                        palette[BinaryPrimitives.ReadUInt16LittleEndian(indices[source..])];
                }
            }
        }

        position += indices.Length;
        return weights;
    }

    private static (int[] Starts, ushort[] Outputs) ReadOutputs(byte[] data, ref int position, int states)
    {
        var starts = new int[states + 1];
        var outputs = new List<ushort>(states);
        for (int state = 0; state < states; state++)
        {
            for (int count = data[position++]; count > 0; count--)
            {
                outputs.Add((ushort)ReadUInt16(data, ref position));
            }

            starts[state + 1] = outputs.Count;
        }

        return (starts, outputs.ToArray());
    }

    private static ushort[] ReadTransitions(byte[] data, ref int position, int count)
    {
        var transitions = new ushort[count];
        Buffer.BlockCopy(data, position, transitions, 0, count * sizeof(ushort));
        position += count * sizeof(ushort);
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(transitions, transitions);
        }

        return transitions;
    }

    private static int ReadInt32(byte[] data, ref int position)
    {
        position += sizeof(int);
        return BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(position - sizeof(int)));
    }

    private static int ReadUInt16(byte[] data, ref int position)
    {
        position += sizeof(ushort);
        return BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(position - sizeof(ushort)));
    }

    private static double ReadSingle(byte[] data, ref int position)
    {
        position += sizeof(float);
        return BinaryPrimitives.ReadSingleLittleEndian(data.AsSpan(position - sizeof(float)));
    }
}
