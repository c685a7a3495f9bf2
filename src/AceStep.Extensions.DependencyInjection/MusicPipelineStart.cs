using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AceStep;

/// <summary>Reads the model while the host starts, where the options say so.</summary>
internal sealed class MusicPipelineStart(HostedMusicPipeline pipeline, IOptions<MusicServiceOptions> options) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => options.Value.LoadAtStart ? pipeline.LoadAsync(cancellationToken) : Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
