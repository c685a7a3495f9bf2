using System.Numerics;
using System.Runtime.InteropServices;

namespace AceStep.Lyrics.Identification;

/// <summary>The language of a text and the probability that the identifier gives it, 0 to 1.</summary>
internal readonly record struct IdentifiedLanguage(string Language, double Probability);

/// <summary>
/// Identifies the language of a text among 97, by naive Bayes over byte sequences that an automaton finds. Thread-safe. The
/// original sums 32-bit floats; here the sums are 64-bit, which changes no label of the recorded cases.
/// </summary>
internal sealed class LanguageIdentifier(LanguageModel model)
{
    public static Lazy<LanguageIdentifier> Shared { get; } = new(() => new LanguageIdentifier(LanguageModel.Shared.Value));

    public IReadOnlyList<string> Labels => model.Labels;

    /// <summary>Identifies the language of code points, by their UTF-8 form. A lone surrogate has three bytes.</summary>
    public IdentifiedLanguage Identify(ReadOnlySpan<int> codePoints)
    {
        Span<double> scores = stackalloc double[model.RowLength];
        model.Priors.CopyTo(scores);
        int state = 0;
        foreach (int codePoint in codePoints)
        {
            switch (codePoint)
            {
                case < 0x80:
                    state = Step(state, codePoint, scores);
                    break;
                case < 0x800:
                    state = Step(state, 0xC0 | (codePoint >> 6), scores);
                    state = Step(state, 0x80 | (codePoint & 0x3F), scores);
                    break;
                case < 0x10000:
                    state = Step(state, 0xE0 | (codePoint >> 12), scores);
                    state = Step(state, 0x80 | ((codePoint >> 6) & 0x3F), scores);
                    state = Step(state, 0x80 | (codePoint & 0x3F), scores);
                    break;
                default:
                    state = Step(state, 0xF0 | (codePoint >> 18), scores);
                    state = Step(state, 0x80 | ((codePoint >> 12) & 0x3F), scores);
                    state = Step(state, 0x80 | ((codePoint >> 6) & 0x3F), scores);
                    state = Step(state, 0x80 | (codePoint & 0x3F), scores);
                    break;
            }
        }

        return Best(scores);
    }

    /// <summary>Identifies the language of bytes.</summary>
    public IdentifiedLanguage Identify(ReadOnlySpan<byte> bytes) => Best(Scores(bytes));

    /// <summary>The probability of each language, in the order of the labels.</summary>
    public double[] Probabilities(ReadOnlySpan<byte> bytes)
    {
        double[] scores = Scores(bytes);
        var probabilities = new double[Labels.Count];
        for (int label = 0; label < probabilities.Length; label++)
        {
            probabilities[label] = Probability(scores, label);
        }

        return probabilities;
    }

    private double[] Scores(ReadOnlySpan<byte> bytes)
    {
        var scores = (double[])model.Priors.Clone();
        int state = 0;
        foreach (byte value in bytes)
        {
            state = Step(state, value, scores);
        }

        return scores;
    }

    private int Step(int state, int value, Span<double> scores)
    {
        int next = model.Transitions[state * 256 + value];
        int end = model.OutputStarts[next + 1];
        for (int output = model.OutputStarts[next]; output < end; output++)
        {
            int row = model.Outputs[output] * model.RowLength;
            Span<Vector<double>> sums = MemoryMarshal.Cast<double, Vector<double>>(scores);
            ReadOnlySpan<Vector<double>> weights =
                MemoryMarshal.Cast<double, Vector<double>>(model.Weights.AsSpan(row, model.RowLength));
            for (int index = 0; index < weights.Length; index++)
            {
                sums[index] += weights[index];
            }
        }

        return next;
    }

    private IdentifiedLanguage Best(ReadOnlySpan<double> scores)
    {
        int best = 0;
        for (int label = 1; label < Labels.Count; label++)
        {
            if (scores[label] > scores[best])
            {
                best = label;
            }
        }

        return new IdentifiedLanguage(Labels[best], Probability(scores, best));
    }

    private double Probability(ReadOnlySpan<double> scores, int label)
    {
        double sum = 0;
        for (int other = 0; other < Labels.Count; other++)
        {
            sum += Math.Exp(scores[other] - scores[label]);
        }

        return 1 / sum;
    }
}
