using System.Globalization;
using System.Text;
using AceStep.Cli;
using AceStep.Models;

// Messages and numbers do not depend on the machine's culture.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

_ = Libtorch.UseHugePages();
_ = Libtorch.UseSleepingThreads();

using Interruption interruption = new();
int exitCode = await CommandLine.RunAsync(args, interruption.Token);
return exitCode == ExitCodes.Cancelled ? interruption.ExitCode : exitCode;
