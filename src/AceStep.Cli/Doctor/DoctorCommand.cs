using System.CommandLine;
using AceStep.Cli.Options;
using AceStep.Cli.Terminal;

namespace AceStep.Cli.Doctor;

/// <summary><c>acestep doctor</c>: shows what the program finds on this machine, and what to do if something is missing or slow.</summary>
internal sealed class DoctorCommand : CliCommand
{
    private readonly Option<string?> _checkpoint = new("--checkpoint") { Description = "The checkpoint to look at. Default: the one that 'generate' would use.", HelpName = "NAME" };

    public DoctorCommand()
        : base("doctor", "Check this machine: libtorch, threads, devices, audio and lyric libraries and the checkpoint. Says what to install.")
    {
        AddGroup(new DoctorGroup(_checkpoint));
        AddGroup(new ReportGroup());
    }

    protected override async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        Diagnosis diagnosis = await Task.Run(() => Diagnosis.CreateAsync(result.GetValue(_checkpoint), cancellationToken), cancellationToken);
        if (screen.IsJson)
        {
            screen.WriteJson(diagnosis);
        }
        else
        {
            screen.Table(diagnosis.ToTable());
            foreach (string remedy in diagnosis.Warnings)
            {
                Screen.Warn(remedy);
            }
        }

        return diagnosis.CanCompute ? ExitCodes.Success : ExitCodes.Failure;
    }

    private sealed class DoctorGroup : OptionGroup
    {
        public DoctorGroup(Option checkpoint)
            : base("Model") => Add(checkpoint);
    }
}
