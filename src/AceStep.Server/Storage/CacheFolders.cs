namespace AceStep.Server.Storage;

/// <summary>Where a process keeps what it can make or fetch again.</summary>
internal sealed class CacheFolders : IDisposable
{
    private readonly bool _isOwn;

    private CacheFolders(string loras, string encoded, bool isOwn) => (Loras, Encoded, _isOwn) = (loras, encoded, isOwn);

    /// <summary>LoRAs that were fetched for clients.</summary>
    public string Loras { get; }

    /// <summary>Songs in other formats than they were made in; one process has it.</summary>
    public string Encoded { get; }

    /// <summary>Those of a server that has its data folder to itself.</summary>
    public static CacheFolders In(DataFolder data) => new(data.Loras, data.Encoded, isOwn: false);

    /// <summary>Those of one of several processes of a machine, which share what is fetched.</summary>
    public static CacheFolders Shared(string folder) =>
        new(Path.Combine(Path.GetFullPath(folder), "loras"), Path.Combine(Path.GetTempPath(), $"acestep-{Path.GetRandomFileName()}"), isOwn: true);

    public void Dispose()
    {
        if (_isOwn && Directory.Exists(Encoded))
        {
            Directory.Delete(Encoded, recursive: true);
        }
    }
}
