// How far a song has come, and how it is stopped: Ctrl+C, within one step.
// dotnet run --project samples/SongProgress -- [CHECKPOINT]
using AceStep;

string checkpoint = args.Length > 0 ? args[0] : DemoCheckpoint.Folder;

using CancellationTokenSource stop = new();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    stop.Cancel();
};

Line progress = new();
try
{
    await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(checkpoint, progress: progress, cancellationToken: stop.Token);
    MusicResult result = await pipeline.TextToMusicAsync(new TextToMusicRequest { Prompt = "ballad, piano, calm", Seed = 42 }, progress, stop.Token);
    result.Songs[0].Save("song.wav");
    Console.WriteLine("\nsong.wav");
    return 0;
}
catch (OperationCanceledException)
{
    Console.WriteLine("\nStopped; nothing is written.");
    return 130;
}

/// <summary>Writes the state over the line before; called on the thread that computes.</summary>
internal sealed class Line : IProgress<MusicProgress>
{
    public void Report(MusicProgress value)
    {
        string left = value.Remaining is { } time ? $", {time.TotalSeconds:0} s left in this stage" : "";
        Console.Write($"\r{value.Fraction,4:P0} {value.Stage}: {value.Completed} of {value.Total}{left}".PadRight(78));
    }
}
