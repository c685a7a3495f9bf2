namespace AceStep;

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
