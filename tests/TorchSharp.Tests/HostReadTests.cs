using System.Diagnostics.Metrics;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>The stand-in counts what makes the host wait for the device, and nothing else.</summary>
[NonParallelizable]
public sealed class HostReadTests
{
    private static readonly TestCaseData[] Reads =
    [
        new TestCaseData((Action<Tensor>)(tensor => tensor.sum().item<float>())) { TestName = "Item" },
        new TestCaseData((Action<Tensor>)(tensor => tensor.data<float>())) { TestName = "Data" },
        new TestCaseData((Action<Tensor>)(tensor => tensor.cpu())) { TestName = "Cpu" },
        new TestCaseData((Action<Tensor>)(tensor => _ = tensor.bytes.Length)) { TestName = "Bytes" },
        new TestCaseData((Action<Tensor>)(tensor => tensor.sum().ToSingle())) { TestName = "ToSingle" },
        new TestCaseData((Action<Tensor>)(tensor => tensor.allclose(tensor))) { TestName = "AllClose" },
        new TestCaseData((Action<Tensor>)(tensor => tensor.masked_select(tensor > 0))) { TestName = "MaskedSelect" },
        new TestCaseData((Action<Tensor>)(tensor => _ = tensor[TensorIndex.Tensor(tensor > 0)])) { TestName = "IndexByMask" },
    ];

    [TestCaseSource(nameof(Reads))]
    public void Read_ByTheHost_IsCountedOnce(Action<Tensor> read) => Assert.That(Count(read), Is.EqualTo(1));

    [Test]
    public void Work_OnTheDevice_IsNotCounted() =>
        Assert.That(
            Count(tensor =>
            {
                _ = (tensor * 2 + 1).softmax(-1)[.., 1..].to(float64).to(CPU).contiguous().shape;
                _ = tensor.index_select(1, arange(2));
                _ = tensor.ToString();
            }),
            Is.Zero);

    private static long Count(Action<Tensor> action)
    {
        StandIn.Require();
        long reads = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument is { Meter.Name: "TorchSharp.StandIn", Name: "host-reads" })
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref reads, value));
        listener.Start();
        using DisposeScope scope = NewDisposeScope();
        action(ones(2, 3));
        return reads;
    }
}
