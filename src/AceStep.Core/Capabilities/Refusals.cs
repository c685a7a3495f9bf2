using System.Globalization;
using AceStep.Schedulers;

namespace AceStep;

/// <summary>What is refused although each field is within its range.</summary>
internal static class Refusals
{
    public static IReadOnlyList<Refusal> All { get; } =
    [
        new("heun-own-steps", "OwnSteps cannot be used with heun", "Heun's second-order steps need its own table.")
        {
            Breaks = request => request.Generation is { OwnSteps.Count: > 0, Scheduler: SchedulerKind.Heun } ? ("Generation.OwnSteps", Text(request.Generation.OwnSteps)) : null,
        },
        new("own-steps-task", "OwnSteps are for text to music and variations", "The other tasks count their steps from a part of the whole schedule.")
        {
            Breaks = request => request.Generation.OwnSteps.Count > 0 && request.Task is not (MusicTask.TextToMusic or MusicTask.Variation)
                ? ("Generation.OwnSteps", Text(request.Generation.OwnSteps)) : null,
        },
        new("own-steps-order", "OwnSteps must be 1 or more, each greater than the one before, at most 10000", "They are picked in order from a schedule of as many steps as the largest.")
        {
            Breaks = request => request.Generation.OwnSteps.Count > 0 && !IsRising(request.Generation.OwnSteps) ? ("Generation.OwnSteps", Text(request.Generation.OwnSteps)) : null,
        },
        new("sample-rate", "SampleRate must be 44100 or 48000", "The model makes 44,100 Hz; the original also offers 48,000.")
        {
            Breaks = request => request.Generation.SampleRate is not (44100 or 48000) ? ("Generation.SampleRate", Text(request.Generation.SampleRate)) : null,
        },
        new("negative-seeds", "Seeds must be 0 or more", "Leave the seed out for one that is drawn.")
        {
            Breaks = request => Seeds(request).Where(field => field.Value.Any(seed => seed < 0))
                .Select(field => ((string Field, string Value)?)(field.Field, field.Value.ToString())).FirstOrDefault(),
        },
        new("seeds", "Seeds must not be more than the batch has items", "Each item of the batch has one seed.")
        {
            Breaks = request => Seeds(request).Where(field => field.Value.Count > request.Generation.BatchSize)
                .Select(field => ((string Field, string Value)?)(field.Field, $"{field.Value} for a batch of {request.Generation.BatchSize}")).FirstOrDefault(),
        },
        new("one-sided-scales", "TextScale and LyricScale must both be above 1, or both be 0", "Double-condition guidance needs both; with one of them the original quietly ignores it.")
        {
            Breaks = request => request is GuidedMusicRequest { Guidance: { IsDoubleCondition: false } guidance } && (guidance.TextScale != 0 || guidance.LyricScale != 0)
                ? ("Guidance.TextScale", $"{Text(guidance.TextScale)} with LyricScale {Text(guidance.LyricScale)}") : null,
        },
        new("continuation-empty", "Before and After must add at least one latent frame (93 ms)", "There is nothing to make.")
        {
            Breaks = request => request is ContinuationRequest continuation && LatentFrames.FromTime(continuation.Before) + LatentFrames.FromTime(continuation.After) == 0
                ? ("After", $"{Text(continuation.After.TotalSeconds)} s with Before {Text(continuation.Before.TotalSeconds)} s") : null,
        },
        new("continuation-length", "Before and After must each leave room for a latent frame of the source in 240 s", "A pass makes 240 s at most, and a continuation needs something to continue.")
        {
            Breaks = request => request is ContinuationRequest continuation && Math.Max(LatentFrames.FromTime(continuation.Before), LatentFrames.FromTime(continuation.After)) >= LatentFrames.Maximum
                ? ("After", $"{Text(continuation.After.TotalSeconds)} s with Before {Text(continuation.Before.TotalSeconds)} s") : null,
        },
        new("inpainting-window", "End must be after Start by at least one latent frame (93 ms)", "There is nothing to make.")
        {
            Breaks = request => request is InpaintingRequest inpainting && LatentFrames.FromTime(inpainting.End) <= LatentFrames.FromTime(inpainting.Start)
                ? ("End", $"{Text(inpainting.End.TotalSeconds)} s with Start {Text(inpainting.Start.TotalSeconds)} s") : null,
        },
        new("style-transfer-window", "To must not be less than From", "The window of steps would be reversed.")
        {
            Breaks = request => request is StyleTransferRequest transfer && transfer.To < transfer.From
                ? ("To", $"{Text(transfer.To)} with From {Text(transfer.From)}") : null,
        },
        new("undefined-choice", "Choices must be members of their enumerations", "Anything else has no meaning.")
        {
            Breaks = UndefinedChoice,
        },
    ];

    private static bool IsRising(IReadOnlyList<int> steps)
    {
        int previous = 0;
        foreach (int step in steps)
        {
            if (step <= previous || step > 10_000)
            {
                return false;
            }

            previous = step;
        }

        return true;
    }

    private static IEnumerable<(string Field, Seeds Value)> Seeds(MusicRequest request)
    {
        yield return ("Seed", request.Seed);
        Seeds? variation = request switch
        {
            VariationRequest variationRequest => variationRequest.VariationSeed,
            ContinuationRequest continuation => continuation.VariationSeed,
            InpaintingRequest inpainting => inpainting.VariationSeed,
            StyleTransferRequest transfer => transfer.VariationSeed,
            _ => null,
        };
        if (variation is not null)
        {
            yield return ("VariationSeed", variation);
        }
    }

    private static (string Field, string Value)? UndefinedChoice(MusicRequest request)
    {
        if (!Enum.IsDefined(request.Generation.Scheduler))
        {
            return ("Generation.Scheduler", request.Generation.Scheduler.ToString());
        }

        return request switch
        {
            GuidedMusicRequest { Guidance.Kind: var kind } when !Enum.IsDefined(kind) => ("Guidance.Kind", kind.ToString()),
            AccompanimentRequest { Style: var style } when !Enum.IsDefined(style) => ("Style", style.ToString()),
            ContinuationRequest { SourceBlend: var blend } when !Enum.IsDefined(blend) => ("SourceBlend", blend.ToString()),
            InpaintingRequest { SourceBlend: var blend } when !Enum.IsDefined(blend) => ("SourceBlend", blend.ToString()),
            _ => null,
        };
    }

    private static string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static string Text(IReadOnlyList<int> values) => string.Join(",", values.Take(20)) + (values.Count > 20 ? ",..." : "");
}
