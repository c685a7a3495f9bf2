using TorchSharp;

namespace AceStep.Models.Tests;

public sealed class Umt5EncoderTests
{
    [Test]
    public void Parameters_ReleasedConfig_AreTheReleasedTensors()
    {
        using Umt5Encoder encoder = new(Umt5Config.Load(ReleasedData.ConfigPath("umt5-base")));

        Dictionary<string, string> actual = encoder.named_parameters()
            .ToDictionary(entry => entry.name, entry => string.Join(",", entry.parameter.shape));
        Assert.That(actual, Is.EquivalentTo(ReleasedData.Tensors("umt5-base").ShapesByName()));
        Assert.That(encoder.named_parameters().Select(entry => entry.parameter.device_type), Is.All.EqualTo(DeviceType.META));
        Assert.That(encoder.named_buffers(), Is.Empty);
    }

    [Test]
    public void Bucket_EveryDistance_FollowsTheKnownThresholds()
    {
        (int From, int Offset)[] thresholds = [(8, 8), (12, 9), (16, 10), (23, 11), (32, 12), (46, 13), (64, 14), (91, 15)];
        for (int distance = 0; distance <= 511; distance++)
        {
            int offset = distance < 8 ? distance : thresholds.Last(threshold => threshold.From <= distance).Offset;
            Assert.That(Umt5Pass.Bucket(-distance, 32, 128), Is.EqualTo(offset), $"distance {-distance}");
            Assert.That(Umt5Pass.Bucket(distance, 32, 128), Is.EqualTo(distance == 0 ? 0 : 16 + offset), $"distance {distance}");
        }
    }
}
