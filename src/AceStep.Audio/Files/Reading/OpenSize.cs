namespace AceStep.Audio.Files.Reading;

/// <summary>Sizes that a program writes into a header before it knows them, and leaves where it cannot go back: in a pipe.</summary>
internal static class OpenSize
{
    /// <summary>sox claims 0x7FFFF000 bytes of WAV and 0x7F000000 and a little of AIFF; others the largest of 31 bits.</summary>
    private const uint FirstOf31Bits = 0x7F000000;
    private const uint LastOf31Bits = 0x80000000;

    /// <summary>ffmpeg claims 0xFFFFFFFF, others that less the header.</summary>
    private const uint FirstOf32Bits = 0xFFFF0000;

    /// <summary>Whether a size says nothing, which one that is true never does.</summary>
    /// <param name="size">The size that a chunk claims.</param>
    /// <param name="available">The bytes that the file has from there on.</param>
    public static bool Is(uint size, long available) =>
        available > 0 && (size == 0 || (size > available && size is >= FirstOf32Bits or (>= FirstOf31Bits and <= LastOf31Bits)));
}

/// <summary>The sentences of warnings that several formats give.</summary>
internal static class WarningTexts
{
    public static AudioWarning PartialFrame(string name, long bytes, long frameSize) =>
        new(AudioWarningKind.PartialFrame, $"{name}: the last frame has {bytes} of {frameSize} bytes and is dropped.");
}
