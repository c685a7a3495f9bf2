namespace AceStep.Mutations;

/// <summary>A mistake that somebody could make, or has made, in one of the library's projects.</summary>
/// <param name="Name">What is done wrong.</param>
/// <param name="Breaks">What it breaks, and by how much.</param>
/// <param name="Tests">Where it is to show: a test project without <c>AceStep.</c> and <c>.Tests</c>, a slash, and a part of the tests' full names.</param>
/// <param name="Edits">What has to be written to make it.</param>
public sealed record Mistake(string Name, string Breaks, string Tests, IReadOnlyList<Edit> Edits)
{
    /// <summary>The project under src/ whose sources are changed.</summary>
    public string Project => Edits[0].File.Split('/')[1];

    /// <summary>The test project where it is to show first.</summary>
    public string TestProject => Tests.Split('/')[0];

    /// <summary>The part of the full names of the tests there that are run first.</summary>
    public string TestName => Tests.Split('/')[1];

    /// <summary>The mistakes that the file beside the program lists; how it is written is said at its beginning.</summary>
    public static IReadOnlyList<Mistake> ReadAll() => Read(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "mistakes.txt")));

    /// <summary>Reads a list of mistakes.</summary>
    /// <exception cref="FormatException">A line is none of those that the list may have, or a part of a mistake is missing; says where.</exception>
    public static IReadOnlyList<Mistake> Read(IReadOnlyList<string> lines)
    {
        List<Mistake> mistakes = [];
        Dictionary<string, string> parts = [];
        List<(string File, List<string> Find, List<string> Write)> edits = [];
        for (int i = 0; i <= lines.Count; i++)
        {
            string line = i < lines.Count ? lines[i] : "mistake:";
            (string key, string value) = line.Split(':', 2) is [var name, var rest] && line is not ['+' or '-', ..] ? (name, rest.Trim()) : ("", "");
            if (key == "mistake" && parts.Count > 0)
            {
                mistakes.Add(new Mistake(Part("mistake"), Part("breaks"), Part("tests"), [.. edits.Select(edit => new Edit(edit.File, Join(edit.Find), Join(edit.Write)))]));
                Require(mistakes[^1].Edits.Count > 0, "a mistake must have at least one file");
                Require(mistakes[^1].Tests.Split('/').Length == 2, "the tests of a mistake must be PROJECT/NAME");
                (parts, edits) = ([], []);
            }

            if (key is "mistake" or "breaks" or "tests")
            {
                parts[key] = value;
            }
            else if (key == "file")
            {
                edits.Add((value, [], []));
            }
            else if (line is ['+' or '-', ..])
            {
                Require(edits.Count > 0, "a line to find or to write must follow its file");
                Require(line is ['-' or '+'] or ['-' or '+', ' ', ..], "a space must follow the sign");
                (line[0] == '-' ? edits[^1].Find : edits[^1].Write).Add(line.Length > 2 ? line[2..] : "");
            }
            else
            {
                Require(line.Length == 0 || line[0] == '#', "a line must be a key with its value, what to find, what to write, a remark or empty");
            }

            string Part(string key) => parts.TryGetValue(key, out string? part) && part.Length > 0 ? part : throw new FormatException($"Above line {i + 1}: a mistake must say \"{key}:\".");

            void Require(bool condition, string rule)
            {
                if (!condition)
                {
                    throw new FormatException($"Line {i + 1}: {rule}.");
                }
            }
        }

        return mistakes;
    }

    private static string Join(List<string> lines) => string.Join('\n', lines);
}

/// <summary>A change of a file: what is found there once is replaced.</summary>
/// <param name="File">The file, from the repository's root, with slashes.</param>
/// <param name="Find">What to find.</param>
/// <param name="Write">What to put in its place.</param>
public sealed record Edit(string File, string Find, string Write)
{
    /// <summary>Changes a text.</summary>
    /// <exception cref="FormatException">What is to be found is not there, or more than once: the list of mistakes no longer fits the sources.</exception>
    public string Apply(string text)
    {
        int place = Find.Length == 0 ? -1 : text.IndexOf(Find, StringComparison.Ordinal);
        if (place < 0 || text.IndexOf(Find, place + 1, StringComparison.Ordinal) >= 0)
        {
            throw new FormatException($"{File} must have this text once; it has it {(place < 0 ? "not at all" : "several times")}: {Find}");
        }

        return text[..place] + Write + text[(place + Find.Length)..];
    }
}
