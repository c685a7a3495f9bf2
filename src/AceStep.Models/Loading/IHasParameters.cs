using TorchSharp.Modules;

namespace AceStep.Models;

/// <summary>A module that owns parameters itself and so lets <see cref="ModuleLoader"/> replace them.</summary>
internal interface IHasParameters
{
    /// <summary>Disposes the parameter of this checkpoint name, takes the new one in its place and registers it.</summary>
    void Assign(string name, Parameter value);
}
