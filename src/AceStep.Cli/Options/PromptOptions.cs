using System.CommandLine;
using System.Text;

namespace AceStep.Cli.Options;

/// <summary>What every task reads: prompt, lyrics, seeds, batch.</summary>
internal sealed class PromptOptions : FieldOptions
{
    private const string StandardInput = "-";

    private static readonly int LongestLyrics =
        (int)MusicPipeline.Capabilities[MusicTask.TextToMusic].Fields.Single(field => field.Name == nameof(MusicRequest.Lyrics)).Maximum!.Value;

    private readonly Option<string?> _prompt;
    private readonly Option<string?> _lyrics;
    private readonly Option<string?> _lyricsFile;
    private readonly Option<Seeds?> _seed;
    private readonly Option<int?> _batch;

    public PromptOptions(TaskCapability task)
        : base("Music", task)
    {
        _prompt = Text("--prompt", nameof(MusicRequest.Prompt), "TEXT");
        _lyrics = Text("--lyrics", nameof(MusicRequest.Lyrics), "TEXT");
        _lyricsFile = Add(new Option<string?>("--lyrics-file") { Description = "Read the lyrics from a text file (UTF-8); - reads them from standard input.", HelpName = "FILE" });
        _seed = Seeds("--seed", nameof(MusicRequest.Seed));
        _batch = WholeNumber("--batch", "Generation.BatchSize");
    }

    /// <summary>The request with what the options say.</summary>
    public MusicRequest Apply(MusicRequest request, ParseResult result) => request with
    {
        Prompt = result.GetValue(_prompt) ?? request.Prompt,
        Lyrics = ReadLyrics(result) ?? request.Lyrics,
        Seed = result.GetValue(_seed) ?? request.Seed,
        Generation = request.Generation with { BatchSize = result.GetValue(_batch) ?? request.Generation.BatchSize },
    };

    private string? ReadLyrics(ParseResult result)
    {
        string? text = result.GetValue(_lyrics);
        if (result.GetValue(_lyricsFile) is not { } file)
        {
            return text;
        }

        return text is null
            ? Read(file)
            : throw new UsageException("--lyrics and --lyrics-file cannot be given together.");
    }

    /// <summary>The lyrics in a file or on standard input; no more of them than one character beyond what a request may have.</summary>
    /// <param name="file">The file; - for standard input.</param>
    /// <exception cref="UsageException">It is not text in UTF-8.</exception>
    public static string Read(string file)
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
