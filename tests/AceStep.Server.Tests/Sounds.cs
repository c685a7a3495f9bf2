using AceStep.Audio;

namespace AceStep.Server.Tests;

/// <summary>Sounds for uploads.</summary>
internal static class Sounds
{
    /// <summary>A tone as a WAV file.</summary>
    public static byte[] Wav(double seconds = 2, int sampleRate = 44100) => Encode(Tone(seconds, sampleRate), AudioFormat.Wav);

    /// <summary>Silence as a FLAC file: small, however long.</summary>
    public static byte[] SilentFlac(double seconds) => Encode(AudioBuffer.FromPlanar([new float[(int)(seconds * 8000)]], 8000), AudioFormat.Flac);

    private static AudioBuffer Tone(double seconds, int sampleRate)
    {
        var samples = new float[(int)(seconds * sampleRate)];
        for (int index = 0; index < samples.Length; index++)
        {
            samples[index] = 0.25f * MathF.Sin(2 * MathF.PI * 440 * index / sampleRate);
        }

        return AudioBuffer.FromPlanar([samples, samples], sampleRate);
    }

    private static byte[] Encode(AudioBuffer audio, AudioFormat format)
    {
        using MemoryStream stream = new();
        AudioFile.Save(audio, stream, format, new AudioSaveOptions { Encoding = SampleEncoding.Pcm16 });
        return stream.ToArray();
    }
}
