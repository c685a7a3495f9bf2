using AceStep;

await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(DemoCheckpoint.Folder);
TextToMusicRequest request = new() { Prompt = "techno, 128 bpm, drums, bass", Duration = TimeSpan.FromSeconds(10), Seed = 42 };
MusicResult result = await pipeline.TextToMusicAsync(request);
result.Songs[0].Save("song.wav");
