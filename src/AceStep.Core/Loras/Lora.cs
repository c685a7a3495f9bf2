using AceStep.Loras;

namespace AceStep;

/// <summary>
/// A LoRA that is part of a pipeline's weights, from <see cref="MusicPipeline.LoadLora"/>. Change its
/// weight with <see cref="MusicPipeline.SetLoraWeight"/>, take it away with <see cref="MusicPipeline.UnloadLora"/>.
/// </summary>
/// <remarks>Owned by its pipeline, which disposes of it.</remarks>
public sealed class Lora
{
    internal Lora(string path, LoraFile file, double weight)
    {
        Path = path;
        File = file;
        Weight = weight;
    }

    /// <summary>The file or folder that it was loaded from.</summary>
    public string Path { get; }

    /// <summary>The factor that its part of the weights has now.</summary>
    public double Weight { get; internal set; }

    /// <summary>The modules that it changes, by the checkpoint's names.</summary>
    public IReadOnlyCollection<string> Modules => [.. File.Modules.Keys];

    /// <summary>What a user should know: weights outside 0 to 2, a stored alpha that does not count (or none to count), modules that inference does not use. Often empty.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            List<string> warnings = [];
            if (Weight is < 0 or > 2)
            {
                warnings.Add($"The weight {Weight} is outside 0 to 2, where LoRAs are meant to work.");
            }

            if (File.ScaleWarning is { } scale)
            {
                warnings.Add(scale);
            }

            if (File.Unused.Count > 0)
            {
                warnings.Add($"{File.Unused.Count} modules are not used in generation and have no effect: {string.Join(", ", File.Unused.Take(3))}.");
            }

            return warnings;
        }
    }

    internal LoraFile File { get; }
}
