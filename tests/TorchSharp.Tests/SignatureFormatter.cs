using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace TorchSharp.Tests;

/// <summary>
/// Spells the public surface of an assembly, one member a line: kind, types, parameter names and defaults. Works on metadata alone,
/// so that an assembly whose native half does not load can be listed too.
/// </summary>
internal static class SignatureFormatter
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Every type that a user of the assembly can name, and every member of it that he can call or override, sorted.</summary>
    public static IReadOnlyList<string> Describe(Assembly assembly) =>
        [.. TypesOf(assembly).Where(IsVisible).SelectMany(DescribeType).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    // Types over a package that is not installed here cannot be looked at; none of them is of interest.
    private static IEnumerable<Type> TypesOf(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException exception)
        {
            return exception.Types.OfType<Type>();
        }
    }

    private static bool IsVisible(Type type) =>
        type.IsNested
            ? (type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(type.DeclaringType!)
            : type.IsPublic;

    private static IEnumerable<string> DescribeType(Type type)
    {
        string owner = TypeName(type);
        yield return $"{owner}: {Kind(type)}{BaseOf(type)}";
        // An enum's contracts are the runtime's choice.
        foreach (Type contract in type.IsEnum ? [] : type.GetInterfaces().Where(contract => contract.IsVisible))
        {
            yield return $"{owner}: implements {TypeName(contract)}";
        }

        foreach (FieldInfo field in type.GetFields(Declared).Where(IsReachable))
        {
            string modifier = field.IsLiteral ? "const " : field.IsStatic ? "static " : string.Empty;
            string value = field.IsLiteral ? $" = {Literal(field.GetRawConstantValue())}" : string.Empty;
            yield return $"{owner}: {Access(field.IsPublic)}{modifier}{(field.IsInitOnly ? "readonly " : string.Empty)}{TypeName(field.FieldType)} {field.Name}{value}";
        }

        foreach (ConstructorInfo constructor in type.GetConstructors(Declared).Where(constructor => !constructor.IsStatic && IsReachable(constructor)))
        {
            yield return $"{owner}: {Access(constructor.IsPublic)}new({Parameters(constructor)})";
        }

        foreach (MethodInfo method in type.GetMethods(Declared).Where(method => IsReachable(method) && !IsAccessor(method)))
        {
            yield return $"{owner}: {Access(method.IsPublic)}{Modifier(method)}{TypeName(method.ReturnType)} {method.Name}{GenericParameters(method)}({Parameters(method)})";
        }

        foreach (PropertyInfo property in type.GetProperties(Declared))
        {
            MethodInfo[] accessors = [.. property.GetAccessors(nonPublic: true).Where(IsReachable)];
            if (accessors.Length == 0)
            {
                continue;
            }

            string index = property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{string.Join(", ", parameters.Select(Parameter))}]" : string.Empty;
            string body = string.Join(' ', accessors.Select(accessor => $"{Access(accessor.IsPublic)}{(accessor.ReturnType == typeof(void) ? "set" : "get")};").Order(StringComparer.Ordinal));
            yield return $"{owner}: {Modifier(accessors[0])}{TypeName(property.PropertyType)} {property.Name}{index} {{ {body} }}";
        }

        foreach (EventInfo happening in type.GetEvents(Declared).Where(happening => happening.AddMethod is { } add && IsReachable(add)))
        {
            yield return $"{owner}: event {TypeName(happening.EventHandlerType!)} {happening.Name}";
        }
    }

    private static string Kind(Type type)
    {
        if (type.IsEnum)
        {
            return $"enum {TypeName(Enum.GetUnderlyingType(type))}";
        }

        if (type.IsValueType)
        {
            return "struct";
        }

        if (type.IsInterface)
        {
            return "interface";
        }

        string modifier = type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : string.Empty;
        return $"{modifier}{(typeof(MulticastDelegate).IsAssignableFrom(type) ? "delegate" : "class")}";
    }

    private static string BaseOf(Type type) =>
        type.IsClass && type.BaseType is { } parent && parent != typeof(object) && parent != typeof(MulticastDelegate)
            ? $" : {TypeName(parent)}"
            : string.Empty;

    private static bool IsReachable(FieldInfo field) => !field.IsSpecialName && (field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly);

    private static bool IsReachable(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsAccessor(MethodInfo method) => method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static string Access(bool isPublic) => isPublic ? string.Empty : "protected ";

    private static string Modifier(MethodInfo method)
    {
        if (method.IsStatic)
        {
            return method.IsDefined(typeof(ExtensionAttribute), inherit: false) ? "extension " : "static ";
        }

        if (method.IsAbstract)
        {
            return "abstract ";
        }

        bool overrides = method.GetBaseDefinition() != method;
        return method is { IsVirtual: true, IsFinal: false } ? overrides ? "override " : "virtual " : string.Empty;
    }

    private static string GenericParameters(MethodInfo method) =>
        method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : string.Empty;

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string passing = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "ref " : string.Empty;
        string spread = parameter.GetCustomAttributesData().Any(attribute => attribute.AttributeType.Name is "ParamArrayAttribute" or "ParamCollectionAttribute") ? "params " : string.Empty;
        string value = parameter.HasDefaultValue ? $" = {Literal(parameter.RawDefaultValue)}" : string.Empty;
        return $"{spread}{passing}{TypeName(parameter.ParameterType)} {parameter.Name}{value}";
    }

    private static string Literal(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string TypeName(Type type)
    {
        if (type.IsByRef)
        {
            return TypeName(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return $"{TypeName(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }

        if (type.IsPointer)
        {
            return $"{TypeName(type.GetElementType()!)}*";
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return $"{TypeName(underlying)}?";
        }

        var name = new StringBuilder();
        Type[] arguments = type.GetGenericArguments();
        int used = 0;
        foreach (Type level in Nesting(type))
        {
            if (name.Length > 0)
            {
                name.Append('.');
            }
            else if (!string.IsNullOrEmpty(level.Namespace))
            {
                name.Append(level.Namespace).Append('.');
            }

            int tick = level.Name.IndexOf('`', StringComparison.Ordinal);
            name.Append(tick < 0 ? level.Name : level.Name[..tick]);
            int count = level.GetGenericArguments().Length;
            if (tick >= 0 && count > used)
            {
                name.Append('<').AppendJoin(", ", arguments[used..count].Select(TypeName)).Append('>');
                used = count;
            }
        }

        return name.ToString();
    }

    private static IEnumerable<Type> Nesting(Type type) => type.DeclaringType is { } outer ? [.. Nesting(outer), type] : [type];
}
