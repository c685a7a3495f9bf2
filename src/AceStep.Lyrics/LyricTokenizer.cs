using System.Globalization;
using AceStep.Lyrics.Cleaning;
using AceStep.Lyrics.Identification;
using AceStep.Lyrics.Japanese;
using AceStep.Lyrics.Segmentation;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics;

/// <summary>
/// Turns lyrics into the token ids that the original computes: finds each line's language, cleans it, and encodes it.
/// Thread-safe; one tokenizer may serve many threads. Tables are loaded when the first line needs them.
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

    /// <summary>Creates a tokenizer.</summary>
    /// <param name="vocabulary">The tokens and their merges.</param>
    /// <param name="options">How to encode; default: as the original.</param>
    /// <exception cref="ArgumentException">The options name an unknown language.</exception>
    /// <exception cref="DirectoryNotFoundException">The options name a dictionary folder that holds no dictionary.</exception>
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
            throw new DirectoryNotFoundException($"The Japanese dictionary {folder} holds no sys.dic.");
        }

        (_vocabulary, _options) = (vocabulary, options);
        _japanese = new JapaneseReader(
            dictionaryFolders ?? (() => JapaneseDictionaries.Candidates(options.JapaneseDictionary, options.CheckpointFolder, options.CachedJapaneseDictionary?.Invoke())),
            options.FetchJapaneseDictionary);
        _cleaner = new LineCleaner(_japanese);
    }

    /// <summary>The languages that the model sings, by their codes.</summary>
    public static IReadOnlyList<string> SupportedLanguages { get; } =
        ["en", "de", "fr", "es", "it", "pt", "pl", "tr", "ru", "cs", "nl", "ar", "zh", "ja", "hu", "ko", "hi"];

    private static readonly HashSet<string> Supported = new(SupportedLanguages, StringComparer.Ordinal);

    /// <summary>Encodes lyrics, line by line.</summary>
    /// <param name="lyrics">The lyrics; lines end at U+000A.</param>
    /// <param name="languages">The languages of lines whose language shall not be looked for, by line number from 1; default: none.</param>
    /// <returns>The ids and a report of each line.</returns>
    /// <exception cref="ArgumentException"><paramref name="languages"/> holds an unknown language.</exception>
    /// <exception cref="LyricLineException">A line cannot be encoded and the options ask for strictness.</exception>
    public LyricEncoding Encode(string lyrics, IReadOnlyDictionary<int, string>? languages = null)
    {
        ArgumentNullException.ThrowIfNull(lyrics);
        foreach (string language in languages?.Values ?? [])
        {
            RequireSupported(language, nameof(languages));
        }

        var ids = new List<int> { LyricVocabulary.StartId };
        var lines = new List<LyricLine>();
        var detector = new Lazy<LanguageDetector>(static () => new LanguageDetector(SharedSegmenter.Value));
        foreach (Range range in lyrics.AsSpan().Split('\n'))
        {
            int number = lines.Count + 1;
            LyricLine line = EncodeLine(lyrics[range], number, languages?.GetValueOrDefault(number), detector);
            lines.Add(line);
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
    /// <param name="language">Its language; default: the options', or else it is looked for.</param>
    /// <exception cref="ArgumentException"><paramref name="language"/> is unknown.</exception>
    /// <exception cref="LyricLineException">The line cannot be encoded and the options ask for strictness.</exception>
    public LyricLine EncodeLine(string line, string? language = null)
    {
        ArgumentNullException.ThrowIfNull(line);
        RequireSupported(language, nameof(language));
        return EncodeLine(line, 1, language, new Lazy<LanguageDetector>(static () => new LanguageDetector(SharedSegmenter.Value)));
    }

    /// <summary>Whether the Japanese dictionary has been looked for.</summary>
    internal bool HasLookedForJapanese => _japanese.IsLoaded;

    internal static Lazy<Segmenter> SharedSegmenter { get; } = new(() => new Segmenter(LanguageIdentifier.Shared.Value));

    /// <summary>The token that says which language a line is in.</summary>
    internal static string LanguageToken(string language) => language == "zh" ? "[zh-cn]" : $"[{language}]";

    private LyricLine EncodeLine(string text, int number, string? language, Lazy<LanguageDetector> detector)
    {
        text = TextRules.Strip(text);
        if (text.Length == 0)
        {
            return new LyricLine { Number = number, Text = text };
        }

        var warnings = new List<LyricWarning>();
        language ??= _options.ReadLanguageMarks ? ReadLanguageMark(ref text, warnings) : null;
        if (text.Length == 0)
        {
            return new LyricLine { Number = number, Text = text };
        }

        language ??= _options.Language;
        string? detected = null;
        if (language is null)
        {
            (detected, language) = FindLanguage(text, detector.Value, warnings);
        }

        var line = new LyricLine { Number = number, Text = text, Language = language, DetectedLanguage = detected };
        if (CodePoints.HasLoneSurrogate(text))
        {
            return Drop(line, "it holds half of a surrogate pair, which is no character", warnings, null);
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
                LyricWarningKind.LanguageNotFound, $"its language cannot be found ({error}), so it is sung as English"));
        }

        // A line that starts with a tag is English, whatever follows.
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
            $"it reads like the language \"{detected}\", which the model does not sing, so it is sung as English"));
        return (detected, English);
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
                LyricWarningKind.UnsupportedLanguage, $"its mark names no supported language ({string.Join(", ", SupportedLanguages)})"));
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

    /// <summary>What the byte-pair encoder reads.</summary>
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
                $"\"{language}\" is no supported language; there are {string.Join(", ", SupportedLanguages)}.", parameterName);
        }
    }
}
