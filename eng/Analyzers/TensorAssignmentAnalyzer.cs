using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace AceStep.Analyzers;

/// <summary>
/// Refuses <c>x += y</c>, <c>x *= 2</c> and the like on tensors. BannedSymbols.txt bans what they call, but the analyzer that
/// reads it does not look into compound assignments. They also look as if they changed a tensor, and make another.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class TensorAssignmentAnalyzer : DiagnosticAnalyzer
{
    private static readonly DiagnosticDescriptor Rule = new(
        "ACE0001",
        "No compound assignment of tensors",
        "'{0}' makes a new tensor and may make a scalar that nothing holds: use TensorArithmetic",
        "Reliability",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rule];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.Analyze | GeneratedCodeAnalysisFlags.ReportDiagnostics);
        context.EnableConcurrentExecution();
        context.RegisterOperationAction(Check, OperationKind.CompoundAssignment);
    }

    private static void Check(OperationAnalysisContext context)
    {
        var assignment = (ICompoundAssignmentOperation)context.Operation;
        if (assignment.OperatorMethod?.ContainingType.ToDisplayString() == "TorchSharp.torch.Tensor")
        {
            context.ReportDiagnostic(Diagnostic.Create(Rule, assignment.Syntax.GetLocation(), assignment.Syntax));
        }
    }
}
