using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace AceStep.Hub;

/// <summary>The contents of a repository at a commit, as the hub lists them.</summary>
/// <param name="Commit">The commit, 40 hexadecimal digits.</param>
/// <param name="Entries">Its files.</param>
internal sealed record HubListing(string Commit, IReadOnlyList<HubEntry> Entries);

/// <summary>One file of a listing, with its size and hash if the listing has them.</summary>
internal sealed record HubEntry(string Path, long? Bytes, Checksum? Checksum);

/// <summary>Asks the hub about repositories, and checks its answers before they are used.</summary>
internal sealed class HubRepository(HubSettings settings, HubTiming timing, HubClient client)
{
    private const int LargestListing = 32 * 1024 * 1024;
    private const int MostFiles = 20_000;

    private readonly string _endpoint = settings.Endpoint.AbsoluteUri.TrimEnd('/');

    /// <summary>Lists the files of a repository at a revision.</summary>
    /// <exception cref="DownloadException">There is no such repository or revision, or the answer is invalid.</exception>
    public async Task<HubListing> ListAsync(string repository, string revision, CancellationToken cancellationToken)
    {
        string what = revision == HubCache.DefaultRevision ? repository : $"{repository}@{revision}";
        Uri address = new($"{_endpoint}/api/models/{repository}/revision/{Uri.EscapeDataString(revision)}?blobs=true");
        byte[] answer = await RepeatAsync(token => client.ReadAsync(address, what, LargestListing, token), what, cancellationToken).ConfigureAwait(false);
        try
        {
            using var document = JsonDocument.Parse(answer, new JsonDocumentOptions { MaxDepth = 32 });
            return JsonText.HasNames(document.RootElement) ? Read(document.RootElement, what) : throw new JsonException("A name is not valid Unicode.");
        }
        catch (JsonException error)
        {
            throw new DownloadException($"{what}: {address.Host} did not answer with a list of files; the network may require a log-in on a web page first.", error);
        }
    }

    /// <summary>Gets what is needed to fetch one file, with another request if the listing does not have it.</summary>
    public async Task<RemoteFile> DescribeAsync(string repository, string commit, HubEntry entry, CancellationToken cancellationToken)
    {
        Uri address = new($"{_endpoint}/{repository}/resolve/{commit}/{string.Join('/', entry.Path.Split('/').Select(Uri.EscapeDataString))}");
        return entry is { Bytes: { } bytes, Checksum: { } checksum }
            ? new RemoteFile(entry.Path, address, bytes, checksum.Digits, checksum)
            : await DescribeAsync(entry.Path, address, isOfHub: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks for the size and hash of an address's contents.</summary>
    /// <param name="path">The file's path within the download.</param>
    /// <param name="address">The address.</param>
    /// <param name="isOfHub">Whether the address is the hub's, whose ETags are hashes of the contents.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    public async Task<RemoteFile> DescribeAsync(string path, Uri address, bool isOfHub, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await RepeatAsync(token => client.HeadAsync(address, path, token), path, cancellationToken).ConfigureAwait(false);
        string? linked = Tag(Header(response, "X-Linked-Etag"));
        string? tag = linked ?? Tag(response.Headers.ETag?.Tag ?? Header(response, "ETag"));
        long? bytes = long.TryParse(Header(response, "X-Linked-Size"), out long size) ? size
            : response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange?.Length
            : response.Content.Headers.ContentEncoding.Count == 0 ? response.Content.Headers.ContentLength
            : null;
        return bytes is >= 0
            ? new RemoteFile(path, address, bytes.Value, Key(tag ?? address.AbsoluteUri), Checksum.TryParse(isOfHub ? tag : linked))
            : throw new DownloadException($"{path}: {address.Host} does not say how large it is, so it cannot be downloaded.");
    }

    /// <summary>Repeats a request after transient failures.</summary>
    private async Task<T> RepeatAsync<T>(Func<CancellationToken, Task<T>> ask, string what, CancellationToken cancellationToken)
    {
        try
        {
            return await Repetition.Create(timing).ExecuteAsync(async token => await ask(token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (TransientFailure error)
        {
            throw new DownloadException($"{what}: {error.Message} Tried {timing.Repetitions + 1} times.", error);
        }
    }

    private static HubListing Read(JsonElement root, string what)
    {
        string commit = Text(root, "sha") is { } sha && ModelName.IsCommit(sha) ? sha : throw new DownloadException($"{what}: the hub gives no commit.");
        if (!root.TryGetProperty("siblings", out JsonElement siblings) || siblings.ValueKind != JsonValueKind.Array || siblings.GetArrayLength() > MostFiles)
        {
            throw new DownloadException($"{what}: the hub lists no files, or more than {MostFiles}.");
        }

        return new HubListing(commit, [.. siblings.EnumerateArray().Select(entry => ReadEntry(entry, what))]);
    }

    private static HubEntry ReadEntry(JsonElement entry, string what)
    {
        string path = Text(entry, "rfilename") ?? throw new DownloadException($"{what}: the hub lists a file without a name.");
        if (!SafePath.IsSafe(path))
        {
            throw new DownloadException($"{what}: the hub lists a file \"{path}\", which is outside its folder or not a valid file name; nothing was downloaded.");
        }

        bool isLarge = entry.TryGetProperty("lfs", out JsonElement large) && large.ValueKind == JsonValueKind.Object;
        return new HubEntry(path, Number(isLarge ? large : entry, "size"), Checksum.TryParse(isLarge ? Text(large, "sha256") : Text(entry, "blobId")));
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? JsonText.Of(value) : null;

    private static long? Number(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= 0 ? number : null;

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;

    /// <summary>An ETag without its quotes and its "W/" prefix.</summary>
    private static string? Tag(string? etag) => etag?.Replace("W/", "", StringComparison.Ordinal).Trim('"') is { Length: > 0 } tag ? tag : null;

    /// <summary>The name of the blob's file: the ETag, or its hash if it cannot be a file name.</summary>
    private static string Key(string tag) => tag.Length <= 100 && !tag.Contains('/', StringComparison.Ordinal) && SafePath.IsSafe(tag) ? tag : $"tag-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(tag)))[..40]}";
}
