using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace AceStep;

/// <summary>The kind of a field's value.</summary>
internal enum FieldKind
{
    /// <summary>Text.</summary>
    Text,

    /// <summary>A number: <see cref="double"/>.</summary>
    Number,

    /// <summary>A whole number: <see cref="int"/>.</summary>
    WholeNumber,

    /// <summary>Several whole numbers: a list of <see cref="int"/>.</summary>
    WholeNumbers,

    /// <summary>Seconds: <see cref="TimeSpan"/>.</summary>
    Seconds,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A member of an enumeration.</summary>
    Choice,

    /// <summary>One seed or several.</summary>
    Seeds,

    /// <summary>Audio or latents.</summary>
    Source,
}

/// <summary>
/// One field of a request, made from its property. Describes the field, checks its value, reads it from a request and writes
/// it into a new one. Immutable.
/// </summary>
internal sealed class RequestField
{
    /// <summary>The most characters of a text field: far more than the model reads, but few enough to be handled quickly.</summary>
    private const int LongestText = 1 << 20;

    private readonly PropertyInfo _property;
    private readonly PropertyInfo? _settings;

    /// <param name="property">The property.</param>
    /// <param name="declaration">The property's attribute.</param>
    /// <param name="settings">The request's property whose settings contain it; null if it is the request's own.</param>
    /// <param name="group">The group of its option, unless the attribute sets one.</param>
    /// <param name="blank">A request without values, from which the default is read.</param>
    public RequestField(PropertyInfo property, RequestFieldAttribute declaration, PropertyInfo? settings, string group, MusicRequest blank)
    {
        _property = property;
        _settings = settings;
        Declaration = declaration;
        Kind = KindOf(property);
        Group = declaration.Group ?? group;
        IsRequired = property.IsDefined(typeof(RequiredMemberAttribute));
        Default = IsRequired ? null : property.GetValue(Owner(blank));
        Option = declaration.Option ?? JsonNamingPolicy.KebabCaseLower.ConvertName(property.Name);
        Choices = Kind == FieldKind.Choice ? [.. EnumNames.All(ValueType).Select(choice => KeyValuePair.Create(choice.Key, (object)choice.Value))]
            : [.. declaration.Values.Select(value => KeyValuePair.Create(FieldText.Of(value), (object)value)), .. declaration.Texts.Select(text => KeyValuePair.Create(text, (object)text))];
        bool isFreeText = Kind == FieldKind.Text && Choices.Count == 0;
        Capability = new FieldCapability
        {
            Name = settings is null ? property.Name : $"{settings.Name}.{property.Name}",
            Description = declaration.Description,
            Default = FieldText.OfDefault(Default),
            Minimum = isFreeText ? 0 : Bound(declaration.Minimum),
            Maximum = Bound(declaration.Maximum) ?? (isFreeText ? LongestText : null),
            IsInteger = isFreeText || Kind is FieldKind.WholeNumber or FieldKind.WholeNumbers or FieldKind.Seeds && Choices.Count == 0,
            Unit = declaration.Unit ?? (Kind switch { FieldKind.Seconds => "s", FieldKind.Text when isFreeText => "characters", _ => null }),
            Choices = Kind == FieldKind.Flag ? ["true", "false"] : [.. Choices.Select(choice => choice.Key)],
            DeploymentName = declaration.Deployment,
            DeploymentMinimum = Bound(declaration.DeploymentMinimum),
            DeploymentMaximum = Bound(declaration.DeploymentMaximum),
        };
    }

    /// <summary>The field's public description.</summary>
    public FieldCapability Capability { get; }

    /// <summary>The property's attribute.</summary>
    public RequestFieldAttribute Declaration { get; }

    /// <summary>The field, as the request spells it: "Guidance.Scale".</summary>
    public string Name => Capability.Name;

    /// <summary>The kind of its value.</summary>
    public FieldKind Kind { get; }

    /// <summary>The type of its values.</summary>
    public Type ValueType => Nullable.GetUnderlyingType(_property.PropertyType) ?? _property.PropertyType;

    /// <summary>Whether it must be given.</summary>
    public bool IsRequired { get; }

    /// <summary>The default value; null if the field must be given, or its default is null.</summary>
    public object? Default { get; }

    /// <summary>The allowed values with their names, if they are a fixed list; otherwise empty.</summary>
    public IReadOnlyList<KeyValuePair<string, object>> Choices { get; }

    /// <summary>The command line's option, without its dashes.</summary>
    public string Option { get; }

    /// <summary>The group of its option in the help.</summary>
    public string Group { get; }

    /// <summary>The value in a request.</summary>
    /// <exception cref="InvalidRequestException">It is null.</exception>
    public object Read(MusicRequest request) => Find(request) ?? throw new InvalidRequestException(Name, "must not be null.");

    /// <summary>Checks the value in a request by itself.</summary>
    /// <exception cref="InvalidRequestException">It breaks a rule of this field.</exception>
    public void Check(MusicRequest request)
    {
        // A caller may set null in spite of the nullable annotations.
        if (Find(request) is { } value)
        {
            CheckValue(value);
        }
        else if (IsRequired || Default is not null)
        {
            throw new InvalidRequestException(Name, "must not be null.");
        }
    }

    /// <summary>Checks a value.</summary>
    /// <exception cref="InvalidRequestException">It breaks a rule of this field.</exception>
    public void CheckValue(object value)
    {
        if (Choices.Count > 0)
        {
            if (!Choices.Any(choice => choice.Value.Equals(value)))
            {
                Refuse(FieldText.OfDefault(value));
            }

            return;
        }

        switch (value)
        {
            case string text:
                CheckNumber(text.Length);
                break;
            case double number:
                CheckNumber(number);
                break;
            case int number:
                CheckNumber(number);
                break;
            case TimeSpan time:
                CheckNumber(time.TotalSeconds);
                break;
            case Seeds seeds:
                Array.ForEach([.. seeds], seed => CheckNumber(seed));
                break;
            case IReadOnlyList<int> numbers:
                Array.ForEach([.. numbers], number => CheckNumber(number));
                break;
        }
    }

    /// <summary>Sets the value in a new request that is not shared yet.</summary>
    /// <exception cref="ArgumentException">The value is not of the field's type.</exception>
    public void Write(MusicRequest fresh, object value)
    {
        if (!ValueType.IsInstanceOfType(value))
        {
            throw new ArgumentException($"{Name} must be a {ValueType.Name}; it is a {value.GetType().Name}.", nameof(value));
        }

        _property.SetValue(Owner(fresh), value);
    }

    private object? Find(MusicRequest request) => _property.GetValue(Owner(request));

    /// <summary>The object with the property: the request, or settings within it.</summary>
    private object Owner(MusicRequest request) => _settings is null
        ? request
        : _settings.GetValue(request) ?? throw new InvalidRequestException(_settings.Name, "must not be null.");

    private void CheckNumber(double value)
    {
        // Written so that NaN is refused.
        bool fits = double.IsFinite(value) && !(value < Capability.Minimum) && !(value > Capability.Maximum);
        if (!fits)
        {
            Refuse(FieldText.Of(value));
        }
    }

    [DoesNotReturn]
    private void Refuse(string value)
    {
        string rule = Capability.Range is { Length: > 0 } range ? $"must be {range}{(Capability.Unit is { } unit ? " " + unit : "")}" : "must be a finite number";
        throw new InvalidRequestException(Name, $"{rule}; it is {value}.");
    }

    private static double? Bound(double value) => double.IsNaN(value) ? null : value;

    private static FieldKind KindOf(PropertyInfo property)
    {
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return type switch
        {
            _ when type == typeof(string) => FieldKind.Text,
            _ when type == typeof(double) => FieldKind.Number,
            _ when type == typeof(int) => FieldKind.WholeNumber,
            _ when type == typeof(IReadOnlyList<int>) => FieldKind.WholeNumbers,
            _ when type == typeof(TimeSpan) => FieldKind.Seconds,
            _ when type == typeof(bool) => FieldKind.Flag,
            _ when type == typeof(Seeds) => FieldKind.Seeds,
            _ when type == typeof(MusicSource) => FieldKind.Source,
            _ when type.IsEnum => FieldKind.Choice,
            _ => throw new NotSupportedException($"{property.DeclaringType!.Name}.{property.Name} is a {type.Name}, which no field of a request can be: see {nameof(FieldKind)}."),
        };
    }
}
