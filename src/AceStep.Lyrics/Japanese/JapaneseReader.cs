using System.Globalization;
using System.Text;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Japanese;

/// <summary>
/// Reads Japanese lines: compatibility form, words, romaji. The dictionary is looked for when the first line comes.
/// </summary>
internal sealed class JapaneseReader
{
    // The compatibility form sorts the marks behind a letter, in time that grows with the square of their number.
    private const int MostMarks = 256;

    private readonly Lazy<(IJapaneseAnalyzer Analyzer, IReadOnlyList<LyricWarning> Warnings)> _analyzer;

    /// <param name="dictionaryFolders">Gives the folders to try, in their order.</param>
    /// <param name="fetch">Brings a dictionary where none of them can be used; null where nothing does.</param>
    public JapaneseReader(Func<IReadOnlyList<string>> dictionaryFolders, Func<string?>? fetch = null) =>
        // A dictionary that could not be fetched may be there the next time: failures are not kept.
        _analyzer = new(() => Choose(dictionaryFolders(), fetch), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>Whether a Japanese line has been read, so that a dictionary has been looked for.</summary>
    public bool IsLoaded => _analyzer.IsValueCreated;

    /// <summary>The folder of the dictionary, or null where there is none.</summary>
    public string? Dictionary => _analyzer.Value.Analyzer.Dictionary;

    /// <summary>The text in romaji, in lower case.</summary>
    /// <exception cref="RomanizationException">It holds kana that cannot be romanised.</exception>
    public string Read(string text, ICollection<LyricWarning> warnings)
    {
        (IJapaneseAnalyzer analyzer, IReadOnlyList<LyricWarning> choiceWarnings) = _analyzer.Value;
        foreach (LyricWarning warning in choiceWarnings)
        {
            warnings.Add(warning);
        }

        // MeCab stops there.
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

        string normalized = bounded.Normalize(NormalizationForm.FormKC);
        // Without ICU (invariant globalization) .NET returns the text as it is.
        if (normalized == bounded && "ｱ".Normalize(NormalizationForm.FormKC) == "ｱ")
        {
            warnings.Add(new LyricWarning(
                LyricWarningKind.NotNormalized,
                "this process runs without ICU, so full-width letters and half-width kana are not made regular"));
        }

        return normalized.Replace('‘', '`').Replace('’', '\'').Replace('”', '"');
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

    // Asked when everything before it could not be used. Without MeCab no dictionary is of any use.
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
            + $"UniDic (Debian: libmecab2; 'acestep download unidic-lite') or name a UniDic folder in {JapaneseDictionaries.EnvironmentVariable}"));
        return (new KanaOnlyAnalyzer(), warnings);
    }
}

/// <summary>Where dictionaries are looked for: what was named, then beside the checkpoint, then what the program keeps, then the system's.</summary>
internal static class JapaneseDictionaries
{
    /// <summary>The environment variable that names a dictionary's folder.</summary>
    public const string EnvironmentVariable = "ACESTEP_UNIDIC";

    // Debian's unidic-mecab.
    private static readonly string[] SystemFolders = ["/var/lib/mecab/dic/unidic", "/usr/share/mecab/dic/unidic"];

    /// <summary>The folders in their order; only those that were named need not exist.</summary>
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

    // Folders whose names start with "unidic", in the checkpoint's folder or next to it; the original's own (unidic-lite)
    // before others.
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
