using System.Text.Json.Serialization;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>
/// A song as the model sees it, before decoding: 8 channels x 16 rows x frames of float32, 93 ms a frame. Immutable.
/// Kept from a result, it is a source without a second encoding.
/// </summary>
[JsonConverter(typeof(MusicLatentsJsonConverter))]
public sealed class MusicLatents
{
    private const string FormatKey = "format";
    private const string Format = "acestep-latents-1";
    internal const string TensorName = "latents";

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

    /// <summary>The values, frame fastest, then row, then channel.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>What the song was made with: names and values as text (task, prompt, seed, ...). May be empty.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Latents from values in <see cref="Values"/>' order.</summary>
    /// <param name="values">8 x 16 x frames finite numbers, at least one frame.</param>
    /// <param name="settings">What the song was made with.</param>
    /// <exception cref="ArgumentException">Not a whole number of frames, none, or a value that is not finite.</exception>
    public static MusicLatents Create(ReadOnlySpan<float> values, IReadOnlyDictionary<string, string>? settings = null)
    {
        const int FrameSize = LatentFrames.Channels * LatentFrames.Rows;
        if (values.IsEmpty || values.Length % FrameSize != 0)
        {
            throw new ArgumentException($"Latents hold 8 x 16 values a frame and at least one frame; {FieldText.Of(values.Length)} values are not.", nameof(values));
        }

        int wrong = values.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        if (wrong >= 0)
        {
            throw new ArgumentException($"Latents must be finite; value {FieldText.Of(wrong)} is {FieldText.Of(values[wrong])}.", nameof(values));
        }

        return new MusicLatents(values.ToArray(), settings is null ? new Dictionary<string, string>() : new Dictionary<string, string>(settings));
    }

    /// <summary>Writes the latents and their settings as a small safetensors file, whole or not at all.</summary>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Libtorch.Initialize();
        using Tensor tensor = ToTensor(CPU, float32);
        var metadata = new Dictionary<string, string>(Settings) { [FormatKey] = Format };
        SafetensorsWriter.Write(path, [new(TensorName, tensor)], metadata);
    }

    /// <summary>Reads latents written by <see cref="Save"/>.</summary>
    /// <exception cref="CheckpointFormatException">Not a safetensors file, or not one of latents.</exception>
    public static MusicLatents Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (!file.Names.Contains(TensorName))
        {
            throw new CheckpointFormatException(path, "a file of latents must hold this tensor", TensorName);
        }

        IReadOnlyList<long> shape = file.Shape(TensorName);
        if (shape is not [1, LatentFrames.Channels, LatentFrames.Rows, >= 1])
        {
            throw new CheckpointFormatException(path, $"must have the shape [1, 8, 16, frames]; it is [{string.Join(", ", shape)}]", TensorName);
        }

        using Tensor stored = file.Read(TensorName);
        using Tensor tensor = stored.to(float32);
        Dictionary<string, string> settings = file.Metadata.Where(entry => entry.Key != FormatKey).ToDictionary();
        try
        {
            return Create(tensor.data<float>().ToArray(), settings);
        }
        catch (ArgumentException error)
        {
            throw new CheckpointFormatException(path, error.Message, TensorName, error);
        }
    }

    /// <summary>
    /// Whether a file holds latents, whatever it is called: it begins as a safetensors file does, which no sound file does.
    /// </summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool IsSaved(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        // The size of the header in eight bytes, of which latents need three; then the header, a JSON object.
        Span<byte> start = stackalloc byte[9];
        using FileStream file = File.OpenRead(path);
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start[3..8].IndexOfAnyExcept((byte)0) < 0 && start[8] == (byte)'{';
    }

    /// <summary>One item of a batch of latents.</summary>
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

/// <summary>Seconds and latent frames: one frame is 4096 samples at 44,100 Hz, 10.77 frames a second.</summary>
internal static class LatentFrames
{
    /// <summary>Channels of a latent.</summary>
    public const int Channels = 8;

    /// <summary>Rows of a latent: frequency bands.</summary>
    public const int Rows = 16;

    /// <summary>Samples at the model's rate for each latent frame.</summary>
    public const int Samples = 4096;

    /// <summary>The model's sample rate in Hz.</summary>
    public const int SampleRate = 44100;

    /// <summary>The longest song in one pass, in seconds.</summary>
    public const double LongestSeconds = 240;

    /// <summary>The shortest song: one latent frame, rounded up to a whole tick of .NET's time.</summary>
    public const double ShortestSeconds = 0.0928799;

    /// <summary>The longest song in one pass.</summary>
    public static readonly TimeSpan MaximumDuration = TimeSpan.FromSeconds(LongestSeconds);

    /// <summary>The shortest song.</summary>
    public static readonly TimeSpan MinimumDuration = TimeSpan.FromSeconds(ShortestSeconds);

    /// <summary>Frames of the longest song.</summary>
    public static readonly int Maximum = FromTime(MaximumDuration);

    /// <summary>Whole frames in a span of time, rounded towards zero. The divisions are in the original's order, since the last bit decides at a frame's edge.</summary>
    public static int FromTime(TimeSpan time) => (int)(time.TotalSeconds * SampleRate / 512 / 8);

    /// <summary>The frames that hold a sound, the last one filled up.</summary>
    /// <param name="samples">The sound's length.</param>
    /// <param name="sampleRate">Its rate; it is resampled to the model's.</param>
    public static int ForSound(long samples, int sampleRate)
    {
        Int128 heard = DivideUp((Int128)samples * SampleRate, sampleRate);
        return (int)Int128.Min(DivideUp(heard, Samples), int.MaxValue);

        static Int128 DivideUp(Int128 value, int divisor) => (value + divisor - 1) / divisor;
    }

    /// <summary>The time of a number of frames.</summary>
    public static TimeSpan ToTime(int frames) => TimeSpan.FromSeconds((double)frames * Samples / SampleRate);
}
