using AceStep.Audio;

namespace AceStep;

/// <summary>
/// What makes music of requests: a loaded <see cref="MusicPipeline"/>, one that a host loads when it is first needed
/// (<c>AddMusicPipeline</c> of the package AceStep.Extensions.DependencyInjection), or what a test of a program puts in its
/// place.
/// </summary>
/// <remarks>Implementations are thread-safe: several requests may be made at once.</remarks>
public interface IMusicPipeline
{
    /// <summary>Computes a request of any task.</summary>
    /// <param name="request">What to make.</param>
    /// <param name="progress">Told of each stage and step.</param>
    /// <param name="cancellationToken">Stops the work within one step.</param>
    /// <returns>The songs, one for each item of the batch.</returns>
    /// <exception cref="InvalidRequestException">A field of the request breaks a rule.</exception>
    Task<MusicResult> GenerateAsync(MusicRequest request, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Encodes a source once, so that several tasks can start from it.</summary>
    /// <param name="source">A file or audio; latents come back as they are.</param>
    /// <param name="progress">Told of each step.</param>
    /// <param name="cancellationToken">Stops the work within one step.</param>
    Task<MusicLatents> EncodeAsync(MusicSource source, IProgress<MusicProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Decodes latents piece by piece, in the order of time, so that a player can start before the end is computed.</summary>
    /// <param name="latents">A song's latents.</param>
    /// <param name="sampleRate">44100 or 48000 Hz.</param>
    /// <param name="cancellationToken">Stops the work within one step.</param>
    IAsyncEnumerable<AudioBuffer> DecodeAsync(MusicLatents latents, int sampleRate = 48000, CancellationToken cancellationToken = default);
}
