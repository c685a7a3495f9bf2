using System.Reflection;
using System.Runtime.Loader;

namespace AceStep.Lyrics.Tests;

/// <summary>What the first line loads, seen in a fresh copy of the assembly, whose statics nothing has touched.</summary>
internal sealed class LoadingTests
{
    [TestCase("Walking down the river", "identification")]
    [TestCase("너의 미소를 외투 주머니에", "identification")]
    [TestCase("我们的故事从这里开始", "identification, pinyin")]
    [TestCase("月が眠る川の上を裸足で歩いている", "identification, japanese")]
    public void EncodeLine_FirstLine_LoadsOnlyItsLanguage(string text, string loaded)
    {
        var fresh = new FreshAssembly();

        Assert.That(fresh.Loaded(), Is.Empty);
        fresh.EncodeLine(text, null);

        Assert.That(fresh.Loaded(), Is.EqualTo(loaded));
    }

    [Test]
    public void EncodeLine_LanguageGiven_LoadsNoIdentifier()
    {
        var fresh = new FreshAssembly();

        fresh.EncodeLine("Walking down 25 rivers", "en");

        Assert.That(fresh.Loaded(), Is.Empty);
    }

    [TestCase("Walking down the river")]
    [TestCase("我们的故事从这里开始")]
    [Explicit("a time, which depends on the machine and on what else it does")]
    public void EncodeLine_FirstLine_TakesLessThan150Milliseconds(string text)
    {
        // The compiler starts anew in each copy. The fastest of five, as the machine may be busy with something else.
        TimeSpan fastest = Enumerable.Range(0, 5).Min(_ =>
        {
            var fresh = new FreshAssembly();
            return CpuTime.Of(() => fresh.EncodeLine(text, null));
        });
        TestContext.Out.WriteLine($"first line: {fastest.TotalMilliseconds:F0} ms");

        Assert.That(fastest, Is.LessThan(TimeSpan.FromMilliseconds(150)));
    }

    private sealed class FreshAssembly
    {
        private readonly Assembly _assembly;
        private readonly object _tokenizer;

        public FreshAssembly()
        {
            _assembly = new AssemblyLoadContext(null, isCollectible: true).LoadFromAssemblyPath(typeof(LyricTokenizer).Assembly.Location);
            object vocabulary = Type("LyricVocabulary").GetMethod("Load")!
                .Invoke(null, [AceStep.Testing.ReferenceData.Require("lyrics", "tiny-vocab.json")])!;
            _tokenizer = Activator.CreateInstance(Type("LyricTokenizer"), vocabulary, null)!;
        }

        public void EncodeLine(string text, string? language) => _tokenizer.GetType().GetMethod("EncodeLine", [typeof(string), typeof(string)])!
            .Invoke(_tokenizer, [text, language]);

        public string Loaded()
        {
            var loaded = new List<string>();
            Add("identification", IsCreated("Identification.LanguageModel"));
            Add("pinyin", IsCreated("Chinese.PinyinTables"));
            Add("japanese", (bool)_tokenizer.GetType().GetProperty("HasLookedForJapanese", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(_tokenizer)!);
            return string.Join(", ", loaded);

            void Add(string name, bool isLoaded)
            {
                if (isLoaded)
                {
                    loaded.Add(name);
                }
            }
        }

        private bool IsCreated(string type)
        {
            object lazy = Type(type).GetProperty("Shared")!.GetValue(null)!;
            return (bool)lazy.GetType().GetProperty("IsValueCreated")!.GetValue(lazy)!;
        }

        private Type Type(string name) => _assembly.GetType("AceStep.Lyrics." + name, throwOnError: true)!;
    }
}
