using System.Reflection;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests;

/// <summary>Operators against small values worked out by hand: each argument arrives in its place.</summary>
public sealed class OperatorTests
{
    private const double Tolerance = 1e-6;
    private DisposeScope _scope = null!;

    [SetUp]
    public void Open() => _scope = NewDisposeScope();

    [TearDown]
    public void Close() => _scope.Dispose();

    [Test]
    public void Operators_ThatAreNamed_AreKnownToThisLibtorch()
    {
        StandIn.Require();
        // Composed where a libtorch lacks them.
        string[] optional = ["ScaledDotProductAttention"];
        FieldInfo[] operators = StandIn.Assembly.GetType("TorchSharp.Native.Aten")!.GetFields(BindingFlags.Public | BindingFlags.Static);
        Assert.That(operators, Is.Not.Empty);
        string[] unknown =
        [
            .. operators
                .Where(field => !(bool)field.FieldType.GetProperty("Exists")!.GetValue(field.GetValue(null))!)
                .Select(field => field.Name)
                .Except(optional),
        ];
        Assert.That(unknown, Is.Empty);
    }

    [Test]
    public void Arithmetic_OfBroadcastShapes_Broadcasts()
    {
        Tensor column = tensor(new[] { 1f, 2f }, new long[] { 2, 1 });
        Tensor row = tensor(new[] { 10f, 20f, 30f });
        Expect(column + row, [11, 21, 31, 12, 22, 32]);
        Expect(column * row, [10, 20, 30, 20, 40, 60]);
        Expect(row - column, [9, 19, 29, 8, 18, 28]);
        Expect(row / column, [10, 20, 30, 5, 10, 15]);
    }

    [Test]
    public void Arithmetic_OfNumbersOnEitherSide_KeepsTheirOrder()
    {
        Tensor numbers = tensor(new[] { 1f, 2f, 4f });
        Expect(10 - numbers, [9, 8, 6]);
        Expect(numbers - 10, [-9, -8, -6]);
        Expect(8 / numbers, [8, 4, 2]);
        Expect(numbers / 8, [0.125, 0.25, 0.5]);
        Expect(-numbers, [-1, -2, -4]);
        Expect(numbers % 3, [1, 2, 1]);
        Expect(2.5 * numbers + 0.5, [3, 5.5, 10.5]);
        Expect(numbers.add(numbers, 3), [4, 8, 16]);
        Expect(numbers.pow(2), [1, 4, 16]);
        Expect(numbers.div(3, RoundingMode.floor), [0, 0, 1]);
        Expect((-numbers).div(3, RoundingMode.trunc), [0, 0, -1]);
        Expect(numbers.remainder(tensor(new[] { 1f, 3f, 3f })), [0, 2, 1]);
    }

    [Test]
    public void InPlace_Operations_ReturnTheirTensor()
    {
        Tensor numbers = tensor(new[] { 1f, 2f, 4f });
        Assert.That(numbers.add_(1).mul_(2).sub_(tensor(new[] { 1f, 1f, 1f })).div_(3), Is.SameAs(numbers));
        Expect(numbers, [1, 5 / 3.0, 3]);
        numbers.zero_().fill_(2).addcmul_(numbers, numbers, 0.5);
        Expect(numbers, [4, 4, 4]);
        numbers.copy_(tensor(new long[] { 7, 8, 9 })).clamp_(7.5, 8.5);
        Expect(numbers, [7.5, 8, 8.5]);
    }

    [Test]
    public void Comparison_OfNumbersOnEitherSide_KeepsTheirOrder()
    {
        Tensor numbers = tensor(new[] { 1f, 2f, 3f });
        Expect((numbers < 2).to(float32), [1, 0, 0]);
        Expect((2 < numbers).to(float32), [0, 0, 1]);
        Expect((numbers >= 2).to(float32), [0, 1, 1]);
        Expect((numbers == 2).to(float32), [0, 1, 0]);
        Expect((numbers != tensor(new[] { 1f, 0f, 3f })).to(float32), [0, 1, 0]);
        Expect(where(numbers > 1.5, numbers, zeros_like(numbers)), [0, 2, 3]);
        Expect(maximum(numbers, 4 - numbers), [3, 2, 3]);
    }

    [Test]
    public void Reductions_AlongDimensions_KeepOrDropThem()
    {
        Tensor grid = arange(6, dtype: float32).view(2, 3);
        // Not sum(0): a literal zero is an element type too, and C# prefers that overload.
        Expect(grid.sum([0]), [3, 5, 7]);
        Assert.That(grid.sum(1, keepdim: true).shape, Is.EqualTo(new long[] { 2, 1 }));
        Expect(grid.sum([0, 1]), [15]);
        Expect(grid.mean([-1]), [1, 4]);
        Expect(grid.mean([-1], keepdim: true, type: float64).to(float32), [1, 4]);
        Expect(grid.std(1), [1, 1]);
        Expect(grid.std(1, unbiased: false), [Math.Sqrt(2 / 3.0), Math.Sqrt(2 / 3.0)]);
        Expect(grid.var([0, 1], unbiased: false), [35 / 12.0]);
        Expect(grid.norm(1), [Math.Sqrt(5), Math.Sqrt(50)]);
        Expect(grid.norm(), [Math.Sqrt(55)]);
        (Tensor values, Tensor indexes) = grid.max(1);
        Expect(values, [2, 5]);
        Expect(indexes.to(float32), [2, 2]);
        Expect(grid.argmax(0).to(float32), [1, 1, 1]);
        Expect(grid.cumsum(1), [0, 1, 3, 3, 7, 12]);
        Expect((grid > 0).all(1).to(float32), [0, 1]);
        Expect(grid.softmax(-1).sum(-1), [1, 1]);
    }

    [Test]
    public void Shapes_Rearranged_AreViewsWhereTheyCanBe()
    {
        Tensor grid = arange(6, dtype: float32).view(2, 3);
        Expect(grid.permute(1, 0), [0, 3, 1, 4, 2, 5]);
        Expect(grid.flip(1), [2, 1, 0, 5, 4, 3]);
        Expect(grid.roll(1, 1), [2, 0, 1, 5, 3, 4]);
        Expect(grid.repeat(1, 2)[0], [0, 1, 2, 0, 1, 2]);
        Expect(grid.repeat_interleave(2, 1)[0], [0, 0, 1, 1, 2, 2]);
        Expect(grid.narrow(1, 1, 2), [1, 2, 4, 5]);
        Expect(grid.unfold(1, 2, 1)[1], [3, 4, 4, 5]);
        Assert.That(grid.unsqueeze(1).expand(2, 5, 3).shape, Is.EqualTo(new long[] { 2, 5, 3 }));
        Assert.That(grid.unsqueeze(0).unsqueeze(-1).squeeze().shape, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(grid.unflatten(1, 3, 1).flatten(1).shape, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(grid.split(new long[] { 1, 2 }, 1).Select(part => part.size(1)), Is.EqualTo(new long[] { 1, 2 }));
        Assert.That(grid.chunk(3, 1).Select(part => part.size(1)), Is.EqualTo(new long[] { 1, 1, 1 }));
        Assert.That(grid.unbind(1).Select(part => part.sum().item<float>()), Is.EqualTo(new[] { 3f, 5f, 7f }));
        Assert.That(arange(20).chunk(20).Length, Is.EqualTo(20), "more results than travel at once");
        Expect(cat([grid, grid], 1)[0], [0, 1, 2, 0, 1, 2]);
        Assert.That(stack([grid, grid], 1).shape, Is.EqualTo(new long[] { 2, 2, 3 }));
        Assert.That(grid.T.stride(), Is.EqualTo(new long[] { 1, 3 }));
    }

    [Test]
    public void Factories_OfEachForm_GiveWhatTheySay()
    {
        Expect(arange(1, 2, 0.25), [1, 1.25, 1.5, 1.75]);
        Assert.That(arange(3).dtype, Is.EqualTo(int64));
        Expect(linspace(0, 1, 5), [0, 0.25, 0.5, 0.75, 1]);
        Expect(full(2, 2, 3.5), [3.5, 3.5, 3.5, 3.5]);
        Expect(eye(2), [1, 0, 0, 1]);
        Assert.That(randint(5, [100]).max().item<long>(), Is.InRange(0, 4));
        Assert.That(randperm(10).sum().item<long>(), Is.EqualTo(45));
        Assert.That(zeros_like(ones(2, dtype: float64)).dtype, Is.EqualTo(float64));
        Expect(hann_window(4), [0, 0.5, 1, 0.5]);
    }

    [Test]
    public void Products_OfMatrices_AreTheirs()
    {
        Tensor a = tensor(new[] { 1f, 2f, 3f, 4f }, new long[] { 2, 2 });
        Expect(a.matmul(a), [7, 10, 15, 22]);
        Expect(einsum("ij,jk->ki", a, a), [7, 15, 10, 22]);
        Expect(outer(tensor(new[] { 1f, 2f }), tensor(new[] { 3f, 4f })), [3, 4, 6, 8]);
        Expect(baddbmm(ones(1, 2, 2), a.unsqueeze(0), a.unsqueeze(0), beta: 2, alpha: 0.5f), [5.5, 7, 9.5, 13]);
    }

    [Test]
    public void Convolutions_OfSmallInputs_EqualSumsByHand()
    {
        Tensor signal = tensor(new[] { 1f, 2f, 3f, 4f }, new long[] { 1, 1, 4 });
        Tensor kernel = tensor(new[] { 1f, 0f, -1f }, new long[] { 1, 1, 3 });
        Expect(F.conv1d(signal, kernel), [-2, -2]);
        Expect(F.conv1d(signal, kernel, tensor(new[] { 10f }), stride: 2, padding: 1), [8, 8]);
        Expect(F.conv1d(signal, kernel, dilation: 1, padding: 1), [-2, -2, -2, 3]);
        Expect(F.conv_transpose1d(signal, kernel, stride: 2), [1, 0, 1, 0, 1, 0, 1, 0, -4]);
        Expect(F.conv_transpose1d(signal, kernel, stride: 2, padding: 1, output_padding: 1), [0, 1, 0, 1, 0, 1, 0, -4]);
        Tensor image = arange(9, dtype: float32).view(1, 1, 3, 3);
        Expect(F.conv2d(image, ones(1, 1, 2, 2)), [8, 12, 20, 24]);
        Expect(F.conv2d(image.expand(1, 2, 3, 3), ones(2, 1, 3, 3), groups: 2), [36, 36]);
    }

    [Test]
    public void Convolution_OfEachPaddingMode_PadsAsTheFunctionDoes()
    {
        using Modules.Conv1d convolution = nn.Conv1d(1, 1, 3, padding: 1, padding_mode: PaddingModes.Replicate, bias: false);
        convolution.weight = new Modules.Parameter(ones(1, 1, 3), requires_grad: false);
        Expect(convolution.call(tensor(new[] { 1f, 2f, 4f }, new long[] { 1, 1, 3 })), [4, 7, 10]);
        using Modules.Conv1d same = nn.Conv1d(1, 1, 3, Padding.Same, bias: false);
        same.weight = new Modules.Parameter(ones(1, 1, 3), requires_grad: false);
        Expect(same.call(tensor(new[] { 1f, 2f, 4f }, new long[] { 1, 1, 3 })), [3, 7, 6]);
        Assert.That(() => same.call(ones(1, 2, 3)), Throws.ArgumentException.With.Message.Contains("1 channels"));
    }

    [Test]
    public void Pad_OfEachMode_LooksBeyondTheEdge()
    {
        Tensor row = tensor(new[] { 1f, 2f, 3f }, new long[] { 1, 1, 3 });
        Expect(F.pad(row, new long[] { 2, 1 }), [0, 0, 1, 2, 3, 0]);
        Expect(F.pad(row, (1, 1), value: 9), [9, 1, 2, 3, 9]);
        Expect(F.pad(row, (2, 1), PaddingModes.Reflect), [3, 2, 1, 2, 3, 2]);
        Expect(F.pad(row, (2, 1), PaddingModes.Replicate), [1, 1, 1, 2, 3, 3]);
        Expect(F.pad(row, (1, 1), PaddingModes.Circular), [3, 1, 2, 3, 1]);
    }

    [Test]
    public void Norms_OfSmallInputs_EqualTheFormulas()
    {
        Tensor rows = tensor(new[] { 1f, 3f, 2f, 6f }, new long[] { 2, 2 });
        Expect(F.layer_norm(rows, [2], eps: 0), [-1, 1, -1, 1]);
        Expect(F.layer_norm(rows, [2], tensor(new[] { 2f, 3f }), tensor(new[] { 1f, 1f }), eps: 0), [-1, 4, -1, 4]);
        Expect(F.group_norm(rows.view(1, 4, 1), 2, eps: 0), [-1, 1, -1, 1]);
        Expect(F.layer_norm(rows, [2], eps: 3), [-0.5, 0.5, -2 / Math.Sqrt(7), 2 / Math.Sqrt(7)]);
        Expect(F.normalize(rows), [1 / Math.Sqrt(10), 3 / Math.Sqrt(10), 1 / Math.Sqrt(10), 3 / Math.Sqrt(10)]);
    }

    [Test]
    public void Activations_AtOne_EqualTheFormulas()
    {
        Tensor one = tensor(new[] { 1f });
        Expect(F.silu(one), [1 / (1 + Math.Exp(-1))]);
        Expect(F.gelu(one), [0.841344746]);
        Expect(F.gelu(one, Modules.GELU.Approximate.tanh), [0.841191990]);
        Expect(F.relu(-one), [0]);
        Expect(F.softplus(one), [Math.Log(1 + Math.E)]);
        Expect(F.leaky_relu(-one, 0.1), [-0.1]);
        Expect(one.sigmoid(), [1 / (1 + Math.Exp(-1))]);
        Expect(F.silu(one, inplace: true), [1 / (1 + Math.Exp(-1))]);
        Expect(one, [1 / (1 + Math.Exp(-1))]);
    }

    [Test]
    public void PixelShuffle_AndBack_IsTheSame()
    {
        Tensor image = arange(16, dtype: float32).view(1, 4, 2, 2);
        Tensor shuffled = F.pixel_shuffle(image, 2);
        Expect(shuffled[0, 0, 0], [0, 4, 1, 5]);
        Expect(F.pixel_unshuffle(shuffled, 2), image.data<float>().Select(value => (double)value).ToArray());
    }

    [Test]
    public void Interpolate_Nearest_RepeatsPixels()
    {
        Tensor image = arange(4, dtype: float32).view(1, 1, 2, 2);
        Expect(F.interpolate(image, scale_factor: [2, 2])[0, 0, 1], [0, 0, 1, 1]);
        Expect(F.interpolate(image, size: [2, 4])[0, 0, 1], [2, 2, 3, 3]);
        Expect(F.interpolate(image[0], size: [3], mode: InterpolationMode.Linear, align_corners: true)[0, 0], [0, 0.5, 1]);
    }

    [TestCase(4)]
    [TestCase(1030)]
    public void Attention_OfEachMask_EqualsSoftmaxOfTheScores(int queries)
    {
        manual_seed(1).Dispose();
        Tensor query = randn(2, 3, queries, 8);
        Tensor key = randn(2, 3, 5, 8);
        Tensor value = randn(2, 3, 5, 6);
        Tensor scores = query.matmul(key.transpose(-2, -1)) / Math.Sqrt(8);
        Same(F.scaled_dot_product_attention(query, key, value), scores.softmax(-1).matmul(value));

        Tensor open = tensor(new[] { true, true, false, true, false });
        Tensor bias = zeros(5).masked_fill(open.logical_not(), double.NegativeInfinity);
        Tensor expected = (scores + bias).softmax(-1).matmul(value);
        Same(F.scaled_dot_product_attention(query, key, value, open.expand(queries, 5)), expected);
        Same(F.scaled_dot_product_attention(query, key, value, bias.expand(queries, 5)), expected);
        Same(F.scaled_dot_product_attention(query, key, value, bias.view(1, 1, 1, 5)), expected);

        Tensor triangle = zeros(queries, 5).masked_fill(ones(queries, 5, dtype: @bool).tril().logical_not(), double.NegativeInfinity);
        Same(F.scaled_dot_product_attention(query, key, value, is_casual: true), (scores + triangle).softmax(-1).matmul(value));
    }

    [Test]
    public void Attention_OfAQueryThatMayLookAtNothing_IsZero()
    {
        Tensor any = ones(1, 1, 2, 4);
        Tensor mask = tensor(new[] { true, true, false, false }, new long[] { 2, 2 });
        Tensor result = F.scaled_dot_product_attention(any, any, any, mask);
        Expect(result[0, 0, 0], [1, 1, 1, 1]);
        Expect(result[0, 0, 1], [0, 0, 0, 0]);
    }

    [Test]
    public void Stft_OfACosine_PeaksAtItsFrequency()
    {
        Tensor signal = (arange(256, dtype: float32) * (2 * Math.PI * 8 / 64)).cos();
        Tensor spectrum = signal.stft(64, 16, 64, hann_window(64), return_complex: true).abs();
        Assert.That(spectrum.shape, Is.EqualTo(new long[] { 33, 17 }));
        Assert.That(spectrum[.., 8].argmax().item<long>(), Is.EqualTo(8));
        // A cosine of amplitude one under a Hann window: half the window's sum.
        Assert.That(spectrum[8, 8].item<float>(), Is.EqualTo(16).Within(1e-4));
    }

    [Test]
    public void IndexOperations_OfRows_PickAndPut()
    {
        Tensor grid = arange(6, dtype: float32).view(3, 2);
        Expect(grid.index_select(0, tensor(new long[] { 2, 0 })), [4, 5, 0, 1]);
        Expect(grid.gather(1, tensor(new long[] { 1, 0, 1 }, new long[] { 3, 1 })), [1, 2, 5]);
        Expect(grid.masked_fill(grid > 3, -1), [0, 1, 2, 3, -1, -1]);
        Expect(zeros(3).scatter_(0, tensor(new long[] { 2 }), tensor(new[] { 5f })), [0, 0, 5]);
        (Tensor values, _) = grid.flatten().topk(2);
        Expect(values, [5, 4]);
    }

    private static void Expect(Tensor actual, double[] expected) =>
        Assert.That(actual.contiguous().data<float>().ToArray(), Is.EqualTo(expected).Within(Tolerance));

    private static void Same(Tensor actual, Tensor expected)
    {
        Assert.That(actual.shape, Is.EqualTo(expected.shape));
        Assert.That((actual - expected).abs().max().item<float>(), Is.LessThan(1e-5));
    }
}
