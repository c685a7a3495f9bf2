using SkiaSharp;

namespace AceStep.Pictures;

/// <summary>Where text stands from a point.</summary>
internal enum Place
{
    /// <summary>It ends there.</summary>
    Left,

    /// <summary>It has its middle there.</summary>
    Middle,

    /// <summary>It begins there.</summary>
    Right,
}

/// <summary>
/// Text of one size, in the font that this library carries; letters that it lacks are drawn in a font of the system that has them.
/// Not thread-safe.
/// </summary>
internal sealed class Lettering : IDisposable
{
    private const string Ellipsis = "…";

    private static readonly Lazy<SKTypeface> Typeface = new(Load);

    private readonly SKCanvas _canvas;
    private readonly SKPaint _paint;
    private readonly float _middle;

    public Lettering(SKCanvas canvas, float size)
    {
        _canvas = canvas;
        _paint = new SKPaint { Typeface = Typeface.Value, TextSize = size, IsAntialias = true, SubpixelText = true };
        Height = _paint.FontMetrics.Descent - _paint.FontMetrics.Ascent;
        _middle = _paint.FontMetrics.CapHeight / 2;
    }

    /// <summary>The height of a line, in pixels.</summary>
    public float Height { get; }

    /// <summary>Draws a line.</summary>
    /// <param name="text">The text, without line breaks.</param>
    /// <param name="x">The point that <paramref name="place"/> is about.</param>
    /// <param name="y">The middle of the capitals.</param>
    /// <param name="color">The colour.</param>
    /// <param name="place">Where the text stands from <paramref name="x"/>.</param>
    public void Draw(string text, float x, float y, SKColor color, Place place)
    {
        _paint.Color = color;
        float left = x - (place switch { Place.Left => WidthOf(text), Place.Middle => WidthOf(text) / 2, _ => 0 });
        foreach ((string run, SKTypeface typeface) in Runs(text))
        {
            _paint.Typeface = typeface;
            _canvas.DrawText(run, left, y + _middle, _paint);
            left += _paint.MeasureText(run);
        }
    }

    /// <summary>A text, or its beginning with an ellipsis where it is wider than there is room.</summary>
    public string Shorten(string text, float width)
    {
        // No letter is so narrow that more would fit.
        string shortened = text.Length <= width ? text : text[..(int)width];
        if (shortened.Length == text.Length && WidthOf(text) <= width)
        {
            return text;
        }

        while (shortened.Length > 0 && WidthOf(shortened + Ellipsis) > width)
        {
            shortened = shortened[..^(shortened.Length > 1 && char.IsLowSurrogate(shortened[^1]) ? 2 : 1)];
        }

        return shortened + Ellipsis;
    }

    public void Dispose() => _paint.Dispose();

    private static SKTypeface Load()
    {
        using Stream font = typeof(Lettering).Assembly.GetManifestResourceStream("Roboto-Regular.ttf")!;
        return SKTypeface.FromStream(font);
    }

    private float WidthOf(string text)
    {
        float width = 0;
        foreach ((string run, SKTypeface typeface) in Runs(text))
        {
            _paint.Typeface = typeface;
            width += _paint.MeasureText(run);
        }

        return width;
    }

    /// <summary>The parts of a text that one font can draw.</summary>
    private static IEnumerable<(string Text, SKTypeface Typeface)> Runs(string text)
    {
        int start = 0;
        SKTypeface current = Typeface.Value;
        for (int i = 0; i < text.Length; i += char.IsSurrogatePair(text, i) ? 2 : 1)
        {
            int letter = char.IsSurrogatePair(text, i) ? char.ConvertToUtf32(text, i) : text[i];
            SKTypeface best = Typeface.Value.ContainsGlyph(letter) ? Typeface.Value
                : current.ContainsGlyph(letter) ? current
                : SKFontManager.Default.MatchCharacter(letter) ?? Typeface.Value;
            if (best != current)
            {
                if (i > start)
                {
                    yield return (text[start..i], current);
                }

                (start, current) = (i, best);
            }
        }

        if (start < text.Length)
        {
            yield return (text[start..], current);
        }
    }
}
