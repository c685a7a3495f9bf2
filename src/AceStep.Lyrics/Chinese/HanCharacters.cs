namespace AceStep.Lyrics.Chinese;

/// <summary>The characters that pinyin is looked up for.</summary>
internal static class HanCharacters
{
    // First and last code point of each range.
    private static readonly int[] Ranges =
    [
        0x3007, 0x3007, 0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xE815, 0xE864, 0xF900, 0xFAFF, 0x20000, 0x2A6DF,
        0x2A703, 0x2B73F, 0x2B740, 0x2B81D, 0x2B825, 0x2BF6E, 0x2C029, 0x2CE93, 0x2D016, 0x2D016, 0x2D11B, 0x2EBD9,
        0x2F80A, 0x2FA1F, 0x300F7, 0x31288,
    ];

    public static bool Contains(int codePoint)
    {
        if (codePoint < Ranges[0])
        {
            return false;
        }

        for (int index = 0; index < Ranges.Length; index += 2)
        {
            if (codePoint >= Ranges[index] && codePoint <= Ranges[index + 1])
            {
                return true;
            }
        }

        return false;
    }
}
