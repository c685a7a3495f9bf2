using AceStep.Models;

namespace AceStep.Fuzz.Targets;

/// <summary>A library for Linux, of which the loader of libtorch reads the segments and changes the version records.</summary>
internal sealed class ElfTarget : FuzzTarget
{
    private readonly string _path = Scratch.File("elf", "library.so");

    public override string Name => "elf";

    public override string Reads => "ElfFile.RequireWhole and CxxRequirements.Relax";

    public override IReadOnlyList<string> Words => ["\u007fELF\u0002\u0001", "GLIBCXX_3.4.32\0", "GLIBCXX_3.4.30\0", "GLIBCXX_3.4.11\0", "\u00fe\u00ff\u00ff\u006f"];

    public override void Read(byte[] input)
    {
        File.WriteAllBytes(_path, input);
        try
        {
            ElfFile.RequireWhole(_path);
        }
        catch (InvalidDataException)
        {
            // Its sections may be sound where its segments are not.
        }

        // Records that overlap are changed through one another, so that nothing can be said of what comes out of them.
        CxxRequirements.Relax([.. input]);
    }

    public override bool IsRefusal(Exception error) => error is InvalidDataException;
}
