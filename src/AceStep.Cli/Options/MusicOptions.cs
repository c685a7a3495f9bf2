using System.CommandLine;
using System.Text;

namespace AceStep.Cli.Options;

/// <summary>What every task reads, and the file that lyrics may come from.</summary>
internal sealed class MusicOptions : FieldOptions
{
    private const string StandardInput = "-";

    private static readonly int LongestLyrics = (int)RequestSchema.Of(MusicTask.TextToMusic)[nameof(MusicRequest.Lyrics)].Capability.Maximum!.Value;

    private readonly Option<string?> _lyricsFile;

    public MusicOptions(RequestSchema schema)
        : base(RequestFieldAttribute.Music, schema) =>
        _lyricsFile = AddAfter("--lyrics", new Option<string?>("--lyrics-file") { Description = "Read the lyrics from a text file (UTF-8); - reads them from standard input.", HelpName = "FILE" });

    public override void Read(ParseResult result, Dictionary<string, object> values)
    {
        base.Read(result, values);
        if (result.GetValue(_lyricsFile) is not { } file)
        {
            return;
        }

        if (values.ContainsKey(nameof(MusicRequest.Lyrics)))
        {
            throw new UsageException("--lyrics and --lyrics-file cannot be given together.");
        }

        values[nameof(MusicRequest.Lyrics)] = ReadText(file);
    }

    /// <summary>The lyrics in a file or on standard input; no more of them than one character beyond what a request may have.</summary>
    /// <param name="file">The file; - for standard input.</param>
    /// <exception cref="UsageException">It is not text in UTF-8.</exception>
    public static string ReadText(string file)
    {
        using Stream stream = file == StandardInput ? Console.OpenStandardInput() : File.OpenRead(file);
        using StreamReader reader = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        char[] characters = new char[LongestLyrics + 1];
        try
        {
            int length = reader.ReadBlock(characters, 0, characters.Length);
            return new string(characters, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw new UsageException($"{(file == StandardInput ? "Standard input" : file)} must be text in UTF-8.");
        }
    }
}
