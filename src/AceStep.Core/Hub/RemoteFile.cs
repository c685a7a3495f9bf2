namespace AceStep.Hub;

/// <summary>A file to be fetched.</summary>
/// <param name="Path">Its path within what was asked for.</param>
/// <param name="Address">Where it comes from.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Key">What the hub's cache calls its contents: the ETag.</param>
/// <param name="Checksum">What its contents must hash to; null where nobody says.</param>
internal sealed record RemoteFile(string Path, Uri Address, long Bytes, string Key, Checksum? Checksum)
{
    /// <summary>The file as it is known to this program; what the hub says otherwise is refused.</summary>
    public RemoteFile As(KnownFile? known)
    {
        if (known is null)
        {
            return this;
        }

        bool isOther = Bytes != known.Bytes || (Checksum is { } said && said.ToString() != known.Checksum.ToString() && said.Digits.Length == known.Checksum.Digits.Length);
        return isOther
            ? throw new DownloadException($"{Address.Host} has another {Path} than the one released: {Bytes} bytes, {Checksum}; the released one has {known.Bytes} bytes, {known.Checksum}. It is not fetched.")
            : this with { Checksum = known.Checksum };
    }
}
