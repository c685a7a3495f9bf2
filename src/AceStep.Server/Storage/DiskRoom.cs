using System.Globalization;

namespace AceStep.Server.Storage;

/// <summary>How much room a disk has.</summary>
internal static class DiskRoom
{
    private const int NoSpaceUnix = 28;
    private const int QuotaUnix = 122;
    private const int NoSpaceWindows = unchecked((int)0x80070070);
    private const int HandleDiskFullWindows = unchecked((int)0x80070027);

    /// <exception cref="StorageFullException">Less than the reserve would be left.</exception>
    public static void Require(string folder, long bytes, long reserve)
    {
        long free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        if (free - bytes < reserve)
        {
            throw new StorageFullException(string.Create(CultureInfo.InvariantCulture, $"There is no room on the disk: {free >> 20} MiB are free, {reserve >> 20} MiB are kept free."));
        }
    }

    /// <summary>Whether writing failed for want of room; a file that may not grow any more counts too.</summary>
    public static bool IsFull(IOException error) =>
        error is StorageFullException || error.HResult is NoSpaceUnix or QuotaUnix or NoSpaceWindows or HandleDiskFullWindows;
}
