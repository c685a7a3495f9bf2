using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

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
