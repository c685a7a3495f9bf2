using AceStep.Loras;

namespace AceStep;

/// <summary>
/// A LoRA that is merged into a pipeline's weights by <see cref="MusicPipeline.LoadLora"/>. Change its weight with <see
/// cref="MusicPipeline.SetLoraWeight"/>, remove it with <see cref="MusicPipeline.UnloadLora"/>.
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

    /// <summary>The factor by which it is multiplied.</summary>
    public double Weight { get; internal set; }

    /// <summary>The checkpoint's names of the modules that it changes.</summary>
    public IReadOnlyCollection<string> Modules => [.. File.Modules.Keys];

    /// <summary>Warnings for the user: about a weight outside 0 to 2, a stored alpha that is ignored or missing, and modules that inference does not use. Often empty.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            List<string> warnings = [];
            if (Weight is < 0 or > 2)
            {
                warnings.Add(FormattableString.Invariant($"The weight {Weight} is outside 0 to 2, the usual range."));
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
