using System.CommandLine;

namespace AceStep.Cli;

/// <summary>Suggests corrections of mistyped commands and options.</summary>
internal static class Suggestions
{
    /// <summary>A sentence for each unknown word that is similar to a known one.</summary>
    public static IEnumerable<string> For(ParseResult result)
    {
        Command command = result.CommandResult.Command;
        IEnumerable<string> commands = command.Subcommands.Select(known => known.Name);
        IEnumerable<string> options = command.Options.Concat(result.RootCommandResult.Command.Options).SelectMany(option => option.Aliases.Prepend(option.Name));
        return result.UnmatchedTokens
            .Select(word => Closest(word, word.StartsWith('-') ? options : commands))
            .OfType<string>()
            .Distinct()
            .Select(known => $"Did you mean '{known}'?");
    }

    /// <summary>The known word with the fewest differences; null if more than a third of it differs.</summary>
    private static string? Closest(string word, IEnumerable<string> known) => known
        .Select(candidate => (Word: candidate, Changes: Distance(word, candidate)))
        .Where(candidate => candidate.Changes <= Math.Max(1, candidate.Word.Length / 3))
        .OrderBy(candidate => candidate.Changes)
        .Select(candidate => candidate.Word)
        .FirstOrDefault();

    /// <summary>The number of letters to insert, remove, replace or swap with their neighbour (optimal string alignment distance).</summary>
    private static int Distance(string from, string to)
    {
        const int Longest = 64;
        if (from.Length > Longest)
        {
            return int.MaxValue;
        }

        var changes = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    changes[i, j] = i + j;
                    continue;
                }

                int best = Math.Min(changes[i - 1, j], changes[i, j - 1]) + 1;
                best = Math.Min(best, changes[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1));
                bool areSwapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
                changes[i, j] = areSwapped ? Math.Min(best, changes[i - 2, j - 2] + 1) : best;
            }
        }

        return changes[from.Length, to.Length];
    }
}
