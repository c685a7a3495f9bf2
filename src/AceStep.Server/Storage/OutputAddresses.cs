using AceStep.Server.Queue;

namespace AceStep.Server.Storage;

/// <summary>The addresses of songs: each carries its own secret, so that whoever has it may listen, with or without a token.</summary>
internal sealed class OutputAddresses(ServerSecret secret)
{
    /// <summary>Where songs lie below the server's address.</summary>
    public const string Prefix = "/v1/outputs/";

    private const string Purpose = "output";

    /// <summary>The folder of songs among the blobs.</summary>
    public const string Folder = "out";

    /// <summary>The blob of a song.</summary>
    public static string NewBlob(PredictionRecord record, string extension) => $"{Folder}/{record.Job.Id}-{record.Attempt}.{extension}";

    /// <summary>The path of a song: <c>/v1/outputs/{blob}/{secret}/song.wav</c>.</summary>
    public string PathOf(PredictionOutput output)
    {
        string file = output.Blob[(Folder.Length + 1)..];
        return $"{Prefix}{file}/{secret.Sign(Purpose, file)}/song{Path.GetExtension(file)}";
    }

    /// <summary>The blob that a path names; null where its secret is wrong, or it is no path of a song.</summary>
    public string? BlobOf(string path) =>
        path.StartsWith(Prefix, StringComparison.Ordinal) && path[Prefix.Length..].Split('/') is [var file, var signature, _] ? BlobOf(file, signature) : null;

    /// <summary>The blob of a song's file; null where its secret is wrong.</summary>
    public string? BlobOf(string file, string signature) => secret.IsSigned(Purpose, file, signature) ? $"{Folder}/{file}" : null;
}
