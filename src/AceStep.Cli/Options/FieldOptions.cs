using System.CommandLine;

namespace AceStep.Cli.Options;

/// <summary>
/// Options that stand for fields of a task's request. What they mean, their ranges and their defaults come from
/// <see cref="MusicPipeline.Capabilities"/>; nothing of it is said twice.
/// </summary>
internal abstract class FieldOptions(string title, TaskCapability task) : OptionGroup(title)
{
    private readonly Dictionary<string, string> _names = [];

    /// <summary>The option that stands for a field; null where there is none here.</summary>
    public string? OptionOf(string field) => _names.GetValueOrDefault(field);

    protected Option<double?> Number(string option, string field) => Create(option, field, "X", Values.Number);

    protected Option<int?> WholeNumber(string option, string field) => Create(option, field, "N", Values.WholeNumber);

    protected Option<TimeSpan?> Seconds(string option, string field) => Create(option, field, "SECONDS", Values.Seconds);

    protected Option<Seeds?> Seeds(string option, string field) => Create(option, field, "N[,N...]", Values.Seeds);

    protected Option<IReadOnlyList<int>?> WholeNumbers(string option, string field) => Create(option, field, "N,N,...", Values.WholeNumbers);

    protected Option<string?> Text(string option, string field, string helpName) => Create<string?>(option, field, helpName, parser: null);

    protected Option<TEnum?> Choice<TEnum>(string option, string field)
        where TEnum : struct, Enum
    {
        IReadOnlyList<string> names = Names(Capability(field));
        return Create(option, field, "", result => Values.Choice<TEnum>(result, names));
    }

    /// <summary>A switch that turns a flag away from its default.</summary>
    protected Option<bool> Switch(string option, string field)
    {
        _names[field] = option;
        FieldCapability capability = Capability(field);
        return Add(new Option<bool>(option) { Description = capability.Default == "true" ? $"Off: {capability.Description}" : capability.Description });
    }

    private Option<T> Create<T>(string name, string field, string helpName, Func<System.CommandLine.Parsing.ArgumentResult, T>? parser)
    {
        _names[field] = name;
        FieldCapability capability = Capability(field);
        return Add(new Option<T>(name)
        {
            Description = Describe(capability),
            HelpName = capability.Choices.Count > 0 ? string.Join('|', Names(capability)) : helpName,
            CustomParser = parser,
            Required = capability.Default.Length == 0,
        });
    }

    /// <summary>The choices as the command line spells them.</summary>
    private static IReadOnlyList<string> Names(FieldCapability field) => [.. field.Choices.Select(name => name.Replace('_', '-'))];

    private static string Describe(FieldCapability field)
    {
        string unit = field.Unit is null or "characters" ? "" : $" {field.Unit}";
        // Choices stand beside the option's name, and nobody types a megabyte of text.
        string range = field.Choices.Count > 0 || field.Unit == "characters" || field.Range.Length == 0 ? "" : $" {Capitalize(field.Range)}{unit}.";
        string fallback = field.Default.Length == 0 ? " Required." : field.Unit == "characters" ? "" : $" Default {field.Default.Replace('_', '-')}{(double.TryParse(field.Default, out _) ? unit : "")}.";
        return field.Description + range + fallback;
    }

    private static string Capitalize(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private FieldCapability Capability(string field) => task.Fields.Single(known => known.Name == field);
}
