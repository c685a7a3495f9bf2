using System.Globalization;
using AceStep.Fuzz;
using AceStep.Fuzz.Audio;

// AceStep.Fuzz run TARGET FIRST COUNT     the corpus, then COUNT damaged inputs, numbered from FIRST
// AceStep.Fuzz check TARGET FILE...       the files, each with its error in full
// AceStep.Fuzz make TARGET NUMBER         writes a damaged input to standard output
// AceStep.Fuzz afl TARGET                 under afl-fuzz: see eng/fuzz.sh
// AceStep.Fuzz words TARGET               the target's words as a dictionary of afl-fuzz
// AceStep.Fuzz list                       the targets
// AceStep.Fuzz sound KIND FIRST COUNT     damaged sound files, libsndfile's own code included
//
// An input is either read or refused as the target documents; everything else ends the program, whose last line then names
// the case. It is a program of its own so that a crash in native code and a stack that overflows are seen.
switch (args)
{
    case ["run", var name, var first, var count]:
        return Runs.Damage(AllTargets.Of(name), Number(first), Number(count));
    case ["check", var name, .. var files]:
        return Runs.Check(AllTargets.Of(name), files);
    case ["make", var name, var number]:
        using (Stream output = Console.OpenStandardOutput())
        {
            output.Write(Runs.Damaged(AllTargets.Of(name), Number(number)));
        }

        return 0;
    case ["afl", var name]:
        Runs.Afl(name);
        return 0;
    case ["words", var name]:
        Runs.WriteWords(AllTargets.Of(name), Console.Out);
        return 0;
    case ["list"]:
        foreach (FuzzTarget target in AllTargets.All)
        {
            Console.Out.WriteLine($"{target.Name,-16} {target.Reads}");
        }

        return 0;
    case ["sound", var kind, var first, var count]:
        return SoundRuns.Damage(kind, Number(first), Number(count));
    default:
        Console.Error.WriteLine("usage: AceStep.Fuzz (run TARGET FIRST COUNT | check TARGET FILE... | make TARGET NUMBER | afl TARGET | words TARGET | list | sound KIND FIRST COUNT)");
        return 64;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
