using System.Reflection;
using System.Reflection.Emit;

namespace AceStep.Cli.Tests;

/// <summary>Reads which methods a compiled method calls, and writes methods as documentation comments and BannedSymbols.txt do.</summary>
internal static class CompiledCode
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<int, OpCode> Instructions = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(instruction => (int)(ushort)instruction.Value);

    /// <summary>All methods and constructors of an assembly, as they are declared.</summary>
    public static IEnumerable<MethodBase> Methods(Assembly assembly) => assembly.GetTypes().SelectMany(MethodsOf);

    /// <summary>All methods and constructors that a type declares.</summary>
    public static IEnumerable<MethodBase> MethodsOf(Type type) => [.. type.GetMethods(Declared), .. type.GetConstructors(Declared)];

    /// <summary>What a method calls, constructs or takes the address of, as it is declared.</summary>
    public static IEnumerable<MethodBase> Calls(MethodBase method)
    {
        byte[] code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        Type[] typeArguments = method.DeclaringType?.GetGenericArguments() ?? [];
        Type[] methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : [];
        for (int position = 0; position < code.Length;)
        {
            int value = code[position++];
            OpCode instruction = Instructions[value == 0xFE ? (value << 8) | code[position++] : value];
            if (instruction.OperandType == OperandType.InlineMethod)
            {
                MethodBase called = method.Module.ResolveMethod(BitConverter.ToInt32(code, position), typeArguments, methodArguments)!;
                // The methods of arrays are declared nowhere.
                yield return called.DeclaringType is { IsArray: true } ? called : called.Module.ResolveMethod(called.MetadataToken)!;
            }

            position += instruction.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, position)),
                _ => 4,
            };
        }
    }

    /// <summary>M:Namespace.Type.Method(Namespace.Parameter,...).</summary>
    public static string Id(MethodBase method)
    {
        string generic = method.IsGenericMethod ? $"``{method.GetGenericArguments().Length}" : "";
        string[] parameters = [.. method.GetParameters().Select(parameter => Name(parameter.ParameterType))];
        string list = parameters.Length == 0 ? "" : $"({string.Join(',', parameters)})";
        string result = method is MethodInfo { Name: "op_Implicit" or "op_Explicit" } conversion ? "~" + Name(conversion.ReturnType) : "";
        return $"M:{Name(method.DeclaringType!)}.{method.Name.Replace('.', '#')}{generic}{list}{result}";
    }

    /// <summary>T:Namespace.Type.</summary>
    public static string Id(Type type) => "T:" + Name(type);

    private static string Name(Type type)
    {
        if (type.IsGenericParameter)
        {
            return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        }

        if (type.HasElementType)
        {
            return Name(type.GetElementType()!) + (type.IsArray ? "[]" : type.IsByRef ? "@" : "*");
        }

        if (type.IsConstructedGenericType)
        {
            string definition = Name(type.GetGenericTypeDefinition());
            return $"{definition[..definition.IndexOf('`', StringComparison.Ordinal)]}{{{string.Join(',', type.GetGenericArguments().Select(Name))}}}";
        }

        return type.DeclaringType is { } outer ? $"{Name(outer)}.{type.Name}" : $"{type.Namespace}.{type.Name}";
    }
}
