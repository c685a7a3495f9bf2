using System.Text;
using AceStep.Audio;

namespace AceStep.Pictures;

/// <summary>Draws sounds with block characters: lines of plain text without colours or control codes.</summary>
public static class TerminalPicture
{
    private const int LabelWidth = 5;
    private const int TimeLabelWidth = 10;

    /// <summary>From nothing to full.</summary>
    private const string Shades = " ░▒▓█";

    /// <summary>The levels, in dB below the loudest place, that the shades cover.</summary>
    private const double Range = 45;

    /// <summary>Music falls by about so much per octave, in dB; levelled out, few shades show more.</summary>
    private const double Slope = 4;

    /// <summary>Draws the lowest and highest sample of all channels over time.</summary>
    /// <param name="audio">The sound.</param>
    /// <param name="width">Characters per line, at least 16, labels included.</param>
    /// <param name="height">Lines of the waveform, at least 1; a line with times follows.</param>
    public static IReadOnlyList<string> Waveform(AudioBuffer audio, int width = 80, int height = 8)
    {
        CheckSize(audio, width, height);
        int columns = width - LabelWidth - 1;
        (float Low, float High)[] envelope = Envelope.Of(audio, columns, 0, audio.Channels);
        List<string> lines = [];
        for (int row = 0; row < height; row++)
        {
            string label = row == 0 ? "+1" : row == height - 1 ? "-1" : row == height / 2 ? "0" : "";
            StringBuilder line = NewLine(label);
            foreach ((float low, float high) in envelope)
            {
                bool upper = Touches(low, high, 2 * row, 2 * height);
                bool lower = Touches(low, high, (2 * row) + 1, 2 * height);
                line.Append((upper, lower) switch { (true, true) => '█', (true, false) => '▀', (false, true) => '▄', _ => ' ' });
            }

            lines.Add(line.ToString());
        }

        lines.Add(TimeLine(audio, columns));
        return lines;
    }

    /// <summary>Draws the level of each band of frequencies over time, the highest on top.</summary>
    /// <param name="audio">The sound.</param>
    /// <param name="width">Characters per line, at least 16, labels included.</param>
    /// <param name="height">Lines of the spectrogram, at least 1; a line with times follows.</param>
    public static IReadOnlyList<string> Spectrogram(AudioBuffer audio, int width = 80, int height = 12)
    {
        CheckSize(audio, width, height);
        int columns = width - LabelWidth - 1;
        MelSpectrogram spectrogram = MelSpectrogram.Of(audio, columns, height);
        double Level(int column, int band) => spectrogram[column, band] + (Slope * Math.Log2(spectrogram.FrequencyOf(band + 0.5)));
        IEnumerable<int> bands = Enumerable.Range(0, height);
        double loudest = Enumerable.Range(0, columns).Max(column => bands.Max(band => Level(column, band)));

        var labels = new string[height];
        foreach ((double frequency, string label) in Axes.FrequenciesBetween(spectrogram.LowestFrequency, spectrogram.HighestFrequency))
        {
            labels[Math.Clamp((int)spectrogram.BandOf(frequency), 0, height - 1)] ??= label;
        }

        List<string> lines = [];
        for (int band = height - 1; band >= 0; band--)
        {
            StringBuilder line = NewLine(labels[band] ?? "");
            for (int column = 0; column < columns; column++)
            {
                double share = spectrogram[column, band] > MelSpectrogram.Floor ? 1 - ((loudest - Level(column, band)) / Range) : 0;
                line.Append(Shades[(int)Math.Clamp(share * Shades.Length, 0, Shades.Length - 1)]);
            }

            lines.Add(line.ToString());
        }

        lines.Add(TimeLine(audio, columns));
        return lines;
    }

    private static StringBuilder NewLine(string label) => new StringBuilder(label.PadLeft(LabelWidth)).Append('│');

    /// <summary>Whether a waveform passes through a half-line, counted from the top; silence shows as the one above the middle.</summary>
    private static bool Touches(float low, float high, int row, int rows)
    {
        float top = 1 - (2f * row / rows);
        float bottom = 1 - (2f * (row + 1) / rows);
        return high >= bottom && low < top;
    }

    private static string TimeLine(AudioBuffer audio, int columns)
    {
        char[] line = [.. new string(' ', LabelWidth + 1 + columns)];
        foreach ((double seconds, string label) in Axes.Times(audio.Duration.TotalSeconds, columns / TimeLabelWidth))
        {
            int place = LabelWidth + 1 + (int)(seconds * audio.SampleRate / Math.Max(1, audio.Length) * columns);
            if (place + label.Length <= line.Length)
            {
                label.CopyTo(line.AsSpan(place));
            }
        }

        return new string(line).TrimEnd();
    }

    private static void CheckSize(AudioBuffer audio, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(audio);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 16);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
    }
}
