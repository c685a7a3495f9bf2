using System.Runtime.InteropServices;

namespace AceStep.Lyrics.Japanese;

/// <summary>The functions of libmecab that are used, loaded when the first Japanese line is read.</summary>
internal sealed unsafe class MeCabLibrary
{
    private static readonly string[] Names = OperatingSystem.IsWindows()
        ? ["libmecab.dll", "mecab.dll"]
        : OperatingSystem.IsMacOS()
            ? ["libmecab.2.dylib", "libmecab.dylib", "/opt/homebrew/lib/libmecab.dylib", "/usr/local/lib/libmecab.dylib"]
            : ["libmecab.so.2", "libmecab.so"];

    private readonly delegate* unmanaged<int, byte**, nint> _newModel;
    private readonly delegate* unmanaged<nint, nint> _newTagger;
    private readonly delegate* unmanaged<nint, nint> _newLattice;
    private readonly delegate* unmanaged<nint, MeCabDictionaryInfo*> _dictionaryInfo;
    private readonly delegate* unmanaged<nint, byte*, nuint, void> _setSentence;
    private readonly delegate* unmanaged<nint, nint, int> _parse;
    private readonly delegate* unmanaged<nint, MeCabNode*> _firstNode;
    private readonly delegate* unmanaged<nint, void> _clear;
    private readonly delegate* unmanaged<nint, byte*> _lastError;

    private MeCabLibrary(nint library)
    {
        _newModel = (delegate* unmanaged<int, byte**, nint>)NativeLibrary.GetExport(library, "mecab_model_new");
        _newTagger = (delegate* unmanaged<nint, nint>)NativeLibrary.GetExport(library, "mecab_model_new_tagger");
        _newLattice = (delegate* unmanaged<nint, nint>)NativeLibrary.GetExport(library, "mecab_model_new_lattice");
        _dictionaryInfo = (delegate* unmanaged<nint, MeCabDictionaryInfo*>)NativeLibrary.GetExport(library, "mecab_model_dictionary_info");
        _setSentence = (delegate* unmanaged<nint, byte*, nuint, void>)NativeLibrary.GetExport(library, "mecab_lattice_set_sentence2");
        _parse = (delegate* unmanaged<nint, nint, int>)NativeLibrary.GetExport(library, "mecab_parse_lattice");
        _firstNode = (delegate* unmanaged<nint, MeCabNode*>)NativeLibrary.GetExport(library, "mecab_lattice_get_bos_node");
        _clear = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(library, "mecab_lattice_clear");
        _lastError = (delegate* unmanaged<nint, byte*>)NativeLibrary.GetExport(library, "mecab_strerror");
    }

    /// <summary>The library, or null if it is not installed.</summary>
    public static Lazy<MeCabLibrary?> Shared { get; } = new(Load);

    /// <summary>The names under which the library is looked for, for messages.</summary>
    public static string SearchedNames => string.Join(", ", Names);

    /// <summary>Opens a dictionary. Returns 0 if MeCab refuses it; then <see cref="LastError"/> has the reason.</summary>
    public nint NewModel(string folder)
    {
        // Without -r, a system-wide configuration file would have to exist. The arguments are separate strings, so that a
        // folder's name may have spaces.
        string[] arguments = ["mecab", "-r", OperatingSystem.IsWindows() ? "nul" : "/dev/null", "-d", folder];
        byte** pointers = stackalloc byte*[arguments.Length];
        try
        {
            for (int index = 0; index < arguments.Length; index++)
            {
                pointers[index] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[index]);
            }

            return _newModel(arguments.Length, pointers);
        }
        finally
        {
            for (int index = 0; index < arguments.Length; index++)
            {
                Marshal.FreeCoTaskMem((nint)pointers[index]);
            }
        }
    }

    public nint NewTagger(nint model) => _newTagger(model);

    public nint NewLattice(nint model) => _newLattice(model);

    public MeCabDictionaryInfo* DictionaryInfo(nint model) => _dictionaryInfo(model);

    /// <summary>Analyses a sentence. Its bytes must stay in place until the nodes have been read.</summary>
    public MeCabNode* Parse(nint tagger, nint lattice, byte* sentence, int length)
    {
        _clear(lattice);
        _setSentence(lattice, sentence, (nuint)length);
        return _parse(tagger, lattice) == 0 ? null : _firstNode(lattice);
    }

    public string LastError() => Marshal.PtrToStringUTF8((nint)_lastError(0)) ?? "no reason given";

    private static MeCabLibrary? Load()
    {
        foreach (string name in Names)
        {
            if (NativeLibrary.TryLoad(name, typeof(MeCabLibrary).Assembly, null, out nint library))
            {
                return new MeCabLibrary(library);
            }
        }

        return null;
    }
}

/// <summary>The part of <c>mecab_node_t</c> that is read.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MeCabNode
{
    public MeCabNode* Previous;
    public MeCabNode* Next;
    private readonly nint _endNext;
    private readonly nint _beginNext;
    private readonly nint _rightPath;
    private readonly nint _leftPath;
    public byte* Surface;
    public byte* Feature;
    private readonly uint _id;
    public ushort Length;

    /// <summary>The length including the white space before the word.</summary>
    public ushort LengthWithSpace;
    private readonly ushort _rightAttribute;
    private readonly ushort _leftAttribute;
    private readonly ushort _partOfSpeech;
    public CharacterKind CharacterKind;
    public MeCabNodeState State;
}

/// <summary>The kind of a node.</summary>
internal enum MeCabNodeState : byte
{
    Known = 0,
    Unknown = 1,
    SentenceStart = 2,
    SentenceEnd = 3,
}

/// <summary>The part of <c>mecab_dictionary_info_t</c> that is read.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MeCabDictionaryInfo
{
    public byte* FileName;
    public byte* Charset;
}
