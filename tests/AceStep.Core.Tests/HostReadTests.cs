using System.Diagnostics.Metrics;
using AceStep.Schedulers;

namespace AceStep.Core.Tests;

/// <summary>Between the first and the last step nothing is read back to the host.</summary>
/// <remarks>The stand-in for TorchSharp counts its reads; the package does not, and the test is skipped under it.</remarks>
public sealed class HostReadTests : PipelineFixture
{
    [Test]
    public async Task Generate_BetweenFirstAndLastStep_ReadsNothingBack([Values] SchedulerKind scheduler, [Values] GuidanceKind guidance)
    {
        long reads = 0;
        bool isCounted = false;
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "TorchSharp.StandIn")
            {
                isCounted = true;
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref reads, count));
        listener.Start();
        if (!isCounted)
        {
            Assert.Ignore("This TorchSharp does not count its reads.");
        }

        long atFirst = -1;
        long atLast = -1;
        await Pipeline.GenerateAsync(
            TextToMusic with { Generation = Quick with { Scheduler = scheduler, Steps = 6 }, Guidance = new() { Kind = guidance } },
            new Observer(report =>
            {
                if (report.Stage == MusicStage.Denoising)
                {
                    atFirst = report.Completed == 0 ? Interlocked.Read(ref reads) : atFirst;
                    atLast = Interlocked.Read(ref reads);
                }
            }));

        Assert.That(atFirst, Is.GreaterThanOrEqualTo(0));
        Assert.That(atLast - atFirst, Is.Zero, "reads within the loop");
        Assert.That(reads, Is.GreaterThan(atLast), "the song itself is read, so reads are counted");
    }

    private sealed class Observer(Action<MusicProgress> action) : IProgress<MusicProgress>
    {
        public void Report(MusicProgress value) => action(value);
    }
}
