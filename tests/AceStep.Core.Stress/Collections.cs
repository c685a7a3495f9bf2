namespace AceStep.Core.Stress;

/// <summary>
/// Makes songs of every task, one after the other, until another thread has forced so many collections meanwhile. An object
/// that is freed while libtorch reads it shows itself as an error in a request or as the end of the process.
/// </summary>
internal static class Collections
{
    public static async Task<int> RunAsync(string checkpoint, int count)
    {
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
                    throw new StressException($"song {songs}, a {request.GetType().Name}, after {collector.Count} collections: {error}", error);
                }
            }
        }
        while (collector.Count < count);

        Console.Error.WriteLine($"{songs} songs, {collector.Count} forced collections");
        return 0;
    }
}
