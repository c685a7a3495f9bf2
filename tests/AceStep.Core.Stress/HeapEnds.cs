using AceStep.Audio;

namespace AceStep.Core.Stress;

/// <summary>
/// .NET's own heap ends, which whoever starts this has bounded (DOTNET_GCHeapHardLimit): while a source is read, while samples
/// are decoded, and while a song is written.
/// </summary>
internal static class HeapEnds
{
    private static readonly MusicPipelineOptions Options = new() { Device = "cpu", Threads = 1 };

    public static async Task<int> RunAsync(string checkpoint)
    {
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(checkpoint, Options);
        TextToMusicRequest small = new() { Prompt = "techno", Duration = TimeSpan.FromSeconds(1), Seed = 1, Generation = new() { Steps = 1, SampleRate = 44100 } };
        string expected = Fingerprint.Of(await pipeline.GenerateAsync(small));
        long tensors = pipeline.LiveTensors;
        string folder = Directory.CreateTempSubdirectory("acestep-heap-").FullName;
        try
        {
            string file = Path.Combine(folder, "long.wav");
            WriteLong(file);
            await ExpectAsync("reading a source", () => pipeline.GenerateAsync(new AudioToAudioRequest { Source = file, Seed = 1, Generation = small.Generation }));
            await ExpectAsync("decoding", () => pipeline.GenerateAsync(small with { Duration = TimeSpan.FromSeconds(240) }));
            string song = Path.Combine(folder, "song.wav");
            await File.WriteAllTextAsync(song, "older");
            await ExpectAsync("writing", () => Task.Run(() => _ = AudioFile.Encode(AudioFile.Load(file), AudioFormat.Wav)));
            if (await File.ReadAllTextAsync(song) != "older" || Directory.GetFiles(folder).Length != 2)
            {
                throw new StressException("Something half written is left.");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        if (pipeline.LiveTensors != tensors || Fingerprint.Of(await pipeline.GenerateAsync(small)) != expected)
        {
            throw new StressException("The pipeline is not what it was.");
        }

        return 0;
    }

    /// <summary>Four minutes of silence, written in pieces.</summary>
    private static void WriteLong(string path)
    {
        using AudioWriter writer = AudioFile.Create(path, 44100, 2);
        AudioBuffer second = AudioBuffer.FromPlanar(new float[2 * 44100], 2, 44100);
        for (int i = 0; i < 240; i++)
        {
            writer.Write(second);
        }

        writer.Complete();
    }

    private static async Task ExpectAsync(string doing, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OutOfMemoryException error)
        {
            Console.WriteLine($"{doing}: {error.Message}");
            return;
        }

        throw new StressException($"There was memory enough for {doing}.");
    }
}
