using System.Globalization;
using AceStep.Lyrics.Cleaning;
using AceStep.Lyrics.Identification;
using AceStep.Lyrics.Japanese;
using AceStep.Lyrics.Segmentation;
using AceStep.Lyrics.Text;
using AceStep.Lyrics.Tidying;

namespace AceStep.Lyrics;

/// <summary>
/// Converts lyrics to the same token ids as the original: detects each line's language, cleans the line, and encodes it.
/// Thread-safe. Tables are loaded when the first line needs them.
/// </summary>
public sealed class LyricTokenizer
{
    private const string English = "en";
    private const string LanguageMarkStart = "[lang:";
    private const int MostNamedCharacters = 8;

    private readonly LyricVocabulary _vocabulary;
    private readonly LyricTokenizerOptions _options;
    private readonly JapaneseReader _japanese;
    private readonly LineCleaner _cleaner;
    private readonly LyricTidier _tidier;

    /// <summary>Creates a tokenizer.</summary>
    /// <param name="vocabulary">The tokens and their merges.</param>
    /// <param name="options">How to encode; default: as in the original.</param>
    /// <exception cref="ArgumentException">The options have an unknown language.</exception>
    /// <exception cref="DirectoryNotFoundException">The options' dictionary folder has no dictionary.</exception>
    public LyricTokenizer(LyricVocabulary vocabulary, LyricTokenizerOptions? options = null)
        : this(vocabulary, options ?? new LyricTokenizerOptions(), dictionaryFolders: null)
    {
    }

    internal LyricTokenizer(LyricVocabulary vocabulary, LyricTokenizerOptions options, Func<IReadOnlyList<string>>? dictionaryFolders)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        RequireSupported(options.Language, nameof(options));
        if (options.JapaneseDictionary is { } folder && !File.Exists(Path.Combine(folder, "sys.dic")))
        {
            throw new DirectoryNotFoundException($"The Japanese dictionary {folder} does not contain sys.dic.");
        }

        (_vocabulary, _options) = (vocabulary, options);
        _japanese = new JapaneseReader(
            dictionaryFolders ?? (() => JapaneseDictionaries.Candidates(options.JapaneseDictionary, options.CheckpointFolder, options.CachedJapaneseDictionary?.Invoke())),
            options.FetchJapaneseDictionary);
        _cleaner = new LineCleaner(_japanese);
        _tidier = new LyricTidier(vocabulary.StructureTags);
    }

    /// <summary>The codes of the languages that the model sings.</summary>
    public static IReadOnlyList<string> SupportedLanguages { get; } =
        ["en", "de", "fr", "es", "it", "pt", "pl", "tr", "ru", "cs", "nl", "ar", "zh", "ja", "hu", "ko", "hi"];

    private static readonly HashSet<string> Supported = new(SupportedLanguages, StringComparer.Ordinal);

    /// <summary>Encodes lyrics, line by line, as the options say.</summary>
    /// <inheritdoc cref="Encode(string, LyricReading, IReadOnlyDictionary{int, string})" />
    public LyricEncoding Encode(string lyrics, IReadOnlyDictionary<int, string>? languages = null) => Encode(lyrics, _options, languages);

    /// <summary>Encodes lyrics, line by line.</summary>
    /// <param name="lyrics">The lyrics; lines end at U+000A.</param>
    /// <param name="reading">How to read them.</param>
    /// <param name="languages">The languages of lines whose language is known, by line number from 1; default: none.</param>
    /// <returns>The ids and a report of each line. If tidying splits a line, its parts have the same number.</returns>
    /// <exception cref="ArgumentException"><paramref name="reading"/> or <paramref name="languages"/> has an unknown language.</exception>
    /// <exception cref="LyricLineException">A line cannot be encoded, and the options are strict.</exception>
    public LyricEncoding Encode(string lyrics, LyricReading reading, IReadOnlyDictionary<int, string>? languages = null)
    {
        ArgumentNullException.ThrowIfNull(lyrics);
        ArgumentNullException.ThrowIfNull(reading);
        RequireSupported(reading.Language, nameof(reading));
        foreach (string language in languages?.Values ?? [])
        {
            RequireSupported(language, nameof(languages));
        }

        var lines = new List<LyricLine>();
        var detector = new Lazy<LanguageDetector>(static () => new LanguageDetector(SharedSegmenter.Value));
        int number = 0;
        foreach (Range range in lyrics.AsSpan().Split('\n'))
        {
            number++;
            string? language = languages?.GetValueOrDefault(number);
            if (reading.Tidy)
            {
                lines.AddRange(EncodeTidied(lyrics[range], number, language, reading, detector));
            }
            else
            {
                lines.Add(EncodeLine(lyrics[range], number, language, reading, detector));
            }
        }

        var ids = new List<int> { LyricVocabulary.StartId };
        foreach (LyricLine line in lines)
        {
            ids.AddRange(line.Ids);
            if (!line.IsDropped)
            {
                ids.Add(LyricVocabulary.LineEndId);
            }
        }

        return new LyricEncoding(ids, lines);
    }

    /// <summary>Encodes one line by itself; its number is 1.</summary>
    /// <param name="line">The line, without a line end.</param>
    /// <param name="language">Its language; default: the options' language, or else it is detected.</param>
    /// <exception cref="ArgumentException"><paramref name="language"/> is unknown.</exception>
    /// <exception cref="LyricLineException">The line cannot be encoded, and the options are strict.</exception>
    public LyricLine EncodeLine(string line, string? language = null)
    {
        ArgumentNullException.ThrowIfNull(line);
        RequireSupported(language, nameof(language));
        return EncodeLine(line, 1, language, _options, new Lazy<LanguageDetector>(static () => new LanguageDetector(SharedSegmenter.Value)));
    }

    /// <summary>Whether the Japanese dictionary has been looked for.</summary>
    internal bool HasLookedForJapanese => _japanese.IsLoaded;

    internal static Lazy<Segmenter> SharedSegmenter { get; } = new(() => new Segmenter(LanguageIdentifier.Shared.Value));

    /// <summary>The token for the language of a line.</summary>
    internal static string LanguageToken(string language) => language == "zh" ? "[zh-cn]" : $"[{language}]";

    private IEnumerable<LyricLine> EncodeTidied(string text, int number, string? language, LyricReading reading, Lazy<LanguageDetector> detector)
    {
        IReadOnlyList<(string Text, LyricWarning? Change)> lines = _tidier.Tidy(text, out LyricWarning? removed);
        return removed is not null
            ? [new LyricLine { Number = number, Text = TextRules.Strip(text), IsDropped = true, Warnings = [removed] }]
            : lines.Select(line =>
            {
                LyricLine encoded = EncodeLine(line.Text, number, language, reading, detector);
                return line.Change is { } change ? encoded with { Warnings = [change, .. encoded.Warnings] } : encoded;
            });
    }

    private LyricLine EncodeLine(string text, int number, string? language, LyricReading reading, Lazy<LanguageDetector> detector)
    {
        text = TextRules.Strip(text);
        if (text.Length == 0)
        {
            return new LyricLine { Number = number, Text = text };
        }

        var warnings = new List<LyricWarning>();
        language ??= reading.ReadLanguageMarks ? ReadLanguageMark(ref text, warnings) : null;
        if (text.Length == 0)
        {
            return new LyricLine { Number = number, Text = text };
        }

        WarnOfForm(text, warnings);
        language ??= reading.Language;
        string? detected = null;
        if (language is null)
        {
            (detected, language) = FindLanguage(text, detector.Value, warnings);
        }

        var line = new LyricLine { Number = number, Text = text, Language = language, DetectedLanguage = detected };
        if (CodePoints.HasLoneSurrogate(text))
        {
            return Drop(line, "it contains half of a surrogate pair, which is not a character", warnings, null);
        }

        try
        {
            string cleaned = _cleaner.Clean(text, language, warnings);
            return line with
            {
                Cleaned = cleaned,
                Ids = EncodeCleaned(cleaned, language, warnings),
                Warnings = warnings,
                JapaneseDictionary = language == "ja" ? _japanese.Dictionary : null,
            };
        }
        catch (RomanizationException exception)
        {
            return Drop(line, exception.Message, warnings, exception) with { JapaneseDictionary = _japanese.Dictionary };
        }
    }

    private static (string Detected, string Language) FindLanguage(string text, LanguageDetector detector, List<LyricWarning> warnings)
    {
        (string detected, string? error) = detector.Detect(text);
        if (error is not null)
        {
            warnings.Add(new LyricWarning(
                LyricWarningKind.LanguageNotFound, $"its language cannot be detected ({error}), so it is sung as English"));
        }

        // As in the original, a line that starts with a tag is treated as English.
        if (text[0] == '[' && text.Contains(']', StringComparison.Ordinal))
        {
            return (detected, English);
        }

        if (Supported.Contains(detected))
        {
            return (detected, detected);
        }

        warnings.Add(new LyricWarning(
            LyricWarningKind.UnsupportedLanguage,
            $"it looks like the language \"{detected}\", which the model does not sing, so it is sung as English"));
        return (detected, English);
    }

    /// <summary>Warns of text that looks like a tag or a line break, but is neither for the model.</summary>
    private void WarnOfForm(string text, List<LyricWarning> warnings)
    {
        if (LyricTidier.HasOtherBreak(text))
        {
            warnings.Add(new LyricWarning(
                LyricWarningKind.LineBreak, "it contains an unusual line break (such as U+2028), which does not end the line for the model; tidying splits the line there"));
        }

        if (LyricTidier.IsLyricsFile(text))
        {
            warnings.Add(new LyricWarning(LyricWarningKind.UnknownTag, "its LRC time stamp or note is sung as it is written; tidying removes it"));
            return;
        }

        if (text.StartsWith(LanguageMarkStart, StringComparison.Ordinal))
        {
            if (!warnings.Any(warning => warning.Kind == LyricWarningKind.UnsupportedLanguage))
            {
                warnings.Add(new LyricWarning(LyricWarningKind.UnknownTag, "its language mark is sung as it is written, because language marks are not turned on"));
            }

            return;
        }

        if (TagReading.Of(text) is not { } reading || _vocabulary.StructureTags.Any(tag => text.StartsWith(tag, StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        string instead = reading.Tag is { } meant && _vocabulary.StructureTags.Contains(meant) ? $"write {meant}, or use tidying" : $"it knows {string.Join(", ", _vocabulary.StructureTags)}";
        warnings.Add(new LyricWarning(LyricWarningKind.UnknownTag, $"\"{(reading.Written.Length <= 40 ? reading.Written : reading.Written[..40] + "…")}\" is not a structure tag that the model knows, so it is sung as it is written; {instead}"));
    }

    private static string? ReadLanguageMark(ref string text, List<LyricWarning> warnings)
    {
        int end = text.IndexOf(']', StringComparison.Ordinal);
        if (!text.StartsWith(LanguageMarkStart, StringComparison.Ordinal) || end < 0)
        {
            return null;
        }

        string language = text[LanguageMarkStart.Length..end];
        if (!Supported.Contains(language))
        {
            warnings.Add(new LyricWarning(
                LyricWarningKind.UnsupportedLanguage, $"its mark names a language that is not supported (there are {string.Join(", ", SupportedLanguages)})"));
            return null;
        }

        text = TextRules.Strip(text[(end + 1)..]);
        return language;
    }

    private List<int> EncodeCleaned(string cleaned, string language, List<LyricWarning> warnings)
    {
        var ids = new List<int>(cleaned.Length);
        var unknown = new List<int>();
        _vocabulary.Encoder.Encode(TokenizerInput(cleaned, language), ids, unknown);
        if (unknown.Count > 0)
        {
            IEnumerable<string> names = unknown.Distinct().Take(MostNamedCharacters + 1).Select((codePoint, index) =>
                index == MostNamedCharacters ? "…" : CodePoints.ToText([codePoint]));
            warnings.Add(new LyricWarning(
                LyricWarningKind.UnknownCharacters,
                string.Create(CultureInfo.InvariantCulture, $"the model does not know {unknown.Count} of its characters: {string.Join(' ', names)}")));
        }

        return ids;
    }

    /// <summary>The text that is given to the byte-pair encoder.</summary>
    internal static string TokenizerInput(string cleaned, string language) =>
        LanguageToken(language) + cleaned.Replace(" ", "[SPACE]", StringComparison.Ordinal);

    private LyricLine Drop(LyricLine line, string reason, List<LyricWarning> warnings, Exception? cause)
    {
        if (_options.Strict)
        {
            throw new LyricLineException(line.Number, reason, cause);
        }

        warnings.Add(new LyricWarning(LyricWarningKind.LineDropped, $"it is not sung: {reason}"));
        return line with { IsDropped = true, Warnings = warnings };
    }

    private static void RequireSupported(string? language, string parameterName)
    {
        if (language is not null && !Supported.Contains(language))
        {
            throw new ArgumentException(
                $"\"{language}\" is not a supported language; there are {string.Join(", ", SupportedLanguages)}.", parameterName);
        }
    }
}
