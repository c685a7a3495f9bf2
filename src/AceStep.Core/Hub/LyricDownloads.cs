namespace AceStep.Hub;

/// <summary>Finds what lyrics need and the checkpoint lacks: in the cache, or by a download when the first lyrics come. Called on the pipeline's thread.</summary>
/// <param name="store">The caches and the downloads.</param>
/// <param name="mayFetch">Whether files that are in no cache may be downloaded.</param>
internal sealed class LyricDownloads(ModelStore store, bool mayFetch)
{
    private CancellationToken _cancellationToken;

    /// <summary>The lyric vocabulary; null if it is in no cache and may not be downloaded.</summary>
    public string? Vocabulary() => store.FindLyricVocabulary() ?? (mayFetch ? Wait(store.GetLyricVocabularyAsync) : null);

    /// <summary>The Japanese dictionary in the cache; null if it is not there.</summary>
    public string? CachedDictionary() => store.FindJapaneseDictionary();

    /// <summary>Downloads the Japanese dictionary; null if that is not allowed.</summary>
    public string? FetchedDictionary() => mayFetch ? Wait(store.GetJapaneseDictionaryAsync) : null;

    /// <summary>Lets a request's cancellation token stop downloads until the scope is disposed of.</summary>
    public Scope Under(CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        return new Scope(this);
    }

    // Runs on the thread pool: on the pipeline's own scheduler it would wait for the thread that waits here.
    private string Wait(Func<CancellationToken, Task<string>> fetch)
    {
        CancellationToken cancellationToken = _cancellationToken;
        return Task.Run(() => fetch(cancellationToken), cancellationToken).GetAwaiter().GetResult();
    }

    /// <summary>The time during which a request's token stops downloads.</summary>
    internal readonly struct Scope(LyricDownloads downloads) : IDisposable
    {
        public void Dispose() => downloads._cancellationToken = CancellationToken.None;
    }
}
