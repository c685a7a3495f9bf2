namespace AceStep.Audio.Pictures;

/// <summary>A picture of red, green and blue bytes to draw on.</summary>
internal sealed class Canvas(int width, int height)
{
    private readonly byte[] _pixels = new byte[3 * width * height];

    public int Width => width;

    public int Height => height;

    /// <summary>The bytes of one line, from left to right.</summary>
    public ReadOnlySpan<byte> Line(int y) => _pixels.AsSpan(3 * width * y, 3 * width);

    /// <summary>Colours one pixel; outside the picture nothing happens.</summary>
    public void Set(int x, int y, Rgb color)
    {
        if ((uint)x < (uint)width && (uint)y < (uint)height)
        {
            Span<byte> pixel = _pixels.AsSpan(3 * ((y * width) + x), 3);
            (pixel[0], pixel[1], pixel[2]) = (color.Red, color.Green, color.Blue);
        }
    }

    public void Fill(int left, int top, int right, int bottom, Rgb color)
    {
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
            {
                Set(x, y, color);
            }
        }
    }

    /// <summary>Draws text whose upper left corner is given.</summary>
    public void Text(int left, int top, string text, Rgb color, int scale)
    {
        for (int i = 0; i < text.Length; i++)
        {
            for (int y = 0; y < PixelFont.Height * scale; y++)
            {
                for (int x = 0; x < PixelFont.Width * scale; x++)
                {
                    if (PixelFont.HasInk(text[i], x / scale, y / scale))
                    {
                        Set(left + (i * PixelFont.Advance * scale) + x, top + y, color);
                    }
                }
            }
        }
    }

    /// <summary>The width that text will have.</summary>
    public static int WidthOf(string text, int scale) => ((text.Length * PixelFont.Advance) - 1) * scale;
}
