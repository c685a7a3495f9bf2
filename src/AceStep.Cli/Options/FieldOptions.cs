using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;

namespace AceStep.Cli.Options;

/// <summary>
/// Options that stand for the fields of a request: made of what the fields declare, so that a new field is an option by
/// itself. Names, meanings, ranges and defaults come from there; nothing of it is said twice.
/// </summary>
internal class FieldOptions : OptionGroup
{
    private readonly List<(RequestField Field, Option Option)> _fields = [];

    /// <summary>A group with no other options.</summary>
    /// <param name="title">The title, which is the fields' group.</param>
    /// <param name="schema">The request.</param>
    public FieldOptions(string title, RequestSchema schema)
        : this(title) => AddFields(schema);

    /// <summary>A group that adds its fields between other options.</summary>
    protected FieldOptions(string title)
        : base(title)
    {
    }

    /// <summary>The option that stands for a field; null where there is none here.</summary>
    public string? OptionOf(string field) => _fields.Find(entry => entry.Field.Name == field).Option?.Name;

    /// <summary>Adds the values that the command line gives.</summary>
    /// <exception cref="UsageException">A value breaks a rule that the parser does not know.</exception>
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

    /// <summary>Adds the options of the request's fields that are of this group.</summary>
    protected void AddFields(RequestSchema schema)
    {
        foreach (RequestField field in schema.Fields.Where(field => field.Group == Title))
        {
            Option option = field.Kind == FieldKind.Flag ? CreateSwitch(field) : CreateOption(field);
            _fields.Add((field, Add(option)));
        }
    }

    /// <summary>A switch that turns a flag away from its default.</summary>
    private static Option<bool> CreateSwitch(RequestField field)
    {
        bool isOn = (bool)field.Default!;
        return new Option<bool>($"--{(isOn ? "no-" : "")}{field.Option}") { Description = (isOn ? "Off: " : "") + field.Capability.Description };
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
        // Choices stand beside the option's name, and nobody types a megabyte of text.
        string range = known.Choices.Count > 0 || isText || known.Range.Length == 0 ? "" : $" {Capitalize(known.Range)}{unit}.";
        string fallback = field.IsRequired ? " Required."
            : isText || known.Default.Length == 0 ? ""
            : $" Default {known.Default.Replace('_', '-')}{(double.TryParse(known.Default, CultureInfo.InvariantCulture, out _) ? unit : "")}.";
        return known.Description + range + fallback;
    }

    private static string Capitalize(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}

/// <summary>What every task reads, and the file that lyrics may come from.</summary>
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

    /// <summary>The lyrics in a file or on standard input; no more of them than one character beyond what a request may have.</summary>
    /// <param name="file">The file; - for standard input.</param>
    /// <exception cref="UsageException">It is not text in UTF-8.</exception>
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
