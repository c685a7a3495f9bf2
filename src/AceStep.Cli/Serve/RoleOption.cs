using System.CommandLine;
using AceStep.Cli.Options;
using AceStep.Server;

namespace AceStep.Cli.Serve;

/// <summary>The option for the part of the server's work that this process does.</summary>
internal sealed class RoleOption : OptionGroup
{
    private readonly Option<string?> _role = ServeOption.Text("--role", "all: answers clients and makes songs; api: answers clients only, and workers make the songs ('acestep worker'). Default all.", "all|api");

    public RoleOption()
        : base("Role")
    {
        Add(_role);
        _role.AcceptOnlyFromAmong("all", "api");
    }

    public ServerRole Role(ParseResult result) => result.GetValue(_role) == "api" ? ServerRole.Api : ServerRole.All;
}
