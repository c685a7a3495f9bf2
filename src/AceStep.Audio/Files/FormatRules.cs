namespace AceStep.Audio.Files;

/// <summary>Which rates, channel counts and encodings a file may have.</summary>
internal static class FormatRules
{
    private static readonly int[] Mp3Rates = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000];
    private static readonly int[] OpusRates = [8000, 12000, 16000, 24000, 48000];
    private static readonly int[] Mp3BitRates = [128, 160, 192, 224, 256, 320];

    /// <summary>Refuses what a file claims where no buffer can have it.</summary>
    /// <exception cref="AudioFormatException">The rate or the channel count is out of range.</exception>
    public static void CheckShape(string name, long sampleRate, long channels)
    {
        if (sampleRate is < 1 or > AudioBuffer.MaxSampleRate)
        {
            throw new AudioFormatException($"{name}: a sample rate of {sampleRate} Hz; it must be 1 to {AudioBuffer.MaxSampleRate}.");
        }

        if (channels is < 1 or > AudioBuffer.MaxChannels)
        {
            throw new AudioFormatException($"{name}: {channels} channels; there must be 1 to {AudioBuffer.MaxChannels}.");
        }
    }

    /// <summary>How samples will be stored, or null where the format is lossy.</summary>
    public static SampleEncoding? EncodingOf(AudioFormat format, AudioSaveOptions options) => format switch
    {
        AudioFormat.Wav or AudioFormat.Aiff or AudioFormat.Au or AudioFormat.Caf => options.Encoding ?? SampleEncoding.Float32,
        AudioFormat.Flac => options.Encoding ?? SampleEncoding.Pcm24,
        _ => null,
    };

    /// <summary>Refuses what a format cannot hold, before anything is written.</summary>
    /// <exception cref="ArgumentException">The format cannot hold such a sound, or an option is out of range.</exception>
    public static void CheckSave(AudioFormat format, int sampleRate, int channels, AudioSaveOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRate, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sampleRate, AudioBuffer.MaxSampleRate);
        int most = format switch
        {
            AudioFormat.Mp3 => 2,
            AudioFormat.Flac => 8,
            _ => AudioBuffer.MaxChannels,
        };
        if (channels < 1 || channels > most)
        {
            throw new ArgumentException($"{format} holds 1 to {most} channels, not {channels}.", nameof(channels));
        }

        switch (format)
        {
            case AudioFormat.Aiff when options.Encoding == SampleEncoding.Pcm8:
                // libsndfile counts the padding byte of an odd length as a sample.
                throw new ArgumentException("AIFF is written with 16 bits or more.", nameof(options));
            case AudioFormat.Flac when options.Encoding is not (null or SampleEncoding.Pcm8 or SampleEncoding.Pcm16 or SampleEncoding.Pcm24):
                throw new ArgumentException($"FLAC stores 8, 16 or 24-bit integers, not {options.Encoding}.", nameof(options));
            case AudioFormat.Mp3:
                CheckRate(format, sampleRate, Mp3Rates);
                CheckMp3(options);
                break;
            case AudioFormat.Opus:
                CheckRate(format, sampleRate, OpusRates);
                CheckRange(options.OpusBitRate, 6, 256, nameof(options.OpusBitRate));
                break;
            case AudioFormat.Vorbis:
                CheckRange(options.VorbisQuality, 0, 10, nameof(options.VorbisQuality));
                break;
        }
    }

    private static void CheckMp3(AudioSaveOptions options)
    {
        if (options.Mp3Quality is { } quality)
        {
            CheckRange(quality, 0, 9, nameof(options.Mp3Quality));
        }
        else if (!Mp3BitRates.Contains(options.Mp3BitRate))
        {
            throw new ArgumentException(
                $"{nameof(options.Mp3BitRate)} must be one of {string.Join(", ", Mp3BitRates)}, not {options.Mp3BitRate}.", nameof(options));
        }
    }

    private static void CheckRate(AudioFormat format, int sampleRate, int[] rates)
    {
        if (!rates.Contains(sampleRate))
        {
            throw new ArgumentException(
                $"{format} stores {string.Join(", ", rates)} Hz, not {sampleRate}: resample the sound first.", nameof(sampleRate));
        }
    }

    private static void CheckRange(double value, double lowest, double highest, string name)
    {
        if (!(value >= lowest && value <= highest))
        {
            throw new ArgumentException(FormattableString.Invariant($"{name} must be {lowest} to {highest}, not {value}."), name);
        }
    }
}
