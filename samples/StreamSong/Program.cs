// A song is heard while its end is still being decoded: raw samples go to a player's standard input as they come.
// dotnet run --project samples/StreamSong -- CHECKPOINT|demo PLAYER [ARGUMENT...]
// dotnet run --project samples/StreamSong -- demo ffplay -nodisp -autoexit -f f32le -ar 48000 -ch_layout stereo -i -
// dotnet run --project samples/StreamSong -- demo aplay -f FLOAT_LE -r 48000 -c 2
using System.Diagnostics;
using System.Runtime.InteropServices;
using AceStep;
using AceStep.Audio;

if (args is not [var checkpoint, var player, .. var arguments])
{
    Console.Error.WriteLine("Usage: StreamSong CHECKPOINT|demo PLAYER [ARGUMENT...]; the player reads 32-bit float samples, two channels at 48000 Hz.");
    return 2;
}

await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(checkpoint == "demo" ? DemoCheckpoint.Folder : checkpoint);
MusicResult result = await pipeline.TextToMusicAsync(new TextToMusicRequest { Prompt = "funk, drums, bass, guitar", Duration = TimeSpan.FromSeconds(60), Seed = 7, Generation = new GenerationSettings { Steps = 27 } });

using Process process = Process.Start(new ProcessStartInfo(player, arguments) { RedirectStandardInput = true })!;
long started = Stopwatch.GetTimestamp();
await using (Stream input = process.StandardInput.BaseStream)
{
    // Decoding goes on while the player takes its time.
    await foreach (AudioBuffer piece in pipeline.DecodeAsync(result.Songs[0].Latents, 48000))
    {
        await input.WriteAsync(MemoryMarshal.AsBytes(piece.ToInterleaved().AsSpan()).ToArray());
        Console.Error.WriteLine($"{piece.Duration.TotalSeconds:0.0} s handed over after {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
    }
}

await process.WaitForExitAsync();
return process.ExitCode;
