// A worker service: each request that is put into a folder as JSON becomes a song beside it.
// dotnet run --project samples/MusicWorker -- --Music:Checkpoint models/ACE-Step-v1-3.5B --Folder songs
// echo '{"task": "text_to_music", "prompt": "funk, 108 bpm", "duration": 8, "seed": 42}' > songs/funk.json
using System.Text.Json;
using AceStep;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.Configure<MusicServiceOptions>(builder.Configuration.GetSection("Music"));
builder.Services.PostConfigure<MusicServiceOptions>(options => options.Checkpoint = options.Checkpoint is { Length: > 0 } named ? named : DemoCheckpoint.Folder);
builder.Services.AddMusicPipeline();
builder.Services.AddHostedService<SongFolder>();
await builder.Build().RunAsync();

/// <summary>Takes the requests of a folder, the oldest first.</summary>
internal sealed partial class SongFolder(IMusicPipeline pipeline, IConfiguration configuration, ILogger<SongFolder> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        DirectoryInfo folder = Directory.CreateDirectory(configuration["Folder"] ?? "songs");
        LogWatching(folder.FullName);
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
        do
        {
            foreach (FileInfo file in folder.EnumerateFiles("*.json").OrderBy(file => file.LastWriteTimeUtc))
            {
                await MakeAsync(file, stoppingToken);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Makes a request's songs; what is done, or cannot be, is renamed, so that it is not taken twice.</summary>
    private async Task MakeAsync(FileInfo file, CancellationToken cancellationToken)
    {
        string name = Path.ChangeExtension(file.FullName, null);
        try
        {
            MusicRequest request = JsonSerializer.Deserialize<MusicRequest>(await File.ReadAllTextAsync(file.FullName, cancellationToken), MusicJson.Options)
                ?? throw new JsonException("There is no request.");
            MusicResult result = await pipeline.GenerateAsync(request, cancellationToken: cancellationToken);
            for (int i = 0; i < result.Songs.Count; i++)
            {
                result.Songs[i].Save(result.Songs.Count == 1 ? $"{name}.wav" : $"{name}-{i + 1}.wav");
            }

            file.MoveTo($"{name}.done", overwrite: true);
        }
        catch (Exception error) when (error is JsonException or InvalidRequestException)
        {
            LogRefused(file.Name, error.Message);
            file.MoveTo($"{name}.refused", overwrite: true);
        }
    }

    [LoggerMessage(LogLevel.Information, "Waiting for requests in {Folder}")]
    private partial void LogWatching(string folder);

    [LoggerMessage(LogLevel.Warning, "{File} is refused: {Reason}")]
    private partial void LogRefused(string file, string reason);
}
