using AceStep.Audio;
using AceStep.Server.Security;
using AceStep.Server.Storage;

namespace AceStep.Server.Work;

/// <summary>Opens the source that a prediction names: an uploaded file, a song of this server, or an address elsewhere.</summary>
internal sealed class SourceReader(FileStore files, IBlobStore blobs, OutputAddresses outputs, GuardedHttp http, AceStepServerOptions options)
{
    /// <summary>The most samples of all channels together: 240 MB of memory.</summary>
    private const long MaxSamples = 60_000_000;

    /// <summary>Reads and decodes a source.</summary>
    /// <param name="address">What the input says.</param>
    /// <param name="baseUrl">The server's own address, by which it knows what is its own.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="SourceException">There is nothing there, or no audio, or too much of it.</exception>
    public async Task<AudioBuffer> ReadAsync(string address, string baseUrl, CancellationToken cancellationToken)
    {
        try
        {
            await using Stream stream = await OpenAsync(address, baseUrl, cancellationToken);
            return await Task.Run(() => Decode(stream), cancellationToken);
        }
        catch (Exception error) when (error is AudioFormatException or HttpRequestException)
        {
            throw new SourceException($"The source cannot be used: {error.Message}", error);
        }
    }

    private async Task<Stream> OpenAsync(string address, string baseUrl, CancellationToken cancellationToken) => OwnAddress.Parse(address, baseUrl) switch
    {
        { FileId: { } id } => await files.OpenAsync(id, cancellationToken) ?? throw new SourceException("The uploaded file no longer exists."),
        { OutputPath: { } path } => outputs.BlobOf(path) is { } blob && await blobs.OpenAsync(blob, cancellationToken) is { } song
            ? song
            : throw new SourceException("The song no longer exists."),
        _ => await FetchAsync(address, cancellationToken),
    };

    /// <summary>Fetches a file into a temporary one, which is gone when it is closed.</summary>
    private async Task<Stream> FetchAsync(string address, CancellationToken cancellationToken)
    {
        if (http.Objection(address) is { } objection)
        {
            throw new SourceException($"The source's address {objection}.");
        }

        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.FetchTimeout);
        FileStream file = new(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        try
        {
            using HttpResponseMessage response = await http.Fetching.GetAsync(new Uri(address), HttpCompletionOption.ResponseHeadersRead, patience.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw new SourceException($"The source's server answered {(int)response.StatusCode} {response.ReasonPhrase}.");
            }

            await using Stream content = await response.Content.ReadAsStreamAsync(patience.Token);
            await CopyAsync(content, file, patience.Token);
            file.Position = 0;
            return file;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await file.DisposeAsync();
            throw new SourceException($"The source was not downloaded within {options.FetchTimeout.TotalSeconds:0} s.");
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private async Task CopyAsync(Stream content, FileStream file, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 16];
        while (await content.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            if (file.Length + count > options.MaxFileBytes)
            {
                throw new SourceException($"The source is too large: at most {options.MaxFileBytes >> 20} MiB are allowed.");
            }

            await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    /// <summary>Bounded by what comes out, not by what the file claims or weighs: an hour of silence is a small FLAC.</summary>
    private AudioBuffer Decode(Stream stream)
    {
        using AudioReader reader = AudioFile.OpenRead(stream, leaveOpen: true);
        int longest = (int)Math.Min((long)(options.MaxSourceSeconds * reader.Info.SampleRate), MaxSamples / reader.Info.Channels);
        AudioBuffer audio = reader.ReadBlock(longest + 1);
        return audio.Length <= longest
            ? audio
            : throw new SourceException(FormattableString.Invariant($"The source is too long: at most {(double)longest / reader.Info.SampleRate:0.#} s of {reader.Info.Channels} channels at {reader.Info.SampleRate} Hz are read."));
    }
}

/// <summary>A source cannot be used; the message is for the client.</summary>
internal sealed class SourceException(string message, Exception? inner = null) : Exception(message, inner);
