using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>Modules find their parts by field, name them as checkpoints do, and dispose of them.</summary>
public sealed class ModuleTests
{
    [Test]
    public void RegisterComponents_OfFields_UsesTheAttributesNamesInOrder()
    {
        using var block = new Block();
        Assert.That(
            block.named_parameters().Select(entry => entry.name),
            Is.EqualTo(new[] { "scale", "to_q.weight", "to_q.bias", "_plain.weight", "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias" }));
        Assert.That(block.named_buffers().Select(entry => entry.name), Is.EqualTo(new[] { "table" }));
        Assert.That(block.named_children().Select(entry => entry.name), Is.EqualTo(new[] { "to_q", "_plain", "layers" }));
        Assert.That(block.named_modules().Select(entry => entry.name), Is.EqualTo(new[] { "to_q", "_plain", "layers", "layers.0", "layers.1" }));
    }

    [Test]
    public void StateDict_OfAModule_HasParametersAndBuffersWithThePrefix()
    {
        using var block = new Block();
        Dictionary<string, Tensor> state = block.state_dict(prefix: "model");
        Assert.That(state.Keys, Does.Contain("model.to_q.bias").And.Contain("model.table").And.Contain("model.layers.1.weight"));
        Assert.That(state["model.scale"].shape, Is.EqualTo(new long[] { 4 }));
    }

    [Test]
    public void LoadStateDict_OfAnotherModulesState_GivesItsResults()
    {
        using DisposeScope scope = NewDisposeScope();
        using var source = new Block();
        using var target = new Block();
        (IList<string> missing, IList<string> unexpected) = target.load_state_dict(source.state_dict());
        Assert.That((missing.Count, unexpected.Count), Is.EqualTo((0, 0)));
        Tensor input = randn(2, 4);
        Assert.That(target.call(input).allclose(source.call(input), rtol: 0, atol: 0), Is.True);
    }

    [Test]
    public void LoadStateDict_WithAMissingName_ThrowsIfStrictAndReportsIfNot()
    {
        using var block = new Block();
        Dictionary<string, Tensor> state = block.state_dict();
        state.Remove("to_q.bias");
        Assert.That(() => block.load_state_dict(state), Throws.InvalidOperationException);
        Assert.That(block.load_state_dict(state, strict: false).missing_keys, Is.EqualTo(new[] { "to_q.bias" }));
    }

    [Test]
    public void Dispose_OfAModule_DisposesOfAllItsTensors()
    {
        DisposeScopeManager.Statistics.Reset();
        var block = new Block();
        Tensor deep = block.get_parameter("layers.1.weight")!;
        block.Dispose();
        Assert.That(deep.IsInvalid, Is.True);
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
        block.Dispose();
    }

    [Test]
    public void Weight_SetOnALayer_ReplacesAndDisposesOfTheOldOne()
    {
        using Linear linear = nn.Linear(3, 2, device: META);
        Tensor old = linear.weight;
        using (NewDisposeScope())
        {
            linear.weight = new Parameter(ones(2, 3), requires_grad: false);
            linear.bias = new Parameter(tensor(new[] { 1f, 2f }), requires_grad: false);
        }

        Assert.That(old.IsInvalid, Is.True);
        Assert.That(linear.named_parameters().Select(entry => entry.name), Is.EqualTo(new[] { "weight", "bias" }));
        using Tensor input = ones(1, 3);
        using Tensor output = linear.call(input);
        Assert.That(output.data<float>().ToArray(), Is.EqualTo(new[] { 4f, 5f }));
        linear.bias = null;
        Assert.That(linear.named_parameters().Select(entry => entry.name), Is.EqualTo(new[] { "weight" }));
    }

    [Test]
    public void Parameter_OfATensor_TakesItOverWithItsScope()
    {
        Parameter parameter;
        Tensor data;
        using (DisposeScope scope = NewDisposeScope())
        {
            data = ones(2);
            parameter = new Parameter(data);
            Assert.That((data.IsInvalid, scope.Contains(parameter), parameter.requires_grad), Is.EqualTo((true, true, true)));
        }

        Assert.That(parameter.IsInvalid, Is.True);
    }

    [Test]
    public void Layers_OnTheMetaDevice_HoldNoMemoryAndDrawNothing()
    {
        using var generator = Generator.Default;
        using Tensor before = generator.get_state();
        using Linear linear = nn.Linear(1 << 20, 1 << 20, device: META);
        using Conv1d convolution = nn.Conv1d(1 << 16, 1 << 16, 3, device: META);
        using Tensor after = generator.get_state();
        Assert.That(linear.weight.is_meta && convolution.weight.is_meta, Is.True);
        Assert.That(after.data<byte>().ToArray(), Is.EqualTo(before.data<byte>().ToArray()));
    }

    [Test]
    public void To_AnElementType_ReplacesParametersInTheirFields()
    {
        using DisposeScope scope = NewDisposeScope();
        using var block = new Block();
        Assert.That(block.to(float64), Is.SameAs(block));
        Assert.That(block.named_parameters().Select(entry => entry.parameter.dtype), Is.All.EqualTo(float64));
        Assert.That(block.get_buffer("table")!.dtype, Is.EqualTo(float64));
        Assert.That(block.call(ones([1, 4], dtype: float64)).dtype, Is.EqualTo(float64));
    }

    [Test]
    public void To_AnIntegerType_IsRefused()
    {
        using Linear linear = nn.Linear(1, 1);
        Assert.That(() => linear.to(int64), Throws.ArgumentException);
    }

    [Test]
    public void Train_OfAModule_ReachesItsChildren()
    {
        using var block = new Block();
        block.eval();
        Assert.That(block.modules().Select(module => module.training), Is.All.False);
        block.train();
        Assert.That(block.modules().Select(module => module.training), Is.All.True);
    }

    [Test]
    public void RegisterModule_UnderATakenOrDottedName_Throws()
    {
        using var block = new Block();
        using Linear linear = nn.Linear(1, 1);
        Assert.That(() => block.register_module("to_q", linear), Throws.InvalidOperationException);
        Assert.That(() => block.register_module("a.b", linear), Throws.ArgumentException);
    }

    [Test]
    public void Sequential_OfModules_RunsThemInOrderAndNamesThemByNumber()
    {
        using Sequential steps = nn.Sequential(nn.Linear(2, 3), nn.SiLU(), nn.Linear(3, 1, hasBias: false));
        using Tensor input = ones(4, 2);
        long before = Tensor.TotalCount;
        using (Tensor output = steps.call(input))
        {
            Assert.That(output.shape, Is.EqualTo(new long[] { 4, 1 }));
            Assert.That(Tensor.TotalCount, Is.EqualTo(before + 1), "what passed between the steps is disposed of");
        }

        Assert.That(steps.state_dict().Keys, Is.EqualTo(new[] { "0.weight", "0.bias", "2.weight" }));
    }

    [Test]
    public void Embedding_OfNumbers_PicksRows()
    {
        using Embedding embedding = nn.Embedding(4, 2);
        embedding.weight = new Parameter(arange(8, dtype: float32).view(4, 2), requires_grad: false);
        using Tensor numbers = tensor(new long[] { 3, 0 });
        using Tensor rows = embedding.call(numbers);
        Assert.That(rows.data<float>().ToArray(), Is.EqualTo(new[] { 6f, 7, 0, 1 }));
        Assert.That(embedding.state_dict().Keys, Is.EqualTo(new[] { "weight" }));
    }

    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "to_q")]
        private readonly Linear _query = nn.Linear(4, 4);

        private readonly Linear _plain = nn.Linear(4, 4, hasBias: false);

        [ComponentName(Name = "scale")]
        private readonly Parameter _scale = new(ones(4));

        [ComponentName(Name = "table")]
        private readonly Tensor _table = arange(4, dtype: float32);

        [ComponentName(Name = "layers")]
        private readonly ModuleList<Linear> _layers = new(nn.Linear(4, 4), nn.Linear(4, 4));

        public Block()
            : base(nameof(Block))
        {
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor hidden = _plain.call(_query.call(input)) * _scale + _table;
            foreach (Linear layer in _layers)
            {
                hidden = layer.call(hidden);
            }

            return hidden.MoveToOuterDisposeScope();
        }
    }
}
