using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>Inpainting and continuation: parts of the latents are made anew, the rest is held on the source's own path.</summary>
internal sealed partial class Denoiser
{
    /// <summary>Inpainting (repaint) of the frames from start to end.</summary>
    public Tensor Inpaint(EncoderRows rows, InpaintingRequest request, Tensor source, int start, int end)
    {
        int frames = (int)source.size(3);
        Tensor baseNoise = noise.DrawBase(frames, dtype);
        Tensor mixed = Noise.Vary(baseNoise, noise.DrawVariation(frames, dtype), request.Strength);
        if (end - start == frames && request.Strength > 0)
        {
            // Nothing is kept, so nothing is held: as in the original, this is a variation from noise.
            return Denoise(rows, request, ScheduleOf(request), mixed, NoiseLayout.Contiguous);
        }

        Tensor mask = FrameMask(frames, start, end);
        return Repaint(rows, request, request.Strength, Repeat(source), where(mask, mixed, baseNoise), mask);
    }

    /// <summary>
    /// Continuation (extend) by frames before and after the source. Where everything does not fit into one pass, the kept
    /// context is cut to the part next to what is made, one side at a time, and put back afterwards.
    /// </summary>
    public Tensor Extend(EncoderRows rows, ContinuationRequest request, Tensor source, int before, int after)
    {
        int frames = (int)source.size(3);
        ContinuationNoise drawn = DrawContinuationNoise(frames, before, after);
        if (before + frames + after <= LatentFrames.Maximum)
        {
            return ExtendOnce(rows, request, Repeat(source), drawn.Base, drawn.Before, drawn.After);
        }

        Tensor result = Repeat(source);
        if (before > 0)
        {
            int context = Math.Min(frames, LatentFrames.Maximum - before);
            Tensor extended = ExtendOnce(rows, request, source.narrow(3, 0, context), drawn.Base.narrow(3, 0, context), drawn.Before, null);
            result = cat([extended.narrow(3, 0, before), result], 3);
        }

        if (after > 0)
        {
            int context = Math.Min(frames, LatentFrames.Maximum - after);
            Tensor extended = ExtendOnce(rows, request, source.narrow(3, frames - context, context), drawn.Base.narrow(3, frames - context, context), null, drawn.After);
            result = cat([result, extended.narrow(3, context, after)], 3);
        }

        return result;
    }

    /// <summary>
    /// Both noises are drawn at the source's length, and the pads take the variation noise's first and last frames. A pad
    /// longer than the source, on which the original fails, has the variation noise drawn at its length.
    /// </summary>
    private ContinuationNoise DrawContinuationNoise(int frames, int before, int after)
    {
        Tensor baseNoise = noise.DrawBase(frames, dtype);
        int drawn = Math.Max(frames, Math.Max(before, after));
        Tensor variation = noise.DrawVariation(drawn, dtype);
        return new ContinuationNoise(
            baseNoise,
            before > 0 ? variation.narrow(3, 0, before) : null,
            after > 0 ? variation.narrow(3, drawn - after, after) : null);
    }

    private Tensor ExtendOnce(EncoderRows rows, ContinuationRequest request, Tensor kept, Tensor keptNoise, Tensor? noiseBefore, Tensor? noiseAfter)
    {
        int context = (int)kept.size(3);
        long before = noiseBefore?.size(3) ?? 0;
        long after = noiseAfter?.size(3) ?? 0;
        Tensor padded = nn.functional.pad(Repeat(kept), [before, after]);
        Tensor[] parts = [.. new[] { noiseBefore, keptNoise, noiseAfter }.OfType<Tensor>()];
        Tensor mask = FrameMask((int)(before + context + after), (int)before, (int)before + context).logical_not();
        return Repaint(rows, request, request.Strength, padded, cat(parts, 3), mask);
    }

    /// <summary>The common loop: plain Euler whatever the scheduler, without omega; after each step the rest is put back on the source's path.</summary>
    /// <param name="rows">The conditions.</param>
    /// <param name="request">Guidance and settings.</param>
    /// <param name="variance">How much of the schedule is run, counted from its end.</param>
    /// <param name="source">x0: [B, 8, 16, F].</param>
    /// <param name="start">z0, the noise: [B, 8, 16, F].</param>
    /// <param name="mask">[1, 1, 1, F], true where latents are made anew.</param>
    private Tensor Repaint(EncoderRows rows, GuidedMusicRequest request, double variance, Tensor source, Tensor start, Tensor mask)
    {
        Schedule schedule = ScheduleOf(request);

        // Counted in steps although heun has nearly twice as many evaluations, as in the original.
        int first = (int)(request.Generation.Steps * (1 - variance));
        if (first >= schedule.Evaluations || variance == 0)
        {
            // The original skips every step here and decodes noise.
            Begin([]);
            return source.clone();
        }

        using GuidedModel model = CreateModel(rows, request, schedule, (int)source.size(3));
        StageProgress stage = Begin(model, first, schedule.Evaluations);
        Tensor latents = source.Plus(Noise.Mix(source, start, schedule.NoiseLevel(first))).sub_(source);
        for (int evaluation = first; evaluation < schedule.Evaluations; evaluation++)
        {
            float level = schedule.NoiseLevel(evaluation);
            float nextLevel = schedule.NoiseLevel(evaluation + 1);
            latents = Evaluate(latents, stage, sample =>
            {
                Tensor next = EulerStep.Apply(sample, model.Predict(evaluation, sample), level, nextLevel);
                return where(mask, next, nextLevel == 0 ? source : Noise.Mix(source, start, nextLevel));
            });
        }

        return latents;
    }

    /// <summary>[1, 1, 1, frames], true from start to end.</summary>
    private Tensor FrameMask(int frames, int start, int end)
    {
        bool[] isMarked = new bool[frames];
        isMarked.AsSpan(start..end).Fill(true);
        return tensor(isMarked, [1, 1, 1, frames], device: noise.Device);
    }

    private sealed record ContinuationNoise(Tensor Base, Tensor? Before, Tensor? After);
}
