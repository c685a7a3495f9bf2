using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

[TestFixture]
public sealed class ModuleLoaderTests
{
    [Test]
    public void Load_EveryKindOfLayer_GetsTheStoredWeights([Values(ScalarType.Float32, ScalarType.BFloat16)] ScalarType dtype)
    {
        using TemporaryFile file = new();
        using SafetensorsFile source = Write(file, Shapes());
        using Sample sample = new();

        using (NewDisposeScope())
        {
            // The weights outlive the scope that they were loaded in.
            ModuleLoader.Load(sample, source, dtype, CPU);
        }

        using var scope = NewDisposeScope();
        List<(string Name, Parameter Parameter)> parameters = [.. sample.named_parameters()];
        Assert.That(parameters.Select(entry => entry.Name), Is.EquivalentTo(Shapes().Keys));
        foreach ((string name, Parameter parameter) in parameters)
        {
            TensorAssert.BitEqual(parameter, source.Read(name).to(dtype), name);
            Assert.That(parameter.requires_grad, Is.False, name);
        }

        // What a layer computes with, not only what it lists.
        Tensor output = sample.Project(torch.ones([1, 3], dtype: dtype));
        Tensor expected = sample.get_parameter("linear.weight")!.sum(1).Plus(sample.get_parameter("linear.bias")!);
        TensorAssert.Close(output[0], expected, dtype == ScalarType.Float32 ? 1e-6 : 1e-2, "linear");
    }

    [Test]
    [Category(HoldsTensorsAttribute.Without)]
    public void LoadTwiceThenDispose_ReturnsEveryTensor()
    {
        using TemporaryFile file = new();
        using SafetensorsFile source = Write(file, Shapes());
        long live = LiveTensors.CountAfterCollection();

        using (Sample sample = new())
        {
            ModuleLoader.Load(sample, source, float32, CPU);
            ModuleLoader.Load(sample, source, bfloat16, CPU);
            LiveTensors.AssertCountAfterCollection(live + Shapes().Count); // one tensor per parameter
        }

        LiveTensors.AssertCountAfterCollection(live);
    }

    [Test]
    public void Load_SourceThatDoesNotFit_NamesEverythingAndReadsNothing()
    {
        using TemporaryFile file = new();
        Dictionary<string, long[]> shapes = Shapes();
        shapes.Remove("linear.bias");
        shapes.Remove("own.table");
        shapes["convolution.weight"] = [2, 5, 3];
        shapes["more"] = [1];
        shapes["known.unused"] = [1];
        using SafetensorsFile source = Write(file, shapes);
        RecordingSource recording = new(source);
        using Sample sample = new();

        CheckpointMismatchException error = Assert.Throws<CheckpointMismatchException>(() =>
            ModuleLoader.Load(sample, recording, float32, CPU, name => name.StartsWith("known.", StringComparison.Ordinal)))!;

        Assert.Multiple(() =>
        {
            Assert.That(error.Missing, Is.EquivalentTo((string[])["linear.bias", "own.table"]));
            Assert.That(error.Unexpected, Is.EqualTo((string[])["more"]));
            Assert.That(error.Misshapen, Has.Count.EqualTo(1));
            Assert.That(error.Message, Does.Contain(file.Path).And.Contain("Sample").And.Contain("linear.bias, own.table").And.Contain("more"));
            Assert.That(error.Message, Does.Contain("convolution.weight is [2, 5, 3] and must be [2, 4, 3]"));
            Assert.That(recording.Read, Is.Empty);
        });
    }

    [Test]
    public void Load_WeightsOfIntegers_AreRefusedThoughOfTheRightShape()
    {
        using var scope = NewDisposeScope();
        using TemporaryFile file = new();
        SafetensorsWriter.Write(
            file.Path,
            [.. Shapes().Select(entry => KeyValuePair.Create(entry.Key, torch.zeros(entry.Value, dtype: entry.Key == "linear.bias" ? int16 : bfloat16)))]);
        using SafetensorsFile source = SafetensorsFile.Open(file.Path);
        using Sample sample = new();

        Assert.That(
            () => ModuleLoader.Load(sample, source, float32, CPU),
            Throws.TypeOf<CheckpointMismatchException>().With.Message.Contains("linear.bias is I16 and must be F64, F32, F16, BF16 or F8"));
    }

    [Test]
    public void Load_KnownUnusedTensors_AreNeverRead()
    {
        using TemporaryFile file = new();
        Dictionary<string, long[]> shapes = Shapes();
        shapes["projectors.0"] = [1];
        using SafetensorsFile source = Write(file, shapes);
        RecordingSource recording = new(source);
        using Sample sample = new();

        ModuleLoader.Load(sample, recording, float32, CPU, name => name == "projectors.0");

        Assert.That(recording.Read, Is.EquivalentTo(Shapes().Keys));
    }

    [Test]
    public void Load_WithProgress_ReportsAfterEachTensorUpToTheCount()
    {
        using TemporaryFile file = new();
        using SafetensorsFile source = Write(file, Shapes());
        using Sample sample = new();
        Progress progress = new();

        ModuleLoader.Load(sample, source, bfloat16, CPU, bytesRead: new ByteCount(progress));

        Assert.That(progress.Values, Has.Count.EqualTo(Shapes().Count));
        Assert.That(progress.Values, Is.Ordered.Ascending);
        Assert.That(progress.Values[^1], Is.EqualTo(source.Entries.Values.Sum(entry => entry.ByteCount)));
    }

    [Test]
    [Category(HoldsTensorsAttribute.Without)]
    public void Load_Cancelled_StopsBeforeTheNextTensorAndKeepsNothing()
    {
        using TemporaryFile file = new();
        using SafetensorsFile source = Write(file, Shapes());
        using CancellationTokenSource cancellation = new();
        RecordingSource recording = new(source) { AfterRead = cancellation.Cancel };
        long live = LiveTensors.CountAfterCollection();

        using (Sample sample = new())
        {
            Assert.Throws<OperationCanceledException>(() => ModuleLoader.Load(sample, recording, float32, CPU, cancellationToken: cancellation.Token));
        }

        Assert.That(recording.Read, Has.Count.EqualTo(1));
        LiveTensors.AssertCountAfterCollection(live);
    }

    [Test]
    [Category(HoldsTensorsAttribute.Without)]
    public void Load_SourceThatFails_KeepsNothing()
    {
        using TemporaryFile file = new();
        using SafetensorsFile source = Write(file, Shapes());
        RecordingSource recording = new(source) { AfterRead = () => throw new IOException("gone") };
        long live = LiveTensors.CountAfterCollection();

        using (Sample sample = new())
        {
            Assert.Throws<IOException>(() => ModuleLoader.Load(sample, recording, float32, CPU));
        }

        LiveTensors.AssertCountAfterCollection(live);
    }

    [Test]
    public void Load_ParameterWithoutAField_IsAProgrammersMistake()
    {
        using TemporaryFile file = new();
        using SafetensorsFile source = Write(file, new() { ["table"] = [2] });
        using WithoutField module = new();

        Assert.That(() => ModuleLoader.Load(module, source, float32, CPU), Throws.InvalidOperationException.With.Message.Contains("ComponentName"));
    }

    [Test]
    [Category(HoldsTensorsAttribute.Without)]
    public void Load_ModuleThatRearranges_HoldsTheRearrangedWeightAndNothingElse()
    {
        using TemporaryFile file = new();
        using SafetensorsFile source = Write(file, new() { ["table"] = [2] });
        long live = LiveTensors.CountAfterCollection();

        using (Doubling module = new())
        {
            ModuleLoader.Load(module, source, float32, CPU);
            LiveTensors.AssertCountAfterCollection(live + 1);
            using var scope = NewDisposeScope();
            TensorAssert.BitEqual(module.Table, source.Read("table").Times(2), "field");
            TensorAssert.BitEqual(module.get_parameter("table")!, module.Table, "registry");
        }

        LiveTensors.AssertCountAfterCollection(live);
    }

    [Test]
    public void PrefixedTensorSource_PartOfAFile_HidesTheRest()
    {
        using TemporaryFile file = new();
        using SafetensorsFile source = Write(file, new() { ["a.x"] = [2], ["a.b.x"] = [3], ["ab.x"] = [4] });
        PrefixedTensorSource part = new(source, "a.");
        using Tensor destination = torch.zeros(3);

        part.Read("b.x", destination);

        Assert.Multiple(() =>
        {
            Assert.That(part.Names, Is.EquivalentTo((string[])["x", "b.x"]));
            Assert.That(part.Shape("x"), Is.EqualTo((long[])[2]));
            Assert.That(part.Type("x"), Is.EqualTo(ScalarType.Float32));
            Assert.That(part.Origin, Does.Contain(file.Path).And.Contain("a."));
            Assert.That(() => part.Shape("ab.x"), Throws.TypeOf<KeyNotFoundException>());
            TensorAssert.BitEqual(destination, source.Read("a.b.x"), "b.x");
        });
    }

    private static Dictionary<string, long[]> Shapes() => new()
    {
        ["linear.weight"] = [2, 3],
        ["linear.bias"] = [2],
        ["convolution.weight"] = [2, 4, 3],
        ["convolution.bias"] = [2],
        ["convolution2d.weight"] = [2, 1, 3, 3],
        ["transposed.weight"] = [4, 2, 3],
        ["transposed.bias"] = [2],
        ["norms.0.weight"] = [4],
        ["norms.0.bias"] = [4],
        ["norms.1.weight"] = [4],
        ["norms.1.bias"] = [4],
        ["own.table"] = [5, 2],
        ["embedding.weight"] = [7, 3],
    };

    private static SafetensorsFile Write(TemporaryFile file, Dictionary<string, long[]> shapes)
    {
        using var scope = NewDisposeScope();
        using Generator generator = new(11);
        SafetensorsWriter.Write(file.Path, [.. shapes.Select(entry => KeyValuePair.Create(entry.Key, torch.randn(entry.Value, generator: generator)))]);
        return SafetensorsFile.Open(file.Path);
    }

    private sealed class Sample : nn.Module
    {
        [ComponentName(Name = "linear")]
        private readonly Linear _linear = nn.Linear(3, 2, device: META);

        [ComponentName(Name = "convolution")]
        private readonly Conv1d _convolution = nn.Conv1d(4, 2, 3, device: META);

        [ComponentName(Name = "convolution2d")]
        private readonly Conv2d _convolution2d = nn.Conv2d(1, 2, 3, bias: false, device: META);

        [ComponentName(Name = "transposed")]
        private readonly ConvTranspose1d _transposed = nn.ConvTranspose1d(4, 2, 3, device: META);

        [ComponentName(Name = "norms")]
        private readonly ModuleList<nn.Module<Tensor, Tensor>> _norms = new(nn.LayerNorm(4, device: META), nn.GroupNorm(2, 4, device: META));

        [ComponentName(Name = "own")]
        private readonly Own _own = new();

        [ComponentName(Name = "embedding")]
        private readonly TokenEmbedding _embedding = new(7, 3);

        public Sample()
            : base(nameof(Sample)) => RegisterComponents();

        public Tensor Project(Tensor input) => _linear.call(input);
    }

    private sealed class Own : nn.Module
    {
        [ComponentName(Name = "table")]
        private Parameter _table = new(torch.empty([5, 2], device: META), requires_grad: false);

        public Own()
            : base(nameof(Own)) => RegisterComponents();
    }

    private sealed class WithoutField : nn.Module
    {
        public WithoutField()
            : base(nameof(WithoutField)) => register_parameter("table", new(torch.empty([2], device: META), requires_grad: false));
    }

    /// <summary>Computes with twice its weight.</summary>
    private sealed class Doubling : nn.Module, IRearrangesWeights
    {
        [ComponentName(Name = "table")]
        private Parameter _table = new(torch.empty([2], device: META), requires_grad: false);

        public Doubling()
            : base(nameof(Doubling)) => RegisterComponents();

        public Tensor Table => _table;

        Parameter IRearrangesWeights.Rearrange(string name, Tensor stored) => new(stored.Times(2).DetachFromDisposeScope(), requires_grad: false);
    }

    private sealed class Progress : IProgress<long>
    {
        public List<long> Values { get; } = [];

        public void Report(long value) => Values.Add(value);
    }
}
