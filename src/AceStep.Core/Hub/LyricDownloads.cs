namespace AceStep.Hub;

/// <summary>What lyrics need and the checkpoint lacks: found in the cache, or fetched when the first lyrics come. Called on the pipeline's thread.</summary>
/// <param name="store">Where it is found.</param>
/// <param name="mayFetch">Whether what is in no cache may be fetched.</param>
internal sealed class LyricDownloads(ModelStore store, bool mayFetch)
{
    private CancellationToken _cancellationToken;

    /// <summary>The lyric vocabulary; null where there is none and none may be fetched.</summary>
    public string? Vocabulary() => store.FindLyricVocabulary() ?? (mayFetch ? Wait(store.GetLyricVocabularyAsync) : null);

    /// <summary>The Japanese dictionary in the cache; null where there is none.</summary>
    public string? CachedDictionary() => store.FindJapaneseDictionary();

    /// <summary>The Japanese dictionary, fetched; null where none may be.</summary>
    public string? FetchedDictionary() => mayFetch ? Wait(store.GetJapaneseDictionaryAsync) : null;

    /// <summary>Says what stops a download until the scope ends: that of the request which is computed.</summary>
    public Scope Under(CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        return new Scope(this);
    }

    // On the pool: the pipeline's thread has a scheduler of its own, which waits here.
    private string Wait(Func<CancellationToken, Task<string>> fetch)
    {
        CancellationToken cancellationToken = _cancellationToken;
        return Task.Run(() => fetch(cancellationToken), cancellationToken).GetAwaiter().GetResult();
    }

    /// <summary>The time in which a request's token counts.</summary>
    internal readonly struct Scope(LyricDownloads downloads) : IDisposable
    {
        public void Dispose() => downloads._cancellationToken = CancellationToken.None;
    }
}
