using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using AceStep.Audio;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AceStep.Package.Tests;

/// <summary>The model as a service of a host, with the demonstration checkpoint.</summary>
public sealed class HostTests
{
    private static readonly TextToMusicRequest Second = new() { Prompt = "a secret", Duration = TimeSpan.FromSeconds(1), Seed = 42, Generation = new GenerationSettings { Steps = 1 } };

    [Test]
    public async Task Host_Starting_LoadsTheModelAndLogsRequests()
    {
        Journal journal = new();
        using IHost host = Create(journal, services => services.AddMusicPipeline(DemoCheckpoint.Folder, OnCpu));
        await host.StartAsync();
        Assert.That(journal.Lines, Has.Exactly(1).Contains("Loaded").And.Contains("cpu in Float32"), "before any request");

        MusicResult result = await host.Services.GetRequiredService<IMusicPipeline>().GenerateAsync(Second);

        Assert.That(result.Songs[0].Audio.Duration.TotalSeconds, Is.EqualTo(0.93).Within(0.01));
        Assert.That(journal.Lines, Has.Exactly(1).Contains("TextToMusicRequest: ").And.Contains("seed 42"));
        Assert.That(journal.Lines, Has.None.Contains("secret"), "what people write is nobody's business");
        await host.StopAsync();
    }

    [Test]
    public async Task Host_OfAWrongCheckpoint_DoesNotStart()
    {
        using IHost host = Create(new Journal(), services => services.AddMusicPipeline("no/such/checkpoint", OnCpu));

        await Assert.ThatAsync(() => host.StartAsync(), Throws.InstanceOf<IOException>().With.Message.Contains("no/such/checkpoint"));
    }

    [Test]
    public async Task Host_WithoutACheckpoint_SaysWhichOptionIsMissing()
    {
        using IHost host = Create(new Journal(), services => services.AddMusicPipeline());

        await Assert.ThatAsync(() => host.StartAsync(), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("MusicServiceOptions.Checkpoint"));
    }

    [Test]
    public async Task Host_ConfiguredFromSettings_LoadsForTheFirstRequestAndOnce()
    {
        Journal journal = new();
        using IHost host = Create(journal, services => services.AddMusicPipeline(), new()
        {
            ["Music:Checkpoint"] = DemoCheckpoint.Folder,
            ["Music:LoadAtStart"] = "false",
            ["Music:Pipeline:Device"] = "cpu",
            ["Music:Pipeline:Precision"] = "BFloat16",
        });
        await host.StartAsync();
        Assert.That(journal.Lines, Has.None.Contains("Load"));
        IMusicPipeline pipeline = host.Services.GetRequiredService<IMusicPipeline>();

        MusicResult[] results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => pipeline.GenerateAsync(Second))));

        Assert.That(journal.Lines, Has.Exactly(1).Contains("Loaded").And.Contains("BFloat16"));
        Assert.That(results.Select(result => result.Songs[0].Latents.Values[7]).Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Pipeline_WhoseLoadingFailed_TriesAgain()
    {
        using TemporaryFolder folder = new();
        string checkpoint = folder.File("nano");
        using IHost host = Create(new Journal(), services => services.AddMusicPipeline(checkpoint, options =>
        {
            OnCpu(options);
            options.LoadAtStart = false;
        }));
        await host.StartAsync();
        IMusicPipeline pipeline = host.Services.GetRequiredService<IMusicPipeline>();
        await Assert.ThatAsync(() => pipeline.GenerateAsync(Second), Throws.InstanceOf<IOException>());
        Directory.CreateSymbolicLink(checkpoint, DemoCheckpoint.Folder);

        MusicResult result = await pipeline.GenerateAsync(Second);

        Assert.That(result.Songs, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Pipeline_OfAHostThatHasEnded_IsDisposedOf()
    {
        IHost host = Create(new Journal(), services => services.AddMusicPipeline(DemoCheckpoint.Folder, OnCpu));
        await host.StartAsync();
        IMusicPipeline pipeline = host.Services.GetRequiredService<IMusicPipeline>();
        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();

        await Assert.ThatAsync(() => pipeline.GenerateAsync(Second), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Decode_ThroughTheHost_GivesTheSongsSound()
    {
        using IHost host = Create(new Journal(), services => services.AddMusicPipeline(DemoCheckpoint.Folder, OnCpu));
        await host.StartAsync();
        IMusicPipeline pipeline = host.Services.GetRequiredService<IMusicPipeline>();
        MusicResult result = await pipeline.GenerateAsync(Second);
        MusicLatents encoded = await pipeline.EncodeAsync(result.Songs[0].Audio);
        int samples = 0;

        await foreach (AudioBuffer piece in pipeline.DecodeAsync(result.Songs[0].Latents))
        {
            samples += piece.Length;
        }

        Assert.That(samples, Is.EqualTo(result.Songs[0].Audio.Length));
        Assert.That(encoded.Frames, Is.GreaterThanOrEqualTo(result.Songs[0].Latents.Frames));
    }

    [Test]
    public async Task Post_OfARequest_GivesASong()
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddMusicPipeline(DemoCheckpoint.Folder, OnCpu);
        builder.Services.ConfigureHttpJsonOptions(http => http.SerializerOptions.AddMusic());
        await using WebApplication app = builder.Build();
        app.MapPost("/songs", (TextToMusicRequest request, IMusicPipeline music, CancellationToken stop) => music.GenerateAsync(request, cancellationToken: stop));
        app.MapPost("/any", (MusicRequest request, IMusicPipeline music, CancellationToken stop) => music.GenerateAsync(request, cancellationToken: stop));
        await app.StartAsync();
        using HttpClient client = new() { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) };

        JsonElement first = await PostAsync("/songs", """{"prompt": "piano", "duration": 1, "seed": [42], "generation": {"steps": 1, "scheduler": "heun"}}""", HttpStatusCode.OK);
        JsonElement song = first.GetProperty("songs")[0];
        AudioBuffer sound = AudioFile.Load(new MemoryStream(song.GetProperty("audio").GetBytesFromBase64()));
        Assert.That(sound.Duration.TotalSeconds, Is.EqualTo(0.93).Within(0.01));
        Assert.That(song.GetProperty("seed").GetInt64(), Is.EqualTo(42));
        Assert.That(first.GetProperty("request").GetProperty("generation").GetProperty("scheduler").GetString(), Is.EqualTo("heun"));

        // What one request gave is another's source.
        string again = $$$"""{"task": "audio_to_audio", "source": {"latents": {{{song.GetProperty("latents").GetRawText()}}}}, "strength": 0, "generation": {"steps": 1}}""";
        JsonElement second = await PostAsync("/any", again, HttpStatusCode.OK);
        Assert.That(second.GetProperty("songs")[0].GetProperty("audio").GetString(), Is.EqualTo(song.GetProperty("audio").GetString()));

        await PostAsync("/songs", """{"promt": "piano"}""", HttpStatusCode.BadRequest);
        await PostAsync("/any", """{"task": "audio_to_audio", "source": {"file": "/etc/passwd"}}""", HttpStatusCode.BadRequest);

        async Task<JsonElement> PostAsync(string path, string body, HttpStatusCode expected)
        {
            using StringContent content = new(body, Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await client.PostAsync(path, content);
            string text = await response.Content.ReadAsStringAsync();
            Assert.That(response.StatusCode, Is.EqualTo(expected), text.Length < 2000 ? text : text[..2000]);
            return expected == HttpStatusCode.OK ? JsonSerializer.Deserialize<JsonElement>(text) : default;
        }
    }

    private static void OnCpu(MusicServiceOptions options) => options.Pipeline = new MusicPipelineOptions { Device = "cpu" };

    private static IHost Create(Journal journal, Action<IServiceCollection> add, Dictionary<string, string?>? settings = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.Logging.AddProvider(journal);
        if (settings is not null)
        {
            builder.Services.Configure<MusicServiceOptions>(builder.Configuration.GetSection("Music"));
        }

        add(builder.Services);
        return builder.Build();
    }

    /// <summary>Keeps what is logged.</summary>
    private sealed class Journal : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = [];

        public string[] Lines => [.. _lines];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
