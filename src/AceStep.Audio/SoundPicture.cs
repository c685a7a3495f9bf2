using System.Globalization;
using AceStep.Audio.Files;
using AceStep.Audio.Pictures;

namespace AceStep.Audio;

/// <summary>
/// Draws a sound as a PNG picture: the waveform of each channel (of all together where there are more than two)
/// above a mel spectrogram, with the axes of time, frequency and level.
/// </summary>
public static class SoundPicture
{
    /// <summary>The width of a picture where none is given, in pixels.</summary>
    public const int DefaultWidth = 1280;

    /// <summary>The height of a picture where none is given, in pixels.</summary>
    public const int DefaultHeight = 720;

    private const int SmallestWidth = 320;
    private const int SmallestHeight = 240;
    private const int Largest = 8192;

    /// <summary>Pixels around the panels: for labels on the left and right, the title above, the times below.</summary>
    private const int Left = 64;
    private const int Right = 84;
    private const int Top = 12;
    private const int Bottom = 32;
    private const int Gap = 20;

    private const int Scale = 2;
    private const int LetterHeight = PixelFont.Height * Scale;
    private const int LineHeight = LetterHeight + 8;
    private const int TickLength = 5;
    private const int TimeLabelSpacing = 110;
    private const int LegendWidth = 12;
    private const int LegendGap = 12;

    /// <summary>The levels, in dB below the loudest place, that the colours cover.</summary>
    private const float Range = 90;

    private static readonly Rgb Background = new(18, 18, 24);
    private static readonly Rgb Panel = new(0, 0, 4);
    private static readonly Rgb Ink = new(214, 214, 220);
    private static readonly Rgb Grid = new(70, 70, 84);
    private static readonly Rgb Wave = new(96, 176, 255);

    /// <summary>Draws into a file, which appears under its name only when it is complete.</summary>
    /// <param name="audio">The sound.</param>
    /// <param name="path">The PNG file; one that is there already is replaced.</param>
    /// <param name="title">Up to three lines above the picture (ASCII letters; others become boxes), or null.</param>
    /// <param name="width">Pixels, 320 to 8192.</param>
    /// <param name="height">Pixels, 240 to 8192.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(AudioBuffer audio, string path, string? title = null, int width = DefaultWidth, int height = DefaultHeight)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Canvas canvas = Draw(audio, title, width, height);
        using var file = new AtomicFile(path);
        try
        {
            PngWriter.Write(canvas, file.Stream);
            file.Commit();
        }
        catch (Exception error) when (AtomicFile.IsFailure(error))
        {
            throw file.Rename(error);
        }
    }

    /// <summary>Draws into a stream, which stays open.</summary>
    /// <param name="audio">The sound.</param>
    /// <param name="stream">Where to write; it need not be seekable.</param>
    /// <param name="title">Up to three lines above the picture (ASCII letters; others become boxes), or null.</param>
    /// <param name="width">Pixels, 320 to 8192.</param>
    /// <param name="height">Pixels, 240 to 8192.</param>
    public static void Save(AudioBuffer audio, Stream stream, string? title = null, int width = DefaultWidth, int height = DefaultHeight)
    {
        ArgumentNullException.ThrowIfNull(stream);
        PngWriter.Write(Draw(audio, title, width, height), stream);
    }

    private static Canvas Draw(AudioBuffer audio, string? title, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(audio);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, SmallestWidth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Largest);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, SmallestHeight);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, Largest);
        var canvas = new Canvas(width, height);
        canvas.Fill(0, 0, width, height, Background);
        int top = DrawTitle(canvas, title);
        int panels = audio.Channels == 2 ? 2 : 1;
        int wavesHeight = (height - top - Bottom) / 3;
        int waveHeight = (wavesHeight / panels) - Gap;
        for (int panel = 0; panel < panels; panel++)
        {
            int waveTop = top + (panel * (waveHeight + Gap));
            DrawWave(canvas, audio, panel, panels == 1 ? audio.Channels : panel + 1, waveTop, waveTop + waveHeight);
        }

        DrawSpectrogram(canvas, audio, top + wavesHeight, height - Bottom);
        DrawTimes(canvas, audio, top, height - Bottom);
        return canvas;
    }

    /// <summary>Draws up to three lines and returns where the panels begin.</summary>
    private static int DrawTitle(Canvas canvas, string? title)
    {
        int top = Top;
        int letters = (canvas.Width - Left) / (PixelFont.Advance * Scale);
        foreach (string line in (title ?? "").ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(3))
        {
            canvas.Text(Left, top, line.Length <= letters ? line : line[..(letters - 3)] + "...", Ink, Scale);
            top += LineHeight;
        }

        return top;
    }

    private static void DrawWave(Canvas canvas, AudioBuffer audio, int firstChannel, int endChannel, int top, int bottom)
    {
        int right = canvas.Width - Right;
        canvas.Fill(Left, top, right, bottom, Panel);
        int middle = (top + bottom) / 2;
        int half = (bottom - top - 1) / 2;
        (float Low, float High)[] envelope = Envelope.Of(audio, right - Left, firstChannel, endChannel);
        for (int x = 0; x < envelope.Length; x++)
        {
            int highest = middle - (int)Math.Round(Math.Clamp(envelope[x].High, -1, 1) * half);
            int lowest = middle - (int)Math.Round(Math.Clamp(envelope[x].Low, -1, 1) * half);
            canvas.Fill(Left + x, highest, Left + x + 1, lowest + 1, Wave);
        }

        foreach ((string label, int y) in new[] { ("+1", top), ("0", middle), ("-1", bottom - 1) })
        {
            DrawLeftLabel(canvas, label, y);
        }
    }

    private static void DrawSpectrogram(Canvas canvas, AudioBuffer audio, int top, int bottom)
    {
        int right = canvas.Width - Right;
        MelSpectrogram spectrogram = MelSpectrogram.Of(audio, right - Left, bottom - top);
        float loudest = MelSpectrogram.Floor + Range;
        for (int column = 0; column < spectrogram.Columns; column++)
        {
            for (int band = 0; band < spectrogram.Bands; band++)
            {
                loudest = Math.Max(loudest, spectrogram[column, band]);
            }
        }

        for (int column = 0; column < spectrogram.Columns; column++)
        {
            for (int band = 0; band < spectrogram.Bands; band++)
            {
                canvas.Set(Left + column, bottom - 1 - band, Rgb.OfHeat(1 - ((loudest - spectrogram[column, band]) / Range)));
            }
        }

        int last = int.MaxValue;
        foreach ((double frequency, string label) in Axes.FrequenciesBetween(spectrogram.LowestFrequency, spectrogram.HighestFrequency))
        {
            int y = bottom - 1 - (int)Math.Min(spectrogram.BandOf(frequency), spectrogram.Bands - 1);
            if (last - y > LetterHeight)
            {
                DrawLeftLabel(canvas, label, y);
                last = y;
            }
        }

        DrawLegend(canvas, loudest, top, bottom);
    }

    private static void DrawLegend(Canvas canvas, float loudest, int top, int bottom)
    {
        int left = canvas.Width - Right + LegendGap;
        for (int y = top; y < bottom; y++)
        {
            canvas.Fill(left, y, left + LegendWidth, y + 1, Rgb.OfHeat((double)(bottom - 1 - y) / (bottom - 1 - top)));
        }

        canvas.Text(left, top - LetterHeight - 2, "dB", Ink, Scale);
        for (int i = 0; i <= 3; i++)
        {
            string label = (loudest - (Range * i / 3)).ToString("0", CultureInfo.InvariantCulture);
            int y = top + ((bottom - 1 - top) * i / 3) - (LetterHeight / 2);
            canvas.Text(left + LegendWidth + 4, Math.Clamp(y, top, bottom - LetterHeight), label, Ink, Scale);
        }
    }

    private static void DrawTimes(Canvas canvas, AudioBuffer audio, int top, int bottom)
    {
        int width = canvas.Width - Right - Left;
        double duration = audio.Duration.TotalSeconds;
        foreach ((double seconds, string label) in Axes.Times(duration, width / TimeLabelSpacing))
        {
            int x = Left + (duration > 0 ? (int)(seconds / duration * (width - 1)) : 0);
            for (int y = top; y < bottom; y += 4)
            {
                canvas.Set(x, y, Grid);
            }

            canvas.Fill(x, bottom, x + 1, bottom + TickLength, Ink);
            canvas.Text(x - (Canvas.WidthOf(label, Scale) / 2), bottom + TickLength + 4, label, Ink, Scale);
        }
    }

    private static void DrawLeftLabel(Canvas canvas, string label, int y)
    {
        canvas.Fill(Left - TickLength, y, Left, y + 1, Ink);
        canvas.Text(Left - TickLength - 4 - Canvas.WidthOf(label, Scale), y - (LetterHeight / 2), label, Ink, Scale);
    }
}
