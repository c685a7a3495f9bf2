using System.Globalization;
using AceStep.Audio;
using SkiaSharp;

namespace AceStep.Pictures;

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

    /// <summary>Draws into a file, which appears under its name only when it is complete.</summary>
    /// <param name="audio">The sound.</param>
    /// <param name="path">The PNG file; one that is there already is replaced.</param>
    /// <param name="title">Up to three lines above the picture, or null. Letters that neither the built-in font (Latin, Greek, Cyrillic) nor the system has become boxes.</param>
    /// <param name="width">Pixels, 320 to 8192.</param>
    /// <param name="height">Pixels, 240 to 8192.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(AudioBuffer audio, string path, string? title = null, int width = DefaultWidth, int height = DefaultHeight)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using SKData png = Draw(audio, title, width, height);
        OutputFile.Write(path, png.SaveTo);
    }

    /// <summary>Draws into a stream, which stays open.</summary>
    /// <param name="audio">The sound.</param>
    /// <param name="stream">Where to write; it need not be seekable.</param>
    /// <param name="title">Up to three lines above the picture, or null. Letters that neither the built-in font (Latin, Greek, Cyrillic) nor the system has become boxes.</param>
    /// <param name="width">Pixels, 320 to 8192.</param>
    /// <param name="height">Pixels, 240 to 8192.</param>
    public static void Save(AudioBuffer audio, Stream stream, string? title = null, int width = DefaultWidth, int height = DefaultHeight)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using SKData png = Draw(audio, title, width, height);
        png.SaveTo(stream);
    }

    private static SKData Draw(AudioBuffer audio, string? title, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(audio);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, SmallestWidth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Largest);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, SmallestHeight);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, Largest);
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(bitmap))
        using (var drawing = new Drawing(canvas, audio, width, height))
        {
            drawing.Draw(title);
        }

        return bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
    }

    /// <summary>One picture while it is drawn.</summary>
    private sealed class Drawing : IDisposable
    {
        /// <summary>The levels, in dB below the loudest place, that the colours cover.</summary>
        private const float Range = 90;

        private static readonly SKColor Background = new(18, 18, 24);
        private static readonly SKColor Panel = new(0, 0, 4);
        private static readonly SKColor Ink = new(226, 226, 232);
        private static readonly SKColor Faint = new(110, 110, 128);
        private static readonly SKColor Grid = new(255, 255, 255, 40);
        private static readonly SKColor Wave = new(96, 176, 255);

        private readonly SKCanvas _canvas;
        private readonly AudioBuffer _audio;
        private readonly int _width;
        private readonly int _height;

        /// <summary>How much larger than at the default size letters and margins are.</summary>
        private readonly float _scale;
        private readonly Lettering _small;
        private readonly Lettering _large;
        private readonly SKPaint _paint = new() { IsAntialias = false };

        public Drawing(SKCanvas canvas, AudioBuffer audio, int width, int height)
        {
            _canvas = canvas;
            _audio = audio;
            _width = width;
            _height = height;
            _scale = Math.Max(0.75f, Math.Min((float)width / DefaultWidth, (float)height / DefaultHeight));
            _small = new Lettering(canvas, 15 * _scale);
            _large = new Lettering(canvas, 20 * _scale);
        }

        private int Left => Pixels(58);

        private int Right => _width - Pixels(84);

        private int Bottom => _height - Pixels(34);

        public void Draw(string? title)
        {
            _canvas.Clear(Background);
            int top = DrawTitle(title);
            int gap = Pixels(14);
            int panels = _audio.Channels == 2 ? 2 : 1;
            int waves = (Bottom - top) / 3;
            int waveHeight = (waves / panels) - gap;
            for (int panel = 0; panel < panels; panel++)
            {
                int waveTop = top + (panel * (waveHeight + gap));
                DrawWave(panel, panels == 1 ? _audio.Channels : panel + 1, waveTop, waveTop + waveHeight);
                if (panels == 2)
                {
                    _small.Draw(panel == 0 ? "left" : "right", Right + Pixels(10), waveTop + (waveHeight / 2f), Faint, Place.Right);
                }
            }

            DrawSpectrogram(top + waves, Bottom);
            DrawTimes(top);
        }

        public void Dispose()
        {
            _small.Dispose();
            _large.Dispose();
            _paint.Dispose();
        }

        private int Pixels(float atDefaultSize) => (int)MathF.Round(atDefaultSize * _scale);

        /// <summary>Draws up to three lines and returns where the panels begin.</summary>
        private int DrawTitle(string? title)
        {
            float top = Pixels(12);
            foreach (string line in (title ?? "").ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(3))
            {
                _large.Draw(_large.Shorten(line, _width - Left - Pixels(12)), Left, top + (_large.Height / 2), Ink, Place.Right);
                top += _large.Height + Pixels(4);
            }

            return (int)top + Pixels(4);
        }

        private void DrawWave(int firstChannel, int endChannel, int top, int bottom)
        {
            Fill(Left, top, Right, bottom, Panel);
            float middle = (top + bottom) / 2f;
            float half = (bottom - top - 2) / 2f;
            Fill(Left, middle, Right, middle + 1, Grid);
            (float Low, float High)[] envelope = Envelope.Of(_audio, Right - Left, firstChannel, endChannel);
            for (int x = 0; x < envelope.Length; x++)
            {
                float highest = middle - (Math.Clamp(envelope[x].High, -1, 1) * half);
                float lowest = middle - (Math.Clamp(envelope[x].Low, -1, 1) * half);
                Fill(Left + x, highest - 0.5f, Left + x + 1, lowest + 0.5f, Wave);
            }

            bool hasRoom = bottom - top > 3 * _small.Height;
            foreach ((string label, float y) in new[] { ("+1", top + (_small.Height / 2)), ("0", middle), ("\u22121", bottom - (_small.Height / 2)) })
            {
                if (hasRoom || label == "0")
                {
                    _small.Draw(label, Left - Pixels(8), y, Ink, Place.Left);
                }
            }
        }

        private void DrawSpectrogram(int top, int bottom)
        {
            MelSpectrogram spectrogram = MelSpectrogram.Of(_audio, Right - Left, bottom - top);
            float loudest = MelSpectrogram.Floor + Range;
            for (int column = 0; column < spectrogram.Columns; column++)
            {
                for (int band = 0; band < spectrogram.Bands; band++)
                {
                    loudest = Math.Max(loudest, spectrogram[column, band]);
                }
            }

            using var heat = new SKBitmap(spectrogram.Columns, spectrogram.Bands, SKColorType.Rgba8888, SKAlphaType.Opaque);
            var colors = new SKColor[spectrogram.Columns * spectrogram.Bands];
            for (int band = 0; band < spectrogram.Bands; band++)
            {
                for (int column = 0; column < spectrogram.Columns; column++)
                {
                    colors[((spectrogram.Bands - 1 - band) * spectrogram.Columns) + column] = Heat.Of(1 - ((loudest - spectrogram[column, band]) / Range));
                }
            }

            heat.Pixels = colors;
            _canvas.DrawBitmap(heat, Left, top);
            float last = float.MaxValue;
            foreach ((double frequency, string label) in Axes.FrequenciesBetween(spectrogram.LowestFrequency, spectrogram.HighestFrequency))
            {
                float y = bottom - 1 - (float)Math.Min(spectrogram.BandOf(frequency), spectrogram.Bands - 1);
                if (last - y > _small.Height)
                {
                    Fill(Left - Pixels(5), y, Left, y + 1, Ink);
                    _small.Draw(label, Left - Pixels(8), Math.Clamp(y, top + (_small.Height / 2), bottom - (_small.Height / 2)), Ink, Place.Left);
                    last = y;
                }
            }

            DrawLegend(loudest, top, bottom);
        }

        private void DrawLegend(float loudest, int top, int bottom)
        {
            float left = Right + Pixels(12);
            float width = Pixels(12);
            for (int y = top; y < bottom; y++)
            {
                Fill(left, y, left + width, y + 1, Heat.Of((double)(bottom - 1 - y) / (bottom - 1 - top)));
            }

            const int Steps = 3;
            for (int i = 0; i <= Steps; i++)
            {
                float level = loudest - (Range * i / Steps);
                string label = level.ToString("0", CultureInfo.InvariantCulture).Replace('-', '\u2212') + (i == 0 ? " dB" : "");
                float y = Math.Clamp(top + ((bottom - top) * i / (float)Steps), top + (_small.Height / 2), bottom - (_small.Height / 2));
                _small.Draw(label, left + width + Pixels(5), y, Ink, Place.Right);
            }
        }

        private void DrawTimes(int top)
        {
            int width = Right - Left;
            double duration = _audio.Duration.TotalSeconds;
            foreach ((double seconds, string label) in Axes.Times(duration, width / Pixels(110)))
            {
                float x = Left + (duration > 0 ? (int)(seconds / duration * (width - 1)) : 0);
                Fill(x, top, x + 1, Bottom, Grid);
                Fill(x, Bottom, x + 1, Bottom + Pixels(5), Ink);
                _small.Draw(label, x, Bottom + Pixels(7) + (_small.Height / 2), Ink, Place.Middle);
            }
        }

        private void Fill(float left, float top, float right, float bottom, SKColor color)
        {
            _paint.Color = color;
            _canvas.DrawRect(new SKRect(left, top, right, bottom), _paint);
        }
    }

    /// <summary>From black through violet and orange to pale yellow: even in brightness, also for the colour-blind.</summary>
    private static class Heat
    {
        private static readonly SKColor[] Colors =
        [
            new(0, 0, 4), new(40, 11, 84), new(101, 21, 110), new(159, 42, 99), new(212, 72, 66), new(245, 125, 21), new(250, 193, 39), new(252, 255, 164),
        ];

        /// <summary>The colour of a value from 0 to 1; beyond, the colour of the end.</summary>
        public static SKColor Of(double value)
        {
            double place = Math.Clamp(value, 0, 1) * (Colors.Length - 1);
            int index = Math.Min((int)place, Colors.Length - 2);
            (SKColor first, SKColor second, double share) = (Colors[index], Colors[index + 1], place - index);
            return new SKColor(Between(first.Red, second.Red), Between(first.Green, second.Green), Between(first.Blue, second.Blue));

            byte Between(byte low, byte high) => (byte)Math.Round(low + (share * (high - low)));
        }
    }
}
