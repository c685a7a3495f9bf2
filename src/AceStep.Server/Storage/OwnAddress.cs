namespace AceStep.Server.Storage;

/// <summary>An address of this server's own, which it reads from its store and not over the network.</summary>
/// <param name="FileId">The id of an uploaded file; null where it is none.</param>
/// <param name="OutputPath">The path of a song; null where it is none.</param>
internal sealed record OwnAddress(string? FileId, string? OutputPath)
{
    public const string Files = "/v1/files/";

    /// <summary>Reads an address; null where it is not one of the server's own.</summary>
    public static OwnAddress? Parse(string address, string baseUrl)
    {
        if (!address.StartsWith(baseUrl, StringComparison.Ordinal))
        {
            return null;
        }

        string path = address[baseUrl.Length..].Split('?', '#')[0];
        return path.StartsWith(OutputAddresses.Prefix, StringComparison.Ordinal) ? new OwnAddress(null, path)
            : path.StartsWith(Files, StringComparison.Ordinal) ? new OwnAddress(path[Files.Length..], null)
            : null;
    }
}
