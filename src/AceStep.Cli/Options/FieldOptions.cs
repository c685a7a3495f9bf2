using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;

namespace AceStep.Cli.Options;

/// <summary>
/// Options for the fields of a request. They are created from the fields' declarations, with their names, descriptions,
/// ranges and defaults, so that a new field needs no code here.
/// </summary>
internal class FieldOptions : OptionGroup
{
    private readonly List<(RequestField Field, Option Option)> _fields = [];

    /// <summary>Creates a group of only the fields of a group.</summary>
    /// <param name="title">The title, which is also the fields' group.</param>
    /// <param name="schema">The request's schema.</param>
    public FieldOptions(string title, RequestSchema schema)
        : this(title) => AddFields(schema);

    /// <summary>Creates a group that also has other options.</summary>
    protected FieldOptions(string title)
        : base(title)
    {
    }

    /// <summary>The option for a field; null if it is not in this group.</summary>
    public string? OptionOf(string field) => _fields.Find(entry => entry.Field.Name == field).Option?.Name;

    /// <summary>Adds the values given on the command line.</summary>
    /// <exception cref="UsageException">A value is invalid.</exception>
    public virtual void Read(ParseResult result, Dictionary<string, object> values)
    {
        foreach ((RequestField field, Option option) in _fields)
        {
            object? value = option is Option<bool> flag
                ? result.GetValue(flag) ? !(bool)field.Default! : null
                : result.GetValue((Option<object?>)option);
            if (value is not null)
            {
                values[field.Name] = field.Kind == FieldKind.Source ? SourceFile.Open(option.Name, (string)value) : value;
            }
        }
    }

    /// <summary>Adds an option for each of the request's fields in this group.</summary>
    protected void AddFields(RequestSchema schema)
    {
        foreach (RequestField field in schema.Fields.Where(field => field.Group == Title))
        {
            Option option = field.Kind == FieldKind.Flag ? CreateSwitch(field) : CreateOption(field);
            _fields.Add((field, Add(option)));
        }
    }

    /// <summary>Creates a switch that changes a flag from its default.</summary>
    private static Option<bool> CreateSwitch(RequestField field)
    {
        bool isOn = (bool)field.Default!;
        return new Option<bool>($"--{(isOn ? "no-" : "")}{field.Option}") { Description = (isOn ? "Switch off: " : "") + field.Capability.Description };
    }

    private static Option<object?> CreateOption(RequestField field) => new($"--{field.Option}")
    {
        Description = Describe(field),
        HelpName = field.Choices.Count > 0 ? string.Join('|', Values.NamesOf(field.Choices)) : Placeholder(field.Kind),
        CustomParser = result => Parse(field, result),
        Required = field.IsRequired,
    };

    private static object? Parse(RequestField field, ArgumentResult result) => field.Kind switch
    {
        FieldKind.Number => Values.Number(result),
        FieldKind.WholeNumber => Values.WholeNumber(result),
        FieldKind.WholeNumbers => Values.WholeNumbers(result),
        FieldKind.Seconds => Values.Seconds(result),
        FieldKind.Choice => Values.Choice(result, field.Choices),
        FieldKind.Text when field.Choices.Count > 0 => Values.Choice(result, field.Choices),
        FieldKind.Seeds => Values.Seeds(result),
        _ => Values.Text(result),
    };

    private static string Placeholder(FieldKind kind) => kind switch
    {
        FieldKind.Number => "X",
        FieldKind.WholeNumber => "N",
        FieldKind.WholeNumbers => "N,N,...",
        FieldKind.Seconds => "SECONDS",
        FieldKind.Seeds => "N[,N...]",
        FieldKind.Source => "FILE",
        _ => "TEXT",
    };

    private static string Describe(RequestField field)
    {
        FieldCapability known = field.Capability;
        bool isText = field.Kind == FieldKind.Text;
        string unit = known.Unit is null || isText ? "" : $" {known.Unit}";
        // Choices are shown beside the option's name, and the limit for texts is of no interest.
        string range = known.Choices.Count > 0 || isText || known.Range.Length == 0 ? "" : $" {Capitalize(known.Range)}{unit}.";
        string fallback = field.IsRequired ? " Required."
            : isText || known.Default.Length == 0 ? ""
            : $" Default {known.Default.Replace('_', '-')}{(double.TryParse(known.Default, CultureInfo.InvariantCulture, out _) ? unit : "")}.";
        return known.Description + range + fallback;
    }

    private static string Capitalize(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}

/// <summary>The fields that all tasks share, and the option to read lyrics from a file.</summary>
internal sealed class MusicOptions : FieldOptions
{
    private const string StandardInput = "-";

    private static readonly int LongestLyrics = (int)RequestSchema.Of(MusicTask.TextToMusic)[nameof(MusicRequest.Lyrics)].Capability.Maximum!.Value;

    private readonly Option<string?> _lyricsFile;

    public MusicOptions(RequestSchema schema)
        : base(RequestFieldAttribute.Music, schema) =>
        _lyricsFile = AddAfter("--lyrics", new Option<string?>("--lyrics-file") { Description = "Read the lyrics from a text file (UTF-8); - reads them from standard input.", HelpName = "FILE" });

    public override void Read(ParseResult result, Dictionary<string, object> values)
    {
        base.Read(result, values);
        if (result.GetValue(_lyricsFile) is not { } file)
        {
            return;
        }

        if (values.ContainsKey(nameof(MusicRequest.Lyrics)))
        {
            throw new UsageException("--lyrics and --lyrics-file cannot be given together.");
        }

        values[nameof(MusicRequest.Lyrics)] = ReadText(file);
    }

    /// <summary>Reads lyrics from a file or standard input, at most one character more than a request may have.</summary>
    /// <param name="file">The file; - for standard input.</param>
    /// <exception cref="UsageException">The text is not UTF-8.</exception>
    public static string ReadText(string file)
    {
        using Stream stream = file == StandardInput ? Console.OpenStandardInput() : File.OpenRead(file);
        using StreamReader reader = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        char[] characters = new char[LongestLyrics + 1];
        try
        {
            int length = reader.ReadBlock(characters, 0, characters.Length);
            return new string(characters, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw new UsageException($"{(file == StandardInput ? "Standard input" : file)} must be text in UTF-8.");
        }
    }
}
