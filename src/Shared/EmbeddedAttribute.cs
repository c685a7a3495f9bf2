namespace Microsoft.CodeAnalysis;

/// <summary>Keeps a type that is compiled into several projects to each of them, InternalsVisibleTo or not. The compiler knows it by this name.</summary>
[AttributeUsage(AttributeTargets.All)]
internal sealed class EmbeddedAttribute : Attribute;
