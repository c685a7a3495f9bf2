using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AceStep;

/// <summary>Files that should hold JSON: read within bounds, and called by their name where they are something else.</summary>
internal static class JsonFile
{
    private const int BlockLength = 1 << 16;

    /// <summary>Reads a file, without the mark that some editors put before UTF-8.</summary>
    /// <param name="path">The file; a pipe will do.</param>
    /// <param name="what">What it should be: "a config".</param>
    /// <param name="most">The most bytes that such a file has.</param>
    /// <param name="refuse">Makes the error of a broken rule.</param>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    public static ReadOnlyMemory<byte> Read(string path, string what, int most, Func<string, Exception> refuse)
    {
        using FileStream file = File.OpenRead(path);
        long? length = file.CanSeek ? file.Length : null;
        using MemoryStream contents = new(length <= most ? (int)length : 0);
        byte[] block = new byte[BlockLength];
        for (int read; (read = file.ReadAtLeast(block, block.Length, throwOnEndOfStream: false)) > 0;)
        {
            contents.Write(block, 0, read);
            if (contents.Length > most || length > most)
            {
                throw refuse(Foreign(what, contents.GetBuffer(), length ?? contents.Length) ?? $"{what} must have at most {most} bytes; it has {length?.ToString(CultureInfo.InvariantCulture) ?? "more"}");
            }
        }

        return WithoutMark(contents.GetBuffer().AsMemory(0, (int)contents.Length));
    }

    /// <summary>Text without the mark of UTF-8, which stands for nothing.</summary>
    public static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> text) =>
        text.Span.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text;

    /// <summary>The rule that a text breaks which should be JSON.</summary>
    /// <param name="what">What should be JSON: "a config".</param>
    /// <param name="content">The text.</param>
    /// <param name="error">What the parser says.</param>
    public static string Rule(string what, ReadOnlySpan<byte> content, JsonException error) =>
        Foreign(what, content, content.Length) ?? $"{what} must be JSON: {error.Message.TrimEnd('.')}";

    /// <summary>The rule that a file breaks whose first bytes say that it is something else than JSON; null where they do not.</summary>
    /// <param name="what">What should be JSON.</param>
    /// <param name="content">The file, or the first part of it.</param>
    /// <param name="length">The length of the whole file.</param>
    public static string? Foreign(string what, ReadOnlySpan<byte> content, long length)
    {
        ReadOnlySpan<byte> start = content[..(int)Math.Min(Math.Min(content.Length, length), ForeignFile.TellingBytes)];
        bool looksLikeJson = start.TrimStart(" \t\r\n"u8).StartsWith("{"u8);
        return !looksLikeJson && ForeignFile.Describe(start, length) is { } other ? $"{what} must be JSON; this is {other}" : null;
    }
}
