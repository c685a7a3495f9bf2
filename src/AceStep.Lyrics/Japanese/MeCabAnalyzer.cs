using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;

namespace AceStep.Lyrics.Japanese;

/// <summary>
/// Splits Japanese text into words with MeCab and a UniDic dictionary. Thread-safe. An opened dictionary stays open (its
/// files are memory-mapped) until the process ends.
/// </summary>
internal sealed unsafe class MeCabAnalyzer : IJapaneseAnalyzer
{
    // For each character of a run of one script MeCab searches the rest of the run, so long texts are analysed in pieces. No
    // song has a line of this length.
    private const int LongestPiece = 4096;

    private static readonly ConcurrentDictionary<string, Lazy<(MeCabAnalyzer? Analyzer, string? Error)>> Opened =
        new(StringComparer.Ordinal);

    private readonly MeCabLibrary _library;
    private readonly nint _model;
    private readonly nint _tagger;
    private readonly UniDicLayout _layout;
    private readonly ConcurrentBag<nint> _idleLattices = [];

    private MeCabAnalyzer(MeCabLibrary library, nint model, nint tagger, string folder)
    {
        (_library, _model, _tagger, Dictionary) = (library, model, tagger, folder);
        _layout = UniDicLayout.Probe;
        _layout = UniDicLayout.ForFieldCount(FieldCountOfAWord())
            ?? throw new NotSupportedException("its words have neither the 26 fields of UniDic 2.1.2 nor the 29 of UniDic 3");
    }

    /// <summary>The dictionary's folder.</summary>
    public string Dictionary { get; }

    /// <summary>Opens the dictionary in a folder. If it cannot be used, returns null and the reason.</summary>
    public static MeCabAnalyzer? TryOpen(string folder, out string? error)
    {
        (MeCabAnalyzer? analyzer, error) = Opened.GetOrAdd(folder, static name => new(() => Open(name))).Value;
        return analyzer;
    }

    public IReadOnlyList<JapaneseWord> Analyze(string text)
    {
        var words = new List<JapaneseWord>();
        foreach (Range piece in Pieces(text))
        {
            Parse(text[piece], words);
        }

        return words;
    }

    private static (MeCabAnalyzer? Analyzer, string? Error) Open(string folder)
    {
        if (!File.Exists(Path.Combine(folder, "sys.dic")))
        {
            return (null, "it does not contain sys.dic");
        }

        if (MeCabLibrary.Shared.Value is not { } library)
        {
            return (null, $"this machine has no MeCab library ({MeCabLibrary.SearchedNames})");
        }

        nint model = library.NewModel(folder);
        if (model == 0)
        {
            return (null, $"MeCab refuses it: {library.LastError()}");
        }

        string charset = Marshal.PtrToStringUTF8((nint)library.DictionaryInfo(model)->Charset) ?? "";
        if (!charset.Replace("-", "", StringComparison.Ordinal).Equals("utf8", StringComparison.OrdinalIgnoreCase))
        {
            return (null, $"its text is {charset}, not UTF-8");
        }

        nint tagger = library.NewTagger(model);
        try
        {
            return (new MeCabAnalyzer(library, model, tagger, folder), null);
        }
        catch (NotSupportedException exception)
        {
            return (null, exception.Message);
        }
    }

    private int FieldCountOfAWord()
    {
        var words = new List<JapaneseWord>();
        int fields = 0;
        Parse("水", words, feature => fields = UniDicLayout.Split(feature).Count);
        return fields;
    }

    private void Parse(string text, List<JapaneseWord> words, Action<string>? observe = null)
    {
        byte[] sentence = Encoding.UTF8.GetBytes(text);
        nint lattice = _idleLattices.TryTake(out nint idle) ? idle : _library.NewLattice(_model);
        try
        {
            fixed (byte* bytes = sentence)
            {
                MeCabNode* node = _library.Parse(_tagger, lattice, bytes, sentence.Length);
                for (; node is not null; node = node->Next)
                {
                    if (node->State is MeCabNodeState.SentenceStart or MeCabNodeState.SentenceEnd)
                    {
                        continue;
                    }

                    string feature = Marshal.PtrToStringUTF8((nint)node->Feature) ?? "";
                    observe?.Invoke(feature);
                    words.Add(_layout.Read(
                        Encoding.UTF8.GetString(node->Surface, node->Length),
                        feature,
                        node->CharacterKind,
                        node->State == MeCabNodeState.Unknown,
                        node->LengthWithSpace > node->Length));
                }
            }
        }
        finally
        {
            _idleLattices.Add(lattice);
        }
    }

    private static IEnumerable<Range> Pieces(string text)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = Math.Min(start + LongestPiece, text.Length);
            if (end < text.Length)
            {
                // Preferably after a sentence or a word.
                int stop = text.AsSpan(start, LongestPiece).LastIndexOfAny('。', ' ', '、');
                end = stop > LongestPiece / 2 ? start + stop + 1 : end;
                end -= char.IsLowSurrogate(text[end]) ? 1 : 0;
            }

            yield return start..end;
            start = end;
        }
    }
}
