using System.Globalization;
using System.Text;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Japanese;

/// <summary>
/// Reads Japanese lines: converts them to compatibility form (NFKC), splits them into words, and romanizes these. The dictionary is looked for when the first line is read.
/// </summary>
internal sealed class JapaneseReader
{
    // Conversion to compatibility form sorts the marks after a letter, in time that grows with the square of their number.
    private const int MostMarks = 256;

    private readonly Lazy<(IJapaneseAnalyzer Analyzer, IReadOnlyList<LyricWarning> Warnings)> _analyzer;

    /// <param name="dictionaryFolders">Returns the folders to try, in their order.</param>
    /// <param name="fetch">Fetches a dictionary if none of them can be used; may be null.</param>
    public JapaneseReader(Func<IReadOnlyList<string>> dictionaryFolders, Func<string?>? fetch = null) =>
        // Failures are not cached, since a dictionary that could not be fetched may be available the next time.
        _analyzer = new(() => Choose(dictionaryFolders(), fetch), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>Whether the dictionary has been looked for, which the first Japanese line causes.</summary>
    public bool IsLoaded => _analyzer.IsValueCreated;

    /// <summary>The folder of the dictionary, or null if there is none.</summary>
    public string? Dictionary => _analyzer.Value.Analyzer.Dictionary;

    /// <summary>Converts a text to romaji in lower case.</summary>
    /// <exception cref="RomanizationException">It has kana that cannot be romanised.</exception>
    public string Read(string text, ICollection<LyricWarning> warnings)
    {
        (IJapaneseAnalyzer analyzer, IReadOnlyList<LyricWarning> choiceWarnings) = _analyzer.Value;
        foreach (LyricWarning warning in choiceWarnings)
        {
            warnings.Add(warning);
        }

        // MeCab stops at a null character.
        int end = text.IndexOf('\0', StringComparison.Ordinal);
        if (end >= 0)
        {
            warnings.Add(new LyricWarning(LyricWarningKind.TextCut, "what follows the character U+0000 is not sung"));
            text = text[..end];
        }

        string prepared = Prepare(text, warnings);
        return LowerCase.Of(JapaneseRomanizer.Romanize(analyzer.Analyze(prepared)));
    }

    private static string Prepare(string text, ICollection<LyricWarning> warnings)
    {
        string bounded = WithoutExcessMarks(text);
        if (bounded.Length < text.Length)
        {
            warnings.Add(new LyricWarning(
                LyricWarningKind.TextCut,
                string.Create(CultureInfo.InvariantCulture, $"more than {MostMarks} combining marks in a row are left out")));
        }

        string normalized = Regular(bounded);
        // Without ICU (invariant globalization) .NET returns the text unchanged.
        if (normalized == bounded && "ｱ".Normalize(NormalizationForm.FormKC) == "ｱ")
        {
            warnings.Add(new LyricWarning(
                LyricWarningKind.NotNormalized,
                "this process runs without ICU, so full-width letters and half-width kana are not normalised"));
        }

        return normalized.Replace('‘', '`').Replace('’', '\'').Replace('”', '"');
    }

    /// <summary>Converts text to compatibility form (NFKC). .NET refuses texts with U+FFFE, a noncharacter, which is kept as it is.</summary>
    private static string Regular(string text)
    {
        const char NoCharacter = '\uFFFE';
        return string.Join(NoCharacter, text.Split(NoCharacter).Select(part => part.Normalize(NormalizationForm.FormKC)));
    }

    private static string WithoutExcessMarks(string text)
    {
        var result = new StringBuilder(text.Length);
        int marks = 0;
        for (int index = 0; index < text.Length;)
        {
            int start = index;
            int codePoint = CodePoints.Next(text, ref index);
            bool mark = CharUnicodeInfo.GetUnicodeCategory(codePoint) is UnicodeCategory.NonSpacingMark;
            marks = mark ? marks + 1 : 0;
            if (marks <= MostMarks)
            {
                result.Append(text, start, index - start);
            }
        }

        return result.ToString();
    }

    // Called if no other dictionary could be used. Without MeCab no dictionary can be, so none is fetched.
    private static IEnumerable<string> Fetched(Func<string?>? fetch)
    {
        if (fetch is not null && MeCabLibrary.Shared.Value is not null && fetch() is { } folder)
        {
            yield return folder;
        }
    }

    private static (IJapaneseAnalyzer Analyzer, IReadOnlyList<LyricWarning> Warnings) Choose(IReadOnlyList<string> folders, Func<string?>? fetch)
    {
        var warnings = new List<LyricWarning>();
        foreach (string folder in folders.Concat(Fetched(fetch)))
        {
            if (MeCabAnalyzer.TryOpen(folder, out string? error) is { } analyzer)
            {
                return (analyzer, warnings);
            }

            warnings.Add(new LyricWarning(
                LyricWarningKind.JapaneseDictionary, $"the Japanese dictionary in {folder} cannot be used: {error}"));
        }

        warnings.Add(new LyricWarning(
            LyricWarningKind.JapaneseDictionary,
            "there is no Japanese dictionary, so only kana are read and each kanji is sung as \"?\"; install MeCab with "
            + $"UniDic (Debian: libmecab2; 'acestep download unidic-lite') or set {JapaneseDictionaries.EnvironmentVariable} to a UniDic folder"));
        return (new KanaOnlyAnalyzer(), warnings);
    }
}

/// <summary>The places where dictionaries are looked for: the given folder, beside the checkpoint, the program's cache, then the system's folders.</summary>
internal static class JapaneseDictionaries
{
    /// <summary>The environment variable that names a dictionary's folder.</summary>
    public const string EnvironmentVariable = "ACESTEP_UNIDIC";

    // Debian's unidic-mecab.
    private static readonly string[] SystemFolders = ["/var/lib/mecab/dic/unidic", "/usr/share/mecab/dic/unidic"];

    /// <summary>The folders in the order in which they are tried. A given folder is listed even if it does not exist.</summary>
    public static IReadOnlyList<string> Candidates(string? named, string? checkpoint, string? cached = null)
    {
        string? fromEnvironment = Environment.GetEnvironmentVariable(EnvironmentVariable);
        return
        [
            .. new[] { named, fromEnvironment }.OfType<string>().Where(folder => folder.Length > 0),
            .. BesideCheckpoint(checkpoint),
            .. new[] { cached }.OfType<string>().Where(IsDictionary),
            .. SystemFolders.Where(IsDictionary),
        ];
    }

    // Folders whose names start with "unidic", in the checkpoint's folder or next to it. unidic-lite, which the original
    // uses, comes first.
    private static IEnumerable<string> BesideCheckpoint(string? checkpoint)
    {
        if (checkpoint is null)
        {
            return [];
        }

        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(checkpoint));
        return new[] { folder, Path.GetDirectoryName(folder) }
            .OfType<string>()
            .Where(Directory.Exists)
            .SelectMany(parent => Directory.EnumerateDirectories(parent, "unidic*").Where(IsDictionary)
                .OrderByDescending(path => Path.GetFileName(path).StartsWith("unidic-lite", StringComparison.Ordinal))
                .ThenBy(path => path, StringComparer.Ordinal));
    }

    private static bool IsDictionary(string folder) => File.Exists(Path.Combine(folder, "sys.dic"));
}
