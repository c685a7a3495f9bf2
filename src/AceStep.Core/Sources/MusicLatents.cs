using System.Text.Json.Serialization;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>
/// A song before decoding: float32 values of 8 channels x 16 rows x frames, 93 ms a frame. Immutable. The latents of a
/// result can be the source of another task, and need not be encoded again.
/// </summary>
[JsonConverter(typeof(MusicLatentsJsonConverter))]
public sealed partial class MusicLatents
{
    private readonly float[] _values;

    private MusicLatents(float[] values, IReadOnlyDictionary<string, string> settings)
    {
        _values = values;
        Settings = settings;
    }

    /// <summary>Latent frames: 4096 samples at 44,100 Hz each.</summary>
    public int Frames => _values.Length / (LatentFrames.Channels * LatentFrames.Rows);

    /// <summary>The length of the song.</summary>
    public TimeSpan Duration => LatentFrames.ToTime(Frames);

    /// <summary>The values, in the order [channel, row, frame] with the frame changing fastest.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>The settings that the song was made with, as text: task, prompt, seed, ... May be empty.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Creates latents from values in the order of <see cref="Values"/>.</summary>
    /// <param name="values">8 x 16 x frames finite numbers, at least one frame.</param>
    /// <param name="settings">The settings that the song was made with.</param>
    /// <exception cref="ArgumentException">The values are not a whole number of frames, at least one, or a value is not finite.</exception>
    public static MusicLatents Create(ReadOnlySpan<float> values, IReadOnlyDictionary<string, string>? settings = null)
    {
        const int FrameSize = LatentFrames.Channels * LatentFrames.Rows;
        if (values.IsEmpty || values.Length % FrameSize != 0)
        {
            throw new ArgumentException($"Latents must be at least one frame of 8 x 16 values, and whole frames; there are {FieldText.Of(values.Length)} values.", nameof(values));
        }

        int wrong = values.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        if (wrong >= 0)
        {
            throw new ArgumentException($"Latents must be finite; value {FieldText.Of(wrong)} is {FieldText.Of(values[wrong])}.", nameof(values));
        }

        return new MusicLatents(values.ToArray(), settings is null ? new Dictionary<string, string>() : new Dictionary<string, string>(settings));
    }

    /// <summary>Copies one item of a batch of latents.</summary>
    internal static MusicLatents FromTensor(Tensor latents, int item, IReadOnlyDictionary<string, string> settings)
    {
        using var scope = NewDisposeScope();
        Tensor values = latents[item].to(float32, CPU).contiguous();
        return new MusicLatents(values.data<float>().ToArray(), settings);
    }

    /// <summary>The latents as a contiguous tensor [1, 8, 16, frames].</summary>
    internal Tensor ToTensor(Device device, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        Tensor values = torch.tensor(_values, [1, LatentFrames.Channels, LatentFrames.Rows, Frames], dtype: float32);
        return values.to(dtype, device).MoveToOuterDisposeScope();
    }
}

/// <summary>Converts between time and latent frames: one frame is 4096 samples at 44,100 Hz, so there are 10.77 frames a second.</summary>
internal static class LatentFrames
{
    /// <summary>The number of channels of latents.</summary>
    public const int Channels = 8;

    /// <summary>The number of rows of latents, which are frequency bands.</summary>
    public const int Rows = 16;

    /// <summary>Samples at the model's rate for each latent frame.</summary>
    public const int Samples = 4096;

    /// <summary>The model's sample rate in Hz.</summary>
    public const int SampleRate = 44100;

    /// <summary>The longest song in one pass, in seconds.</summary>
    public const double LongestSeconds = 240;

    /// <summary>The shortest song in seconds: one latent frame, rounded up to a tick (100 ns).</summary>
    public const double ShortestSeconds = 0.0928799;

    /// <summary>The longest song in one pass.</summary>
    public static readonly TimeSpan MaximumDuration = TimeSpan.FromSeconds(LongestSeconds);

    /// <summary>The shortest song.</summary>
    public static readonly TimeSpan MinimumDuration = TimeSpan.FromSeconds(ShortestSeconds);

    /// <summary>Frames of the longest song.</summary>
    public static readonly int Maximum = FromTime(MaximumDuration);

    /// <summary>The whole frames in a time, rounded down. The divisions have the original's order, since rounding decides at the edge of a frame.</summary>
    public static int FromTime(TimeSpan time) => (int)(time.TotalSeconds * SampleRate / 512 / 8);

    /// <summary>The number of frames of audio, rounded up.</summary>
    /// <param name="samples">The audio's length in samples.</param>
    /// <param name="sampleRate">Its sample rate, from which it will be resampled to the model's.</param>
    public static int ForSound(long samples, int sampleRate)
    {
        Int128 heard = DivideUp((Int128)samples * SampleRate, sampleRate);
        return (int)Int128.Min(DivideUp(heard, Samples), int.MaxValue);

        static Int128 DivideUp(Int128 value, int divisor) => (value + divisor - 1) / divisor;
    }

    /// <summary>The time of a number of frames.</summary>
    public static TimeSpan ToTime(int frames) => TimeSpan.FromSeconds((double)frames * Samples / SampleRate);
}
