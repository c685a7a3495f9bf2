using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using AceStep.Lyrics;

namespace AceStep.Hub.Tests;

/// <summary>The Japanese dictionary: asked for when it is needed, and the real one unpacked.</summary>
internal sealed class JapaneseDictionaryTests
{
    private static readonly string Vocabulary = Path.Combine(ReferenceData.RepositoryRoot, "tests", "data", "reference", "checkpoint-tiny", "lyric_tokenizer", "vocab.json");

    [Test]
    public void Encode_JapaneseWithoutADictionary_AsksForOneAndAgainAfterAFailure()
    {
        RequireMeCab();
        int asked = 0;
        LyricTokenizer tokenizer = new(LyricVocabulary.Load(Vocabulary), new LyricTokenizerOptions { FetchJapaneseDictionary = () => ++asked < 3 ? throw new DownloadException("no network") : null });
        if (new LyricTokenizer(LyricVocabulary.Load(Vocabulary)).EncodeLine("東京", "ja").JapaneseDictionary is { } installed)
        {
            Assert.Ignore($"{installed} is there, so that none is asked for.");
        }

        tokenizer.Encode("hello\n你好");
        Assert.That(asked, Is.Zero, "no Japanese line has come");
        Assert.That(() => tokenizer.EncodeLine("東京", "ja"), Throws.TypeOf<DownloadException>());
        Assert.That(() => tokenizer.EncodeLine("東京", "ja"), Throws.TypeOf<DownloadException>());
        Assert.That(tokenizer.EncodeLine("東京", "ja").Warnings.Select(warning => warning.Message), Has.Some.Contains("acestep download unidic-lite"));
        tokenizer.EncodeLine("東京", "ja");
        Assert.That(asked, Is.EqualTo(3), "that there is none is kept");
    }

    [Test]
    public void Unpack_TheRealDictionary_IsWhatTheOriginalReadsWith()
    {
        string source = RealDictionary();
        using TemporaryFolder folder = new();
        string archive = folder.File("unidic.tar.gz");
        Pack(source, archive);
        string unpacked = folder.File("unidic-lite-1.0.8");

        DictionaryArchive.Unpack(archive, KnownFiles.Released.Dictionary, unpacked, CancellationToken.None);

        Assert.That(Directory.GetFiles(unpacked).Select(Path.GetFileName), Is.EquivalentTo(KnownFiles.Released.Dictionary.Files.Keys));
        RequireMeCab();
        LyricLine line = new LyricTokenizer(LyricVocabulary.Load(Vocabulary), new LyricTokenizerOptions { JapaneseDictionary = unpacked }).EncodeLine("東京の空", "ja");
        Assert.That(line.JapaneseDictionary, Is.EqualTo(unpacked));
        Assert.That(line.Cleaned, Is.EqualTo("tokyo no sora"));
    }

    /// <summary>The folder of the dictionary's files, from the data beside the repository, unpacked once into the user's temporary folder.</summary>
    private static string RealDictionary()
    {
        string cache = Path.Combine(Path.GetTempPath(), "acestep-tests");
        string folder = Path.Combine(cache, "unidic-lite-1.0.8");
        string archive = Path.Combine(ReferenceData.RepositoryRoot, "..", "shared", "data", "japanese", "unidic-lite-1.0.8.tar.xz");
        if (Directory.Exists(folder))
        {
            return folder;
        }

        if (!File.Exists(archive))
        {
            Assert.Ignore("unidic-lite is not part of the repository.");
        }

        Tool.Require("xz");
        string partial = Directory.CreateDirectory(Path.Combine(cache, Path.GetRandomFileName())).FullName;
        Tool.Run("tar", "-xf", archive, "-C", partial);
        Directory.Move(Path.Combine(partial, "unidic-lite-1.0.8"), folder);
        Directory.Delete(partial);
        return folder;
    }

    private static void Pack(string source, string archive)
    {
        using FileStream file = File.Create(archive);
        using GZipStream zipped = new(file, CompressionLevel.NoCompression);
        using TarWriter writer = new(zipped, TarEntryFormat.Ustar);
        foreach (string path in Directory.GetFiles(source))
        {
            writer.WriteEntry(path, KnownFiles.Released.Dictionary.Folder + Path.GetFileName(path));
        }
    }

    private static void RequireMeCab()
    {
        if (!(NativeLibrary.TryLoad("libmecab.so.2", out _) || NativeLibrary.TryLoad("libmecab.2.dylib", out _) || NativeLibrary.TryLoad("libmecab.dll", out _)))
        {
            Assert.Ignore("MeCab is not installed.");
        }
    }
}
