using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

// Music to latents.
public sealed partial class MusicCodec
{
    /// <summary>The latents of music. Longer music is taken in windows, with the same result up to rounding.</summary>
    /// <param name="audio">
    /// [B, 2, S] in float32 at <see cref="SampleRate"/>, any S from 1 on; stays the caller's. It is lengthened by silence to a
    /// multiple of <see cref="SamplesPerFrame"/>.
    /// </param>
    /// <param name="stepsDone">Told of each of the <see cref="EncodeSteps"/> as it is done, by its number from 1 on.</param>
    /// <param name="cancellationToken">Looked at after each step.</param>
    /// <returns>[B, 8, 16, F] in float32 on the codec's device.</returns>
    /// <exception cref="ArgumentException">The audio has another shape or type.</exception>
    /// <exception cref="OperationCanceledException">Encoding was cancelled.</exception>
    /// <remarks>
    /// Beside copies of the audio, what is held in proportion to the length is the deepest stage's input: at the released sizes
    /// 64 KiB a frame, 0.7 MB a second.
    /// </remarks>
    public Tensor Encode(Tensor audio, IProgress<int>? stepsDone = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(audio);
        if (audio.dim() != 3 || audio.size(0) < 1 || audio.size(1) != AudioChannels || audio.size(2) < 1 || audio.dtype != float32)
        {
            throw new ArgumentException(
                $"The audio must be [items, {AudioChannels}, samples] in float32 with at least one item and sample; it is [{string.Join(", ", audio.shape)}] in {audio.dtype}.",
                nameof(audio));
        }

        using var scope = NewDisposeScope();
        WorkSteps steps = new(stepsDone, cancellationToken);
        List<Tensor> latents = [];
        for (long item = 0; item < audio.size(0); item++)
        {
            latents.Add(EncodeItem(audio[item].to(_device), steps));
        }

        return cat(latents, 0).MoveToOuterDisposeScope();
    }

    /// <summary>The number of steps that <see cref="Encode"/> reports.</summary>
    /// <param name="items">The number of items in the batch.</param>
    /// <param name="samples">The samples of each.</param>
    public int EncodeSteps(long items, long samples)
    {
        AttentionPlan plan = PlanEncoding(FramesOf(samples));
        return checked((int)(items * (plan.Steps + (plan.Windows.Count * _autoencoder.Encoder.EntrySteps))));
    }

    private long FramesOf(long samples) => (samples + SamplesPerFrame - 1) / SamplesPerFrame;

    private AttentionPlan PlanEncoding(long frames)
    {
        FrameRange[] windows = FrameRange.Split(frames, UsesWindows(frames, DecodeMode.Auto) ? WindowFrames : frames);
        return new AttentionPlan(
            windows, _autoencoder.Encoder.AttentionBlocks, AutoencoderEncoder.ExitReach, HiddenFrameBytes(_autoencoderConfig.EncoderStages));
    }

    // audio: [2, S]
    private Tensor EncodeItem(Tensor audio, WorkSteps steps)
    {
        using var scope = NewDisposeScope();
        AutoencoderEncoder encoder = _autoencoder.Encoder;
        long frames = FramesOf(audio.size(1));
        Tensor padded = _spectrogram.Pad(nn.functional.pad(audio, (0, (frames * SamplesPerFrame) - audio.size(1))));
        AttentionPlan plan = PlanEncoding(frames);

        // The part before the attention is most of the work, so its result is held even where the attention keeps nothing.
        List<Tensor> entries = [];
        foreach (FrameRange window in plan.Windows)
        {
            entries.Add(ForwardEntry(padded, window, frames, steps));
        }

        Tensor hidden = cat(entries, -1); // [1, C, 16, F]
        entries.ForEach(part => part.Dispose());
        using WindowedAttention attention = new(encoder.AttentionBlocks, plan, range => range.Of(hidden), steps);
        attention.Gather();

        List<Tensor> latents = [];
        for (int window = 0; window < plan.Windows.Count; window++)
        {
            using var windowScope = NewDisposeScope();
            Tensor encoded = encoder.ForwardExit(attention.Forward(window));
            latents.Add(plan.Windows[window].Of(encoded, plan.Results[window]).to(float32).MoveToOuterDisposeScope());
        }

        return cat(latents, -1).contiguous().AddInPlace(-LatentShift).MultiplyInPlace(LatentScale).MoveToOuterDisposeScope();
    }

    private Tensor ForwardEntry(Tensor padded, FrameRange window, long frames, WorkSteps steps)
    {
        using var scope = NewDisposeScope();
        FrameRange wide = window.Widen(_autoencoder.Encoder.EntryReach, frames);
        FrameRange melFrames = wide.Times(_autoencoderConfig.Downsampling);
        Tensor mel = _spectrogram.Frames(padded, melFrames.Start, melFrames.Length); // [2, bins, frames]
        Tensor normalized = mel.AddInPlace(-MelMinimum).DivideInPlace(MelMaximum - MelMinimum).AddInPlace(-0.5).DivideInPlace(0.5).to(_dtype);
        return window.Of(_autoencoder.Encoder.ForwardEntry(normalized.unsqueeze(0), steps), wide).MoveToOuterDisposeScope();
    }
}
