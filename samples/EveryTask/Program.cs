// Every task of the pipeline, one after another, each from what the one before made.
// dotnet run --project samples/EveryTask -- [CHECKPOINT] [SECONDS] [STEPS]
using System.Globalization;
using AceStep;

string checkpoint = args.Length > 0 ? args[0] : DemoCheckpoint.Folder;
TimeSpan duration = TimeSpan.FromSeconds(args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 10);
GenerationSettings settings = new() { Steps = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 27 };
const string Prompt = "techno, 128 bpm, drums, bass";

await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(checkpoint);

MusicResult song = await pipeline.TextToMusicAsync(new TextToMusicRequest { Prompt = Prompt, Duration = duration, Seed = 42, Generation = settings });
Keep("song", song);

// The same seed gives the same song; the strength says how much of another one is mixed in.
Keep("take", await pipeline.VaryAsync(new VariationRequest { Prompt = Prompt, Duration = duration, Seed = 42, VariationSeed = 7, Strength = 0.3, Generation = settings }));

// A source is a file, sound in memory, or the latents of a result, which need no second encoding.
MusicLatents source = song.Songs[0].Latents;
Keep("calm", await pipeline.AudioToAudioAsync(new AudioToAudioRequest { Source = "song.wav", Prompt = "piano, calm", Strength = 0.6, Generation = settings }));
Keep("longer", await pipeline.ContinueAsync(new ContinuationRequest { Source = source, After = duration / 2, Prompt = Prompt, Generation = settings }));
Keep("mended", await pipeline.InpaintAsync(new InpaintingRequest { Source = source, Start = duration / 4, End = duration / 2, Prompt = "techno, bells", Strength = 0.6, Generation = settings }));
Keep("ballad", await pipeline.TransferStyleAsync(new StyleTransferRequest { Source = source, Prompt = Prompt, TargetPrompt = "ballad, piano", From = 0.2, Generation = settings }));
Keep("band", await pipeline.AccompanyAsync(new AccompanimentRequest { Vocals = song.Songs[0].Audio, Style = AccompanimentStyle.Jazz, KeepVocals = true, Generation = settings }));

static void Keep(string name, MusicResult result)
{
    Song made = result.Songs[0];
    made.Save($"{name}.wav");
    Console.WriteLine($"{name}.wav: {made.Audio.Duration.TotalSeconds:0.0} s, seed {made.Seed}, made in {result.Timings.Total.TotalSeconds:0.0} s");
}
