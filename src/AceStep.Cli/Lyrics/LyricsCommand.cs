using System.CommandLine;
using AceStep.Cli.Checkpoints;
using AceStep.Cli.Libraries;
using AceStep.Cli.Options;
using AceStep.Cli.Terminal;
using AceStep.Lyrics;

namespace AceStep.Cli.Lyrics;

/// <summary><c>acestep lyrics FILE</c>: shows how each line of lyrics is read.</summary>
internal sealed class LyricsCommand : CliCommand
{
    private const int LongestCell = 60;

    private readonly Argument<string> _file = new("FILE") { Description = "The lyrics, a text file in UTF-8; - reads standard input." };
    private readonly ReadingOptions _reading;

    public LyricsCommand()
        : base("lyrics", "Show how each line of lyrics is read: its language, the text that is sung, its tokens, and warnings. Generates no music.")
    {
        Add(_file);
        _reading = AddGroup(new ReadingOptions());
        AddGroup(new ReportGroup());
    }

    public override IReadOnlyList<string> Examples => ["acestep lyrics words.txt", "acestep lyrics words.txt --vocab models/vocab.json --json"];

    protected override async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        string text = MusicOptions.ReadText(result.GetRequiredValue(_file));
        if (!_reading.NamesVocabulary(result))
        {
            // To find the checkpoint's vocabulary, the whole checkpoint is examined, which needs libtorch.
            await LibtorchSupply.EnsureAsync(screen, DownloadMode.WhenMissing, cancellationToken);
        }

        LyricEncoding encoding = (await _reading.CreateTokenizerAsync(result, screen, cancellationToken)).Encode(text);
        if (screen.IsJson)
        {
            screen.WriteJson(new
            {
                encoding.Ids,
                Lines = encoding.Lines.Select(line => new { line.Text, Language = line.Language ?? "", Cleaned = line.Cleaned ?? "", line.Ids, Warnings = line.Warnings.Select(warning => warning.Message) }),
            });
        }
        else
        {
            Show(screen, encoding);
        }

        return ExitCodes.Success;
    }

    private static void Show(Screen screen, LyricEncoding encoding)
    {
        TextTable table = new("Line", "Language", "What is sung", "Tokens", "Warnings");
        foreach (LyricLine line in encoding.Lines.Where(line => line.Text.Length > 0))
        {
            table.Add($"{line.Number}", line.Language ?? "", Shorten(line.Cleaned ?? "(not sung)"), $"{line.Ids.Count}", string.Join("; ", line.Warnings.Select(warning => warning.Message)));
        }

        screen.Table(table);
        screen.Line($"{encoding.Ids.Count} tokens in {encoding.Lines.Count} lines");
    }

    private static string Shorten(string text) => text.Length <= LongestCell ? text : text[..LongestCell] + "...";

    /// <summary>The options for how lyrics are read.</summary>
    private sealed class ReadingOptions : OptionGroup
    {
        private readonly Option<string?> _vocabulary;
        private readonly Option<string?> _language;
        private readonly Option<bool> _marks;
        private readonly Option<bool> _tidy;

        public ReadingOptions()
            : base("Reading")
        {
            _vocabulary = Add(new Option<string?>("--vocab")
            {
                Description = "The lyric vocabulary (vocab.json). Default: the vocabulary of the checkpoint that 'generate' would use.",
                HelpName = "FILE",
            });
            _language = Add(new Option<string?>("--language")
            {
                Description = $"The language of every line: {string.Join(", ", LyricTokenizer.SupportedLanguages)}. Default: detected line by line.",
                HelpName = "CODE",
                CustomParser = result => Values.Word(result, LyricTokenizer.SupportedLanguages),
            });
            _marks = Add(new Option<bool>("--language-marks") { Description = "Let a mark such as [lang:ja] at the start of a line set the line's language; otherwise it is sung." });
            _tidy = Add(new Option<bool>("--tidy-lyrics") { Description = "Tidy lyrics copied from the web: turn names of sections into the model's tags, and remove time stamps and Markdown; otherwise they are sung." });
        }

        public bool NamesVocabulary(ParseResult result) => result.GetValue(_vocabulary) is not null;

        public async Task<LyricTokenizer> CreateTokenizerAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
        {
            ModelStore caches = new(DownloadMode.Never);
            string vocabulary;
            if (result.GetValue(_vocabulary) is { } named)
            {
                vocabulary = named;
            }
            else
            {
                CheckpointChoice checkpoint = await CheckpointChoice.Find(null).FindCachedAsync(cancellationToken);
                CheckpointPart part = CheckpointInfo.Read(checkpoint.Path).Parts.Single(part => !part.IsRequired);
                vocabulary = part.Problem is null ? part.File : caches.FindLyricVocabulary() ?? throw new FileNotFoundException($"{part.Problem} Name it with --vocab.", part.File);
                if (checkpoint.IsDemonstration)
                {
                    screen.Line("Vocabulary: the demonstration checkpoint's, which is small; the released model's gives other tokens (--vocab).");
                }
            }

            return new LyricTokenizer(LyricVocabulary.Load(vocabulary), new LyricTokenizerOptions { Language = result.GetValue(_language), ReadLanguageMarks = result.GetValue(_marks), Tidy = result.GetValue(_tidy), CachedJapaneseDictionary = caches.FindJapaneseDictionary });
        }
    }
}
