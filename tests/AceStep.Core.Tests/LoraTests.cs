using AceStep.Core.Tests.Reference;
using AceStep.Loras;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Core.Tests;

/// <summary>LoRAs load, stack, change weight, unload bit for bit, and are refused before any weight changes.</summary>
public sealed class LoraTests : PipelineFixture
{
    private const string Module = "transformer_blocks.0.attn.to_q";
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void UnloadLora_AfterSeveral_RestoresEveryBit()
    {
        Dictionary<string, torch.Tensor> before = Pipeline.CopyTransformerWeights();
        Lora first = Pipeline.LoadLora(Plain, 0.7);
        Lora second = Pipeline.LoadLora(Write((Module, null)), 1.5);
        Pipeline.SetLoraWeight(first, -0.3);
        Assert.That(Changed(before), Is.Not.Empty);

        Pipeline.UnloadLora(first);
        Assert.That(Changed(before), Is.EqualTo(new[] { Module + ".weight" }), "the other one stays");
        Pipeline.UnloadLora(second);

        Assert.That(Changed(before), Is.Empty);
        Assert.That(Pipeline.Loras, Is.Empty);
        Dispose(before);
    }

    [Test]
    public void LoadLora_TwiceAtHalf_IsOnceAtOne()
    {
        Lora whole = Pipeline.LoadLora(Plain);
        Dictionary<string, torch.Tensor> once = Pipeline.CopyTransformerWeights();
        Pipeline.UnloadLora(whole);
        Lora[] halves = [Pipeline.LoadLora(Plain, 0.5), Pipeline.LoadLora(Plain, 0.5)];

        foreach (string name in Changed(once))
        {
            using torch.Tensor now = Pipeline.Parts.Transformer.Resident!.named_parameters().Single(entry => entry.name == name).parameter.detach().clone();
            Testing.TensorAssert.Close(now, once[name], 1e-6, name);
        }

        foreach (Lora half in halves)
        {
            Pipeline.UnloadLora(half);
        }

        Dispose(once);
    }

    [Test]
    public async Task LoadLora_SeveralIntoBFloat16_RoundsTheirSumOnce()
    {
        await using MusicPipeline other = await MusicPipeline.LoadAsync(TinyCheckpoint, new MusicPipelineOptions { Device = "cpu", Precision = Precision.BFloat16 });
        other.UnloadLora(other.LoadLora(Write((Module, null))));
        using torch.Tensor before = Weight(other);

        foreach (int _ in Enumerable.Range(0, 3))
        {
            other.LoadLora(Write((Module, null)), 0.001);
        }

        // A and B are ones of rank 2: B A is 2 everywhere.
        using torch.Tensor after = Weight(other);
        using torch.Tensor expected = before.to(torch.float64).Plus(3 * 0.002).to(torch.bfloat16);
        Testing.TensorAssert.BitEqual(after, expected, "weight");
    }

    /// <summary>The list may be read on any thread, so a change must leave alone what somebody is reading.</summary>
    [Test]
    public void Active_WhileAnotherListTakesItsPlace_StaysWhatItWas()
    {
        Lora first = Pipeline.LoadLora(Plain);
        Lora second = Pipeline.LoadLora(Write((Module, null)));
        List<ActiveLora> given = [new(first, 1), new(second, 1)];
        LoraStack stack = new();
        stack.Set(given);
        IReadOnlyList<ActiveLora> read = stack.Active;
        using IEnumerator<ActiveLora> reading = read.GetEnumerator();
        reading.MoveNext();

        given.Clear();
        stack.Set([new(second, 0.5)]);

        Assert.That(reading.MoveNext(), Is.True);
        Assert.That(reading.Current, Is.EqualTo(new ActiveLora(second, 1)));
        Assert.That(read.Select(active => active.Lora), Is.EqualTo(new[] { first, second }));
        Assert.That(stack.Active, Is.EqualTo(new[] { new ActiveLora(second, 0.5) }));
        Pipeline.UnloadLora(first);
        Pipeline.UnloadLora(second);
    }

    [Test]
    public void Loras_ReadBeforeAChange_StayWhatTheyWere()
    {
        Lora first = Pipeline.LoadLora(Plain);
        IReadOnlyList<Lora> one = Pipeline.Loras;
        using IEnumerator<Lora> reading = one.GetEnumerator();
        Lora second = Pipeline.LoadLora(Write((Module, null)));
        IReadOnlyList<Lora> both = Pipeline.Loras;
        Pipeline.UnloadLora(first);

        Assert.That(reading.MoveNext(), Is.True);
        Assert.That(one, Is.EqualTo(new[] { first }));
        Assert.That(both, Is.EqualTo(new[] { first, second }));
        Assert.That(Pipeline.Loras, Is.EqualTo(new[] { second }));
        Pipeline.UnloadLora(second);
    }

    private static readonly string[] Spellings =
    [
        Module, "transformers." + Module, "diffusion_model." + Module, "transformer." + Module, "base_model.model." + Module, "lora_unet_transformer_blocks_0_attn_to_q",
    ];

    [Test]
    public void LoadLora_AnyNaming_FindsTheModule(
        [ValueSource(nameof(Spellings))] string spelling,
        [Values(".lora_A.weight/.lora_B.weight", ".lora_down.weight/.lora_up.weight", ".lora.down.weight/.lora.up.weight", ".lora_A.default.weight/.lora_B.default.weight", ".lora_A.lora_adapter.weight/.lora_B.lora_adapter.weight")] string suffixes)
    {
        string[] parts = suffixes.Split('/');
        string path = _folder.File("named.safetensors");
        using torch.Tensor down = torch.ones(2, Width);
        using torch.Tensor up = torch.ones(Width, 2);
        SafetensorsWriter.Write(path, [new(spelling + parts[0], down), new(spelling + parts[1], up)]);

        Lora lora = Pipeline.LoadLora(path);

        Assert.That(lora.Modules, Is.EqualTo(new[] { Module }));
        Pipeline.UnloadLora(lora);
    }

    [Test]
    public void LoadLora_WithAlpha_ScalesByAlphaOverRank()
    {
        using torch.Tensor before = Weight();
        using torch.Tensor alpha = torch.tensor(1f);
        Lora lora = Pipeline.LoadLora(Write((Module + ".alpha", alpha)), 2);
        using torch.Tensor after = Weight();

        // A and B are ones of rank 2: B A is 2 everywhere, times alpha / rank = 0.5, times the weight 2.
        using torch.Tensor expected = before.Plus(2);
        Testing.TensorAssert.Close(after, expected, 1e-6, "weight");
        Pipeline.UnloadLora(lora);
    }

    [TestCase("""{"lora_alpha": 8}""", 4)]
    [TestCase("""{"lora_alpha": 8, "use_rslora": true}""", 5.656854f)]
    [TestCase("""{"lora_alpha": 8, "alpha_pattern": {"attn.to_q": 2}}""", 1)]
    [TestCase("""{"lora_alpha": 8, "alpha_pattern": {"attn.to_k": 2}}""", 4)]
    [TestCase("""{"lora_alpha": 8, "alpha_pattern": {"ttn.to_q": 2, "to_k": 2, "x.to_q": 2}}""", 4)]
    [TestCase("""{"lora_alpha": 8, "alpha_pattern": {"transformer_blocks\\.[0-3]\\.attn\\.to_[qk]": 2, "to_q": 6}}""", 1)]
    [TestCase("""{"transformer.lora_alpha": 8, "transformer.use_rslora": true, "transformer.r": 2}""", 5.656854f)]
    public void LoadLora_WithStoredAlpha_ScalesAsTheHeaderSays(string header, float scale)
    {
        using torch.Tensor before = Weight();
        Lora lora = Pipeline.LoadLora(Write((Module, null), header), 0.5, useStoredAlpha: true);
        using torch.Tensor after = Weight();

        // A and B are ones of rank 2: B A is 2 everywhere, times the weight 0.5.
        using torch.Tensor expected = before.Plus(scale);
        Testing.TensorAssert.Close(after, expected, 1e-6, "weight");
        Pipeline.UnloadLora(lora);
    }

    [TestCase("""{"lora_alpha": 0}""")]
    [TestCase("""{"lora_alpha": 8, "alpha_pattern": {"attn.to_q": "two"}}""")]
    [TestCase("""{"r": 2}""")]
    [TestCase("""{"lora_alpha": 8, "alpha_pattern": {"attn.(to_q": 2}}""")]
    [TestCase("[]")]
    [TestCase("{")]
    public void LoadLora_StoredAlphaThatCannotBe_IsRefused(string header)
    {
        string path = Write((Module, null), header);

        Assert.That(() => Pipeline.LoadLora(path, useStoredAlpha: true), Throws.InstanceOf<CheckpointFormatException>().With.Message.Contains("lora_adapter_metadata"));
        Assert.That(Pipeline.Loras, Is.Empty);
    }

    private static IEnumerable<TestCaseData> Refused()
    {
        yield return new TestCaseData(Module.Replace("to_q", "to_x", StringComparison.Ordinal), Width, Width, 2, 2, 1f, typeof(CheckpointMismatchException)).SetArgDisplayNames("unknown module");
        yield return new TestCaseData(Module, Width + 1, Width, 2, 2, 1f, typeof(CheckpointMismatchException)).SetArgDisplayNames("wrong input width");
        yield return new TestCaseData(Module, Width, Width + 1, 2, 2, 1f, typeof(CheckpointMismatchException)).SetArgDisplayNames("wrong output width");
        yield return new TestCaseData(Module, Width, Width, 2, 3, 1f, typeof(CheckpointMismatchException)).SetArgDisplayNames("ranks differ");
        yield return new TestCaseData(Module, Width, Width, 0, 0, 1f, typeof(CheckpointFormatException)).SetArgDisplayNames("rank 0");
        yield return new TestCaseData(Module, Width, Width, 2, 2, float.NaN, typeof(CheckpointFormatException)).SetArgDisplayNames("NaN");
    }

    [TestCaseSource(nameof(Refused))]
    public void LoadLora_ThatDoesNotFit_IsRefusedByNameBeforeAnyWeightChanges(string module, int inputs, int outputs, int downRank, int upRank, float value, Type error)
    {
        Dictionary<string, torch.Tensor> before = Pipeline.CopyTransformerWeights();
        string path = _folder.File("wrong.safetensors");
        using torch.Tensor down = torch.ones(downRank, inputs).MultiplyInPlace(value);
        using torch.Tensor up = torch.ones(outputs, upRank).MultiplyInPlace(value);
        SafetensorsWriter.Write(path, [new(module + ".lora_A.weight", down), new(module + ".lora_B.weight", up)]);

        Exception thrown = Assert.Throws(error, () => Pipeline.LoadLora(path))!;

        Assert.That(thrown.Message, Does.Contain(module + ".lora_"));
        Assert.That(Changed(before), Is.Empty);
        Assert.That(Pipeline.Loras, Is.Empty);
        Dispose(before);
    }

    [Test]
    public void LoadLora_FactorWithoutPartner_IsRefused()
    {
        string path = _folder.File("half.safetensors");
        using torch.Tensor down = torch.ones(2, Width);
        SafetensorsWriter.Write(path, [new(Module + ".lora_A.weight", down)]);

        Assert.Throws<CheckpointFormatException>(() => Pipeline.LoadLora(path));
    }

    [Test]
    public void LoadLora_FolderWithoutTheFile_NamesIt() =>
        Assert.That(Assert.Throws<FileNotFoundException>(() => Pipeline.LoadLora(_folder.Path))?.Message, Does.Contain("pytorch_lora_weights.safetensors"));

    [TestCase("pytorch_lora_weights.safetensors", "")]
    [TestCase("adapter_model.safetensors", "")]
    [TestCase("my song style.safetensors", "")]
    [TestCase("adapter_model.safetensors", "zh_rap")]
    [TestCase("pytorch_lora_weights.safetensors", "snapshots/0a1b2c")]
    public void LoadLora_FolderWithOneFile_TakesIt(string name, string below)
    {
        string folder = _folder.File("lora");
        Directory.CreateDirectory(Path.Combine(folder, below));
        File.Move(Write((Module, null)), Path.Combine(folder, below, name));
        if (below.StartsWith("snapshots", StringComparison.Ordinal))
        {
            Directory.CreateDirectory(Path.Combine(folder, "refs"));
            File.WriteAllText(Path.Combine(folder, "refs", "main"), "0a1b2c\n");
        }

        Lora lora = Pipeline.LoadLora(folder);

        Assert.That(lora.Modules, Is.EqualTo(new[] { Module }));
        Assert.That(lora.Warnings, Is.Empty);
        Pipeline.UnloadLora(lora);
    }

    [Test]
    public void LoadLora_FolderWithSeveralFiles_NamesThem()
    {
        string one = Write((Module, null));
        File.Copy(one, _folder.File("two.safetensors"));

        Assert.That(() => Pipeline.LoadLora(_folder.Path), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("ones.safetensors, two.safetensors"));
    }

    [Test]
    public void LoadLora_FolderWithAPickle_SaysSo()
    {
        File.WriteAllBytes(_folder.File("adapter_model.bin"), [0x80, 2]);

        Assert.That(() => Pipeline.LoadLora(_folder.Path), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("adapter_model.bin cannot take its place"));
    }

    // A and B are ones of rank 2: B A is 2 everywhere.
    [TestCase("adapter_config.json", """{"peft_type": "LORA", "r": 2, "lora_alpha": 8}""", 8)]
    [TestCase("adapter_config.json", """{"r": 2, "lora_alpha": 8, "use_rslora": true}""", 11.313708f)]
    [TestCase("config.json", """{"r": 2, "lora_alpha": 3, "lora_dropout": 0.1, "use_rslora": false}""", 3)]
    public void LoadLora_ConfigBesideTheWeights_CountsWhereItIsAskedFor(string name, string config, float scale)
    {
        using torch.Tensor before = Weight();
        string path = Write((Module, null));
        File.WriteAllText(_folder.File(name), config);

        Lora asked = Pipeline.LoadLora(path, useStoredAlpha: true);
        using torch.Tensor scaled = Weight();
        Pipeline.UnloadLora(asked);
        Lora plain = Pipeline.LoadLora(_folder.Path);
        using torch.Tensor unscaled = Weight();
        Pipeline.UnloadLora(plain);

        using torch.Tensor expected = before.Plus(scale);
        using torch.Tensor two = before.Plus(2);
        Testing.TensorAssert.Close(scaled, expected, 1e-6, "as the config says");
        Testing.TensorAssert.Close(unscaled, two, 1e-6, "as the original does");
        Assert.That(asked.Warnings, Is.Empty);
        Assert.That(plain.Warnings, Has.One.Contains(name).And.Contains("--lora-stored-alpha"));
    }

    [Test]
    public void LoadLora_StoredAlphaAskedForAndAbsent_SaysSo()
    {
        File.WriteAllText(_folder.File("config.json"), """{"_class_name": "Something", "num_layers": 3}""");

        Lora lora = Pipeline.LoadLora(Write((Module, null)), useStoredAlpha: true);

        Assert.That(lora.Warnings, Has.One.Contains("No alpha is stored"));
        Pipeline.UnloadLora(lora);
    }

    [TestCase("config.json", "<!doctype html><title>x</title>", "config.json must be JSON; this is a web page (HTML)")]
    [TestCase("adapter_config.json", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "adapter_config.json must be JSON; this is a Git LFS pointer")]
    public void LoadLora_SomethingElseForItsConfig_IsNamedWhereItIsNeeded(string name, string content, string what)
    {
        File.WriteAllText(_folder.File(name), content);
        string path = Write((Module, null));

        Assert.That(() => Pipeline.LoadLora(path, useStoredAlpha: true), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains(what));

        Lora lora = Pipeline.LoadLora(path);
        Assert.That(lora.Warnings, Is.Empty);
        Pipeline.UnloadLora(lora);
    }

    [Test]
    public void LoadLora_ConfigOfOtherWeightsInTheFolder_IsLeftAlone()
    {
        string path = Write((Module, null));
        File.Copy(path, _folder.File("another.safetensors"));
        File.WriteAllText(_folder.File("adapter_config.json"), """{"lora_alpha": 8}""");

        Lora lora = Pipeline.LoadLora(path);

        Assert.That(lora.Warnings, Is.Empty);
        Pipeline.UnloadLora(lora);
    }

    [TestCase("transformer_blocks.0.attn.to_q.lora_magnitude_vector.weight", "a DoRA")]
    [TestCase("transformer_blocks.0.attn.to_q.dora_scale", "a DoRA")]
    [TestCase("lycoris_transformer_blocks_0_attn_to_q.lokr_w1", "a LoKr")]
    [TestCase("lora_unet_transformer_blocks_0_attn_to_q.hada_w1_a", "a LoHa")]
    [TestCase("diffusion_model.transformer_blocks.0.attn.to_q.diff", "whole differences")]
    [TestCase("base_model.model.layers.0.cross_attn.q_proj.lora_A.weight", "ACE-Step 1.5")]
    [TestCase("base_model.model.layers.3.self_attn.v_proj.lora_A.weight", "ACE-Step 1.5")]
    [TestCase("lycoris_layers_0_self_attn_q_proj.lokr_w1", "ACE-Step 1.5")]
    [TestCase("model.diffusion_model.genre_embedder.weight", "a whole checkpoint")]
    [TestCase("genre_embedder.weight", "a part of a checkpoint")]
    public void LoadLora_AnotherKindOfFile_IsRefusedByItsName(string tensor, string kind)
    {
        string path = _folder.File("other.safetensors");
        using (torch.Tensor one = torch.ones(1))
        {
            SafetensorsWriter.Write(path, [new(tensor, one)]);
        }

        Assert.That(() => Pipeline.LoadLora(path), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains(kind));
        Assert.That(Pipeline.Loras, Is.Empty);
    }

    [Test]
    public void LoadLora_CheckpointFolder_IsNamed() =>
        Assert.That(() => Pipeline.LoadLora(TinyCheckpoint), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("is a whole checkpoint"));

    [Test]
    public void LoadLora_TwoAdaptersInOneFile_NamesBoth()
    {
        string path = _folder.File("two.safetensors");
        using torch.Tensor down = torch.ones(2, Width);
        using torch.Tensor up = torch.ones(Width, 2);
        SafetensorsWriter.Write(path, [new(Module + ".lora_A.rap.weight", down), new(Module + ".lora_B.rap.weight", up), new(Module + ".lora_A.folk.weight", down), new(Module + ".lora_B.folk.weight", up)]);

        Assert.That(() => Pipeline.LoadLora(path), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains("rap").And.Message.Contains("folk"));
    }

    [Test]
    public void LoadLora_HundredsOfUnknownModules_NamesAFew()
    {
        string path = _folder.File("other.safetensors");
        using torch.Tensor one = torch.ones(2, 2);
        SafetensorsWriter.Write(path, [.. Enumerable.Range(0, 400).Select(i => KeyValuePair.Create($"text_model.encoder.layers.{i}.mlp.fc1.lora_A.weight", one))]);

        CheckpointMismatchException error = Assert.Throws<CheckpointMismatchException>(() => Pipeline.LoadLora(path))!;

        Assert.That(error.Message, Has.Length.LessThan(1000).And.Contains("and 394 more"));
        Assert.That(error.Unexpected, Has.Count.EqualTo(400));
    }

    [Test]
    public void LoadLora_WeightBeyondTwo_Warns()
    {
        Lora lora = Pipeline.LoadLora(Plain, 2.5);

        Assert.That(lora.Warnings, Has.Some.Contains("2.5"));
        Pipeline.UnloadLora(lora);
    }

    [Test]
    public async Task LoadLora_WhileTheTransformerIsDropped_IsThereAtItsNextUse()
    {
        Lora lora = Pipeline.LoadLora(Plain, 0.2);
        MusicResult merged = await Pipeline.TextToMusicAsync(TextToMusic);
        Pipeline.UnloadLora(lora);
        await using MusicPipeline dropping = await MusicPipeline.LoadAsync(TinyCheckpoint, new MusicPipelineOptions { Device = "cpu", Memory = MemoryPlan.DropAll });
        dropping.LoadLora(Plain, 0.2);

        MusicResult result = await dropping.TextToMusicAsync(TextToMusic);

        Assert.That(result.Songs[0].Latents.Values.SequenceEqual(merged.Songs[0].Latents.Values), Is.True);
    }

    [Test]
    public async Task LoadLora_WhoseMergeFails_IsNotLoadedAndChangesNothing()
    {
        await using MusicPipeline other = await MusicPipeline.LoadAsync(TinyCheckpoint, new MusicPipelineOptions { Device = "cpu" });
        MusicResult before = await other.TextToMusicAsync(TextToMusic);
        Lora first = other.LoadLora(Write((Module, null)));

        // Merging the second one reads the first one's factors too, which are gone.
        first.File.Dispose();
        Assert.That(() => other.LoadLora(Plain), Throws.InstanceOf<ObjectDisposedException>());

        Assert.That(other.Loras, Is.EqualTo(new[] { first }));
        other.UnloadLora(first);
        MusicResult after = await other.TextToMusicAsync(TextToMusic);
        Assert.That(after.Songs[0].Latents.Values.SequenceEqual(before.Songs[0].Latents.Values), Is.True, "half merged weights are read again");
    }

    [Test]
    public async Task SetLoraWeight_WhoseMergeFails_KeepsTheWeight()
    {
        await using MusicPipeline other = await MusicPipeline.LoadAsync(TinyCheckpoint, new MusicPipelineOptions { Device = "cpu" });
        Lora lora = other.LoadLora(Write((Module, null)), 0.8);
        lora.File.Dispose();

        Assert.That(() => other.SetLoraWeight(lora, 0.5), Throws.InstanceOf<ObjectDisposedException>());

        Assert.That(lora.Weight, Is.EqualTo(0.8));
        Assert.That(other.Loras, Is.EqualTo(new[] { lora }));
    }

    [Test]
    public void LoadLora_FromAProgressCallback_SaysSoInsteadOfWaitingForItself()
    {
        Exception? thrown = null;
        AtFirst callback = new(() => thrown = Assert.Throws<InvalidOperationException>(() => Pipeline.LoadLora(Plain)));

        Assert.DoesNotThrowAsync(() => Pipeline.TextToMusicAsync(TextToMusic, callback));

        Assert.That(thrown?.Message, Does.Contain("progress callback"));
        Assert.That(Pipeline.Loras, Is.Empty);
    }

    private sealed class AtFirst(Action action) : IProgress<MusicProgress>
    {
        private bool _done;

        public void Report(MusicProgress value)
        {
            if (!_done)
            {
                _done = true;
                action();
            }
        }
    }

    private static string Plain => Path.Combine(Path.GetDirectoryName(TinyCheckpoint)!, "lora", "plain");

    private static int Width => 48;

    private torch.Tensor Weight() => Weight(Pipeline);

    private static torch.Tensor Weight(MusicPipeline pipeline) => pipeline.Parts.Transformer.Resident!.named_parameters().Single(entry => entry.name == Module + ".weight").parameter.detach().clone();

    /// <summary>A LoRA of ones on one module, with one more tensor and a config in its header where they are given.</summary>
    private string Write((string Name, torch.Tensor? Tensor) extra, string? config = null)
    {
        string path = _folder.File("ones.safetensors");
        using torch.Tensor down = torch.ones(2, Width);
        using torch.Tensor up = torch.ones(Width, 2);
        List<KeyValuePair<string, torch.Tensor>> tensors = [new(Module + ".lora_A.weight", down), new(Module + ".lora_B.weight", up)];
        if (extra.Tensor is not null)
        {
            tensors.Add(new(extra.Name, extra.Tensor));
        }

        SafetensorsWriter.Write(path, tensors, config is null ? null : new Dictionary<string, string> { ["lora_adapter_metadata"] = config });
        return path;
    }

    private string[] Changed(Dictionary<string, torch.Tensor> before) =>
    [
        .. Pipeline.Parts.Transformer.Resident!.named_parameters()
            .Where(entry =>
            {
                using torch.Tensor same = entry.parameter.eq(before[entry.name]).all();
                return !same.item<bool>();
            })
            .Select(entry => entry.name),
    ];

    private static void Dispose(Dictionary<string, torch.Tensor> weights)
    {
        foreach (torch.Tensor weight in weights.Values)
        {
            weight.Dispose();
        }
    }
}
