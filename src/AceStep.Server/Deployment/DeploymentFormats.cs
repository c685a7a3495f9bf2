using AceStep.Audio;

namespace AceStep.Server.Deployment;

/// <summary>The deployment's names of file formats.</summary>
internal static class DeploymentFormats
{
    private static readonly (string Name, AudioFormat Format)[] Formats = [("wav", AudioFormat.Wav), ("mp3", AudioFormat.Mp3), ("ogg", AudioFormat.Vorbis)];

    public static IReadOnlyList<string> Names { get; } = [.. Formats.Select(format => format.Name)];

    public static AudioFormat Of(string name) => Formats.Single(format => format.Name == name).Format;
}
