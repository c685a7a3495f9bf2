namespace AceStep.Server.Storage;

/// <summary>The server's folder on disk, held by one process.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    /// <exception cref="IOException">Another process has the folder, or it cannot be written.</exception>
    public DataFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Path);
        }
        else
        {
            // Songs, words and the secret are the user's own.
            Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        string file = System.IO.Path.Combine(Path, "lock");
        try
        {
            _lock = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (File.Exists(file))
        {
            throw new IOException($"The data folder {Path} is in use by another server. Stop it, or name another folder with --data.", error);
        }

        Secret = ServerSecret.Open(Path);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The secret that lies in it.</summary>
    public ServerSecret Secret { get; }

    /// <summary>The database of predictions.</summary>
    public string Database => System.IO.Path.Combine(Path, "predictions.db");

    /// <summary>The folder of blobs.</summary>
    public string Blobs => System.IO.Path.Combine(Path, "blobs");

    /// <summary>The cache of LoRAs that were fetched for clients.</summary>
    public string Loras => System.IO.Path.Combine(Path, "loras");

    /// <summary>Songs in other formats than they were made in.</summary>
    public string Encoded => System.IO.Path.Combine(Path, "encoded");

    public void Dispose() => _lock.Dispose();
}
