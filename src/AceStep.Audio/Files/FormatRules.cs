namespace AceStep.Audio.Files;

/// <summary>Which rates, channel counts and encodings a file may have.</summary>
internal static class FormatRules
{
    /// <summary>Refuses what a file claims where no buffer can have it.</summary>
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
}
