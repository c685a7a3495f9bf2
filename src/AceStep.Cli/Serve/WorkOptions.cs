using System.CommandLine;
using AceStep.Cli.Options;
using AceStep.Server;

namespace AceStep.Cli.Serve;

/// <summary>The options of the process that generates the songs: what it may use, and how it stops.</summary>
internal sealed class WorkOptions : OptionGroup
{
    private const string NoLoras = "none";

    private static readonly AceStepServerOptions Defaults = new();

    private readonly Option<string?> _loras = ServeOption.Text("--lora-dir", "The folder whose LoRAs clients may name. Default: none.", "DIR");
    private readonly Option<string[]> _allowedLoras = ServeOption.Texts("--allow-lora", $"A LoRA on the hub that clients may name; it is downloaded once: OWNER/NAME, OWNER/* or * for any; none for no LoRA. May be given several times. Default {string.Join(", ", Defaults.AllowedLoras)}.", "NAME");
    private readonly Option<string[]> _allowedPrivate = ServeOption.Texts("--allow-private", "A host with a private address that inputs and webhooks may name. May be given several times.", "HOST");
    private readonly Option<Uri?> _uploadUrl = ServeOption.Address("--upload-url", "Where songs of Cog's clients are sent by PUT. Default: they get them in the answer.");
    private readonly Option<int?> _maxDeaths = ServeOption.Whole("--max-deaths", $"How often the process that runs a prediction may die before the prediction fails. Default {Defaults.MaxDeaths}.", 1, 1_000_000);
    private readonly Option<double?> _grace = ServeOption.Number("--stop-grace", $"Seconds that a running prediction may go on when the process stops. Default {Defaults.StopGrace.TotalSeconds:0}.", "SECONDS");

    public WorkOptions()
        : base("Work")
    {
        foreach (Option option in (Option[])[_loras, _allowedLoras, _allowedPrivate, _uploadUrl, _maxDeaths, _grace])
        {
            Add(option);
        }
    }

    /// <summary>A prediction fails after it has ended this many workers.</summary>
    public int MaxDeaths(ParseResult result) => result.GetValue(_maxDeaths) ?? Defaults.MaxDeaths;

    /// <summary>Sets the options given on the command line.</summary>
    public void Apply(ParseResult result, AceStepServerOptions options)
    {
        options.LoraFolder = result.GetValue(_loras);
        if (result.GetValue(_allowedLoras) is { Length: > 0 } loras)
        {
            options.AllowedLoras.Clear();
            foreach (string name in loras.Where(name => name != NoLoras).Select(RequireLora))
            {
                options.AllowedLoras.Add(name);
            }
        }

        options.UploadUrl = result.GetValue(_uploadUrl);
        options.MaxDeaths = MaxDeaths(result);
        options.StopGrace = result.GetValue(_grace) is { } seconds ? TimeSpan.FromSeconds(seconds) : Defaults.StopGrace;
        foreach (string host in result.GetValue(_allowedPrivate) ?? [])
        {
            options.AllowedPrivateHosts.Add(host);
        }
    }

    private static string RequireLora(string name) => name == "*" || name.Split('/') is [{ Length: > 0 }, { Length: > 0 }]
        ? name
        : throw new UsageException($"--allow-lora takes OWNER/NAME, OWNER/*, * or {NoLoras}; '{name}' is none of them.");
}
