using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AceStep.Audio;
using AceStep.Generation;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep;

public sealed partial class MusicPipeline
{
    /// <summary>Encodes a source once, so that several tasks can start from it.</summary>
    /// <param name="source">A file or audio; latents are returned as they are.</param>
    /// <param name="progress">Receives a report of each step, on the thread that computes.</param>
    /// <param name="cancellationToken">Cancels the work within one step.</param>
    /// <exception cref="InvalidRequestException">The source has no samples, or samples that are not finite.</exception>
    /// <exception cref="NonFiniteResultException">The codec's output has values that are not finite.</exception>
    public Task<MusicLatents> EncodeAsync(MusicSource source, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return RunAsync(() => Encode(source, progress, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Decodes latents piece by piece, from start to end, so that a player can start before everything is computed. At
    /// 44,100 Hz the joined pieces equal a result's audio up to rounding.
    /// </summary>
    /// <param name="latents">A song's latents.</param>
    /// <param name="sampleRate">44100 or 48000 Hz.</param>
    /// <param name="cancellationToken">Cancels the work within one step.</param>
    /// <remarks>
    /// The pipeline does not wait for the pieces to be read: it is free for the next request as soon as the last piece is
    /// computed. So a loop over the pieces may await other calls of the pipeline. Unread pieces are kept in memory, at most
    /// the whole song. Disposing of the enumeration stops the work.
    /// </remarks>
    /// <example>
    /// <code>
    /// await foreach (AudioBuffer piece in pipeline.DecodeAsync(result.Songs[0].Latents))
    /// {
    ///     Console.WriteLine($"{piece.Duration.TotalSeconds:0.0} s more");
    /// }
    /// </code>
    /// </example>
    public async IAsyncEnumerable<AudioBuffer> DecodeAsync(MusicLatents latents, int sampleRate = 48000, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(latents);
        if (!Capabilities.SampleRates.Contains(sampleRate))
        {
            throw new ArgumentOutOfRangeException(nameof(sampleRate), sampleRate, "The sample rate must be 44100 or 48000.");
        }

        // The pieces reach the caller through a channel, so that no dispose scope is open across a yield. The channel is
        // unbounded: the computing thread must not wait for the caller, who may be waiting for that thread.
        Channel<AudioBuffer> pieces = Channel.CreateUnbounded<AudioBuffer>();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<int> work = RunAsync(() => DecodeInto(pieces.Writer, latents, sampleRate, stop.Token), stop.Token);
        _ = work.ContinueWith(done => pieces.Writer.TryComplete(done.Exception?.InnerException), TaskScheduler.Default);
        try
        {
            await foreach (AudioBuffer piece in pieces.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return piece;
            }

            await work.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await work.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    private MusicLatents Encode(MusicSource source, IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        _stage = MusicStage.EncodingSource;
        (AudioBuffer? audio, MusicLatents? known, _) = source.Open(static _ => { }, cancellationToken);
        if (known is not null)
        {
            return known;
        }

        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        AudioBuffer heard = SourceMaterial.Resample(SourceMaterial.Prepare(audio!, nameof(source)), cancellationToken);
        using Component<MusicCodec>.Lease codec = _parts.Codec.Borrow(progress, cancellationToken);
        Tensor latents = SourceMaterial.Encode(codec.Value, heard, _dtype, progress, cancellationToken);
        return MusicLatents.FromTensor(latents, 0, new Dictionary<string, string> { ["task"] = "encode" });
    }

    private int DecodeInto(ChannelWriter<AudioBuffer> pieces, MusicLatents latents, int sampleRate, CancellationToken cancellationToken)
    {
        _stage = MusicStage.Decoding;
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using Component<MusicCodec>.Lease codec = _parts.Codec.Borrow(progress: null, cancellationToken);
        using SongDecoding decoding = codec.Value.StartDecoding(latents.ToTensor(_device, _dtype), DecodeMode.Windowed, null, cancellationToken);
        StreamingResampler? resampler = sampleRate == LatentFrames.SampleRate ? null : new(LatentFrames.SampleRate, sampleRate, 2);
        int count = 0;
        while (decoding.Next() is { } piece)
        {
            AudioBuffer decoded;
            using (piece)
            {
                FiniteNumbers.Require(piece.Samples, MusicStage.Decoding, "codec", codec.Value.Modules);
                decoded = ToAudio(piece.Samples);
            }

            Hand(resampler?.Push(decoded) ?? decoded);
        }

        if (resampler is not null)
        {
            Hand(resampler.Finish());
        }

        return count;

        void Hand(AudioBuffer piece)
        {
            if (piece.Length > 0)
            {
                pieces.TryWrite(piece);
                count++;
            }
        }
    }

    /// <summary>Decodes latents to audio at the requested rate, one buffer for each song of the batch.</summary>
    private AudioBuffer[] Decode(Tensor latents, int sampleRate, IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        _stage = MusicStage.Decoding;
        using var scope = NewDisposeScope();
        using Component<MusicCodec>.Lease codec = _parts.Codec.Borrow(progress, cancellationToken);
        int items = (int)latents.size(0);
        StageProgress stage = new(progress, MusicStage.Decoding, codec.Value.DecodeSteps(items, latents.size(3), _options.DecodeMode), cancellationToken);
        Tensor samples = codec.Value.Decode(latents, _options.DecodeMode, stage, cancellationToken); // [B, 2, S]
        FiniteNumbers.Require(samples, MusicStage.Decoding, "codec", codec.Value.Modules);
        return [.. Enumerable.Range(0, items).Select(item => Resampler.Resample(ToAudio(samples[item]), sampleRate))];
    }

    /// <summary>Converts samples, [2, S] on any device, to a buffer at the model's rate.</summary>
    private static AudioBuffer ToAudio(Tensor samples)
    {
        using var scope = NewDisposeScope();
        Tensor onHost = samples.to(CPU).contiguous();
        return AudioBuffer.FromPlanar(onHost.data<float>().ToArray(), (int)onHost.size(0), LatentFrames.SampleRate);
    }
}
