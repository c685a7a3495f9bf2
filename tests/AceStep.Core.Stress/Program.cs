using System.Globalization;
using AceStep;
using AceStep.Core.Stress;

// AceStep.Core.Stress CHECKPOINT COLLECTIONS
//
// Makes songs of every task, one after the other, until another thread has forced so many collections meanwhile. An object
// that is freed while libtorch reads it shows itself as an error in a request or as the end of the process, so this is a
// program of its own.
if (args is not [var checkpoint, var collectionsText])
{
    Console.Error.WriteLine("usage: AceStep.Core.Stress CHECKPOINT COLLECTIONS");
    return 64;
}

int collections = int.Parse(collectionsText, CultureInfo.InvariantCulture);
using MusicPipeline pipeline = await MusicPipeline.LoadAsync(checkpoint, new MusicPipelineOptions { Device = "cpu" });
MusicLatents source = await pipeline.EncodeAsync(ShortSongs.Tones);

using Collector collector = new();
int songs = 0;
do
{
    foreach (MusicRequest request in ShortSongs.OfEveryTask(source, seed: songs))
    {
        try
        {
            await pipeline.GenerateAsync(request);
            songs++;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine($"song {songs}, a {request.GetType().Name}, after {collector.Count} collections: {error}");
            return 1;
        }
    }
}
while (collector.Count < collections);

Console.Error.WriteLine($"{songs} songs, {collector.Count} forced collections");
return 0;
