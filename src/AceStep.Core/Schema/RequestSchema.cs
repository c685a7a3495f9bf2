using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace AceStep;

/// <summary>
/// The schema of a task's request: its names, fields and rules, read once from the record's properties and their <see
/// cref="RequestFieldAttribute"/>s. All code that lists, checks, explains or fills in fields uses it. Immutable.
/// </summary>
internal sealed class RequestSchema
{
    private const DynamicallyAccessedMemberTypes Needed = DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor;

    private static readonly Dictionary<Type, RequestSchema> ByType = Enum.GetValues<MusicTask>().Select(ReadTask).ToDictionary(schema => schema._type);

    [DynamicallyAccessedMembers(Needed)]
    private readonly Type _type;

    private RequestSchema(MusicTask task, [DynamicallyAccessedMembers(Needed)] Type type)
    {
        _type = type;
        Task = task;
        MusicRequest blank = Blank();
        TaskNamesAttribute names = Declared<TaskNamesAttribute>(type);
        Group = names.Group;
        Examples = names.Examples;
        Fields = [.. ReadFields(blank)];
        Seeds = [.. Fields.Where(field => field.Kind == FieldKind.Seeds)];
        Source = Fields.SingleOrDefault(field => field.Kind == FieldKind.Source);
        Rules = blank.Rules;
        Capability = new TaskCapability(task, names.Method, names.Command, names.Deployment, names.Original, names.Description, [.. Fields.Select(field => field.Capability)]);
    }

    /// <summary>The schemas of all tasks, in their order.</summary>
    public static IReadOnlyList<RequestSchema> All { get; } = [.. ByType.Values.OrderBy(schema => schema.Task)];

    /// <summary>The task.</summary>
    public MusicTask Task { get; }

    /// <summary>The task's public description.</summary>
    public TaskCapability Capability { get; }

    /// <summary>The group of the task's own options in the help.</summary>
    public string Group { get; }

    /// <summary>The arguments of a few example command lines.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>All fields: first those that all tasks share, last the task's own.</summary>
    public IReadOnlyList<RequestField> Fields { get; }

    /// <summary>The fields that hold seeds.</summary>
    public IReadOnlyList<RequestField> Seeds { get; }

    /// <summary>The field with the source; null if the task has none.</summary>
    public RequestField? Source { get; }

    /// <summary>Rules between fields.</summary>
    public IReadOnlyList<Refusal> Rules { get; }

    /// <summary>The field of a name, as in the request: "Guidance.Scale".</summary>
    public RequestField this[string name] => Fields.Single(field => field.Name == name);

    /// <summary>The schema of a task's request.</summary>
    public static RequestSchema Of(MusicTask task) => All.Single(schema => schema.Task == task);

    /// <summary>The schema of a request.</summary>
    public static RequestSchema Of(MusicRequest request) => ByType[request.GetType()];

    /// <summary>Creates a request. Fields without a value have their defaults. Values are not checked; see <see cref="Validate"/>.</summary>
    /// <param name="values">The values, by the fields' names.</param>
    /// <exception cref="InvalidRequestException">A field is unknown, or a required field is missing.</exception>
    /// <exception cref="ArgumentException">A value is not of its field's type.</exception>
    public MusicRequest Create(IReadOnlyDictionary<string, object> values)
    {
        if (values.Keys.FirstOrDefault(name => !Fields.Any(field => field.Name == name)) is { } unknown)
        {
            throw new InvalidRequestException(unknown, $"is not a field of the task {EnumNames.Of(Task)}.");
        }

        MusicRequest request = Blank();
        foreach (RequestField field in Fields)
        {
            if (values.TryGetValue(field.Name, out object? value))
            {
                field.Write(request, value);
            }
            else if (field.IsRequired)
            {
                throw new InvalidRequestException(field.Name, "must be given.");
            }
        }

        return request;
    }

    /// <summary>Checks each field by itself, then the rules between fields.</summary>
    /// <exception cref="InvalidRequestException">A field breaks a rule.</exception>
    public void Validate(MusicRequest request)
    {
        foreach (RequestField field in Fields)
        {
            field.Check(request);
        }

        foreach (Refusal rule in Rules)
        {
            rule.Check(request);
        }
    }

    /// <summary>A request with every field at its default, and required fields unset.</summary>
    private MusicRequest Blank() => (MusicRequest)Activator.CreateInstance(_type)!;

    private IEnumerable<RequestField> ReadFields(MusicRequest blank)
    {
        foreach (PropertyInfo property in Properties(_type))
        {
            if (property.GetCustomAttribute<RequestSettingsAttribute>() is not { } settings)
            {
                yield return new RequestField(property, Declared<RequestFieldAttribute>(property), null, Group, blank);
                continue;
            }

            foreach (PropertyInfo inner in Properties(property.PropertyType))
            {
                yield return new RequestField(inner, Declared<RequestFieldAttribute>(inner), property, settings.Group, blank);
            }
        }
    }

    /// <summary>The properties that can be set: first those of base types, each type's in the order of its source code.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The settings' properties are set throughout the code.")]
    private static IEnumerable<PropertyInfo> Properties(Type type) => type.GetProperties()
        .Where(property => property.CanWrite)
        .OrderBy(property => Depth(property.DeclaringType!))
        .ThenBy(property => property.MetadataToken);

    private static int Depth(Type type) => type.BaseType is { } parent ? Depth(parent) + 1 : 0;

    private static RequestSchema ReadTask(MusicTask task) => new(task, Declared<RequestAttribute>(typeof(MusicTask).GetField(task.ToString())!).Type);

    private static TAttribute Declared<TAttribute>(MemberInfo member)
        where TAttribute : Attribute =>
        member.GetCustomAttribute<TAttribute>(inherit: false)
        ?? throw new InvalidOperationException($"{member.DeclaringType?.Name}.{member.Name} must have a {typeof(TAttribute).Name}.");
}
