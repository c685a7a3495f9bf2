using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using AceStep.Audio;

namespace AceStep.Server.Storage;

/// <summary>Audio that clients have uploaded, judged by its bytes. A file is there when its description is.</summary>
internal sealed class FileStore(IBlobStore blobs, AceStepServerOptions options, TimeProvider time) : IDisposable
{
    public const string Folder = "files";

    private const int LongestType = 100;

    /// <summary>Others may share the store, and what is old goes by itself.</summary>
    private static readonly TimeSpan CountingPause = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _counting = new(1, 1);
    private long _bytes;
    private long _countedAt;
    private volatile bool _isCounted;

    /// <summary>Stores a file's bytes; without a description it is not there yet.</summary>
    /// <param name="content">Its bytes; read to the end, or to the limit.</param>
    /// <param name="cancellationToken">Stops the copying; nothing is kept.</param>
    /// <exception cref="FileTooLargeException">There are more bytes than are allowed.</exception>
    /// <exception cref="AudioFormatException">The bytes are no audio of a known format, or longer than is allowed.</exception>
    /// <exception cref="StorageFullException">There is no room on the disk, or files have all that they may have.</exception>
    public async Task<ReceivedFile> ReceiveAsync(Stream content, CancellationToken cancellationToken)
    {
        await RequireShareAsync(cancellationToken);
        string id = ServerSecret.NewId();
        using IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        AudioFileInfo? info = null;
        long bytes = await blobs.PutAsync(
            BlobOf(id),
            async (stream, token) =>
            {
                await CopyAsync(content, stream, [sha256, md5], token);
                stream.Position = 0;
                info = AudioFile.Probe(stream);
                RequireLength(info);
            },
            cancellationToken);
        Interlocked.Add(ref _bytes, bytes);
        return new ReceivedFile(id, bytes, MediaTypes.Of(info!.Format), Convert.ToHexStringLower(md5.GetHashAndReset()), Convert.ToHexStringLower(sha256.GetHashAndReset()));
    }

    /// <summary>Describes a received file: now it is there.</summary>
    /// <param name="received">The bytes.</param>
    /// <param name="name">The name that the client gave it.</param>
    /// <param name="contentType">The type that the client gave it; anything but a type of audio gives way to what the bytes say.</param>
    /// <param name="metadata">What the client wants to be kept beside it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<StoredFile> DescribeAsync(ReceivedFile received, string name, string? contentType, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        StoredFile file = new()
        {
            Id = received.Id,
            Name = name,
            ContentType = IsAudio(contentType) ? contentType! : received.ContentType,
            Bytes = received.Bytes,
            Md5 = received.Md5,
            Sha256 = received.Sha256,
            Metadata = metadata,
            Created = now,
            Expires = now + options.KeepFilesFor,
        };
        await blobs.PutAsync(DescriptionOf(file.Id), (stream, token) => JsonSerializer.SerializeAsync(stream, file, FileJson.Default.StoredFile, token), cancellationToken);
        return file;
    }

    /// <summary>The description of a file; null where there is none, or it has expired.</summary>
    public async Task<StoredFile?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (!IsId(id))
        {
            return null;
        }

        await using Stream? stream = await blobs.OpenAsync(DescriptionOf(id), cancellationToken);
        StoredFile? file = stream is null ? null : await JsonSerializer.DeserializeAsync(stream, FileJson.Default.StoredFile, cancellationToken);
        return file?.Expires > time.GetUtcNow() ? file : null;
    }

    /// <summary>The bytes of a file; null where there is none.</summary>
    public async Task<Stream?> OpenAsync(string id, CancellationToken cancellationToken) => IsId(id) ? await blobs.OpenAsync(BlobOf(id), cancellationToken) : null;

    /// <summary>Some of the files, the newest first; only their descriptions are read.</summary>
    /// <param name="after">Where the page before ended; null for the first.</param>
    /// <param name="count">At most so many.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The files, and where the page ends if more may follow.</returns>
    public async Task<(List<StoredFile> Files, FilePlace? Next)> ListAsync(FilePlace? after, int count, CancellationToken cancellationToken)
    {
        List<FilePlace> places = [];
        await foreach (BlobInfo blob in blobs.ListAsync(Folder, cancellationToken))
        {
            if (IdOf(blob) is { } id && new FilePlace(blob.Stored.UtcTicks, id) is var place && (after is null || place.CompareTo(after) > 0))
            {
                places.Add(place);
            }
        }

        places.Sort();
        List<StoredFile> files = [];
        FilePlace? last = null;
        foreach (FilePlace place in places)
        {
            if (files.Count == count)
            {
                return (files, last);
            }

            if (await FindAsync(place.Id, cancellationToken) is { } file)
            {
                files.Add(file);
                last = place;
            }
        }

        return (files, null);
    }

    /// <summary>Removes a file: the description first, so that nobody finds half of it.</summary>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        await blobs.DeleteAsync(DescriptionOf(id), cancellationToken);
        await blobs.DeleteAsync(BlobOf(id), cancellationToken);
        _isCounted = false;
    }

    public void Dispose() => _counting.Dispose();

    /// <summary>Whether a text has the form of an id.</summary>
    public static bool IsId(string id) => id.Length == 26 && id.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character));

    /// <summary>The id of the file that a blob belongs to, description or bytes; null for what is none of the store's.</summary>
    public static string? IdOf(BlobInfo blob)
    {
        string name = blob.Name[(Folder.Length + 1)..];
        string id = Path.GetFileNameWithoutExtension(name);
        return IsId(id) && name.EndsWith(".json", StringComparison.Ordinal) ? id : null;
    }

    private static string BlobOf(string id) => $"{Folder}/{id}";

    private static string DescriptionOf(string id) => $"{Folder}/{id}.json";

    /// <summary>Something that stands in a header when the file is sent.</summary>
    private static bool IsAudio(string? contentType) =>
        contentType is { Length: <= LongestType } && contentType.All(character => character is >= ' ' and <= '~') && MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
        && type.MediaType!.StartsWith("audio/", StringComparison.OrdinalIgnoreCase);

    /// <summary>Files have at most half of the room: beyond all of it the oldest songs go, and nobody's uploads are to push out the songs.</summary>
    private async Task RequireShareAsync(CancellationToken cancellationToken)
    {
        await _counting.WaitAsync(cancellationToken);
        try
        {
            long now = time.GetTimestamp();
            if (!_isCounted || time.GetElapsedTime(_countedAt, now) > CountingPause)
            {
                long bytes = 0;
                await foreach (BlobInfo blob in blobs.ListAsync(Folder, cancellationToken))
                {
                    bytes += blob.Bytes;
                }

                Interlocked.Exchange(ref _bytes, bytes);
                (_countedAt, _isCounted) = (now, true);
            }
        }
        finally
        {
            _counting.Release();
        }

        if (Interlocked.Read(ref _bytes) >= options.MaxDataBytes / 2)
        {
            throw new StorageFullException(FormattableString.Invariant($"Uploaded files have all the room that is kept for them, {options.MaxDataBytes >> 21} MiB; each goes after {options.KeepFilesFor.TotalHours:0.#} h, or when it is deleted."));
        }
    }

    private void RequireLength(AudioFileInfo info)
    {
        if (info.Duration is { } duration && duration.TotalSeconds > options.MaxSourceSeconds)
        {
            throw new AudioFormatException(FormattableString.Invariant($"The audio is {duration.TotalSeconds:0.#} s long; at most {options.MaxSourceSeconds:0.#} s are allowed."));
        }
    }

    private async Task CopyAsync(Stream content, Stream stream, IncrementalHash[] hashes, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 16];
        long total = 0;
        while (await content.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            total += count;
            if (total > options.MaxFileBytes)
            {
                throw new FileTooLargeException(options.MaxFileBytes);
            }

            Array.ForEach(hashes, hash => hash.AppendData(buffer, 0, count));
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }
}

/// <summary>The bytes of a file that has no description yet.</summary>
internal sealed record ReceivedFile(string Id, long Bytes, string ContentType, string Md5, string Sha256);

/// <summary>An uploaded file, as it is described beside its bytes. Immutable.</summary>
internal sealed record StoredFile
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string ContentType { get; init; }

    public required long Bytes { get; init; }

    public required string Md5 { get; init; }

    public required string Sha256 { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Expires { get; init; }
}

/// <summary>A file's place in the list: the newest come first. As text it is where a page ended.</summary>
internal sealed record FilePlace(long Ticks, string Id) : IComparable<FilePlace>
{
    public static bool TryParse(string text, [NotNullWhen(true)] out FilePlace? place)
    {
        int end = text.IndexOf('-', StringComparison.Ordinal);
        place = end > 0 && long.TryParse(text.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out long ticks) && FileStore.IsId(text[(end + 1)..]) ? new FilePlace(ticks, text[(end + 1)..]) : null;
        return place is not null;
    }

    public int CompareTo(FilePlace? other) => other is null ? 1 : Ticks != other.Ticks ? other.Ticks.CompareTo(Ticks) : string.CompareOrdinal(Id, other.Id);

    public override string ToString() => FormattableString.Invariant($"{Ticks}-{Id}");
}

/// <summary>A file has more bytes than are allowed.</summary>
internal sealed class FileTooLargeException(long limit) : Exception($"Files must be less than {limit / (1024 * 1024)}MB in size")
{
    public long Limit => limit;
}

/// <summary>Descriptions of files as stored text.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredFile))]
internal sealed partial class FileJson : JsonSerializerContext;
