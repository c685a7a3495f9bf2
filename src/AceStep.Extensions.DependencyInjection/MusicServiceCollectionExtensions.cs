using AceStep;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds AceStep to a host's services.</summary>
public static class MusicServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="IMusicPipeline"/>, one for the whole host: it loads the checkpoint once, logs what it does, and gives
    /// the model's memory back when the host ends.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="checkpoint">The checkpoint, as <see cref="MusicPipeline.LoadAsync"/> takes it.</param>
    /// <param name="configure">Sets device, precision and when the model is read; null for the defaults.</param>
    /// <returns>The same services.</returns>
    /// <example>
    /// <code>
    /// HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
    /// builder.Services.AddMusicPipeline("models/ACE-Step-v1-3.5B", options => options.LoadAtStart = false);
    /// </code>
    /// </example>
    public static IServiceCollection AddMusicPipeline(this IServiceCollection services, string checkpoint, Action<MusicServiceOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(checkpoint);
        return services.AddMusicPipeline(options =>
        {
            options.Checkpoint = checkpoint;
            configure?.Invoke(options);
        });
    }

    /// <summary>As the other overload; the options, the checkpoint among them, come from <paramref name="configure"/> or from the configuration.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets the options; null where they come from elsewhere.</param>
    /// <returns>The same services.</returns>
    /// <example>
    /// <code>
    /// builder.Services.Configure&lt;MusicServiceOptions&gt;(builder.Configuration.GetSection("Music"));
    /// builder.Services.AddMusicPipeline();
    /// </code>
    /// </example>
    public static IServiceCollection AddMusicPipeline(this IServiceCollection services, Action<MusicServiceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        OptionsBuilder<MusicServiceOptions> options = services.AddOptions<MusicServiceOptions>()
            .Validate(options => !string.IsNullOrEmpty(options.Checkpoint), $"{nameof(MusicServiceOptions)}.{nameof(MusicServiceOptions.Checkpoint)} must name a checkpoint; it is empty.")
            .Validate(options => options.Pipeline is not null, $"{nameof(MusicServiceOptions)}.{nameof(MusicServiceOptions.Pipeline)} must not be null.");
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddSingleton<HostedMusicPipeline>();
        services.TryAddSingleton<IMusicPipeline>(provider => provider.GetRequiredService<HostedMusicPipeline>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, MusicPipelineStart>());
        return services;
    }
}
