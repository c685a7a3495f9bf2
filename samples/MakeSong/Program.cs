// Makes a song, another take of it, and a longer version, and writes all three.
// dotnet run --project samples/MakeSong -- checkpoints/nano
using AceStep;

if (args is not [var checkpoint])
{
    Console.Error.WriteLine("Usage: MakeSong CHECKPOINT");
    return 2;
}

using CancellationTokenSource stop = new();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    stop.Cancel();
};
Steps progress = new();

await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(checkpoint, progress: progress, cancellationToken: stop.Token);

TextToMusicRequest request = new()
{
    Prompt = "funk, 110 bpm, warm bass",
    Duration = TimeSpan.FromSeconds(10),
    Seed = 42,
    Generation = new GenerationSettings { Steps = 27 },
};
MusicResult song = await pipeline.TextToMusicAsync(request, progress, stop.Token);
song.Songs[0].Audio.Save("song.wav");

// The same seed gives the same song; the strength says how much of another one is mixed in.
MusicResult take = await pipeline.VaryAsync(
    new VariationRequest { Prompt = request.Prompt, Duration = request.Duration, Seed = 42, VariationSeed = 7, Strength = 0.3, Generation = request.Generation }, progress, stop.Token);
take.Songs[0].Audio.Save("take.wav");

// Latents of a result are a source that needs no encoding.
MusicResult longer = await pipeline.ContinueAsync(
    new ContinuationRequest { Source = song.Songs[0].Latents, After = TimeSpan.FromSeconds(5), Prompt = request.Prompt, Generation = request.Generation }, progress, stop.Token);
longer.Songs[0].Audio.Save("longer.wav");

Console.WriteLine($"song.wav, take.wav, longer.wav; the last one with seed {longer.Songs[0].Seed} in {longer.Timings.Total.TotalSeconds:0.0} s");
return 0;

/// <summary>Writes each stage as it ends.</summary>
internal sealed class Steps : IProgress<MusicProgress>
{
    public void Report(MusicProgress value)
    {
        if (value.Completed == value.Total)
        {
            Console.WriteLine($"{value.Stage}: {value.Total}");
        }
    }
}
