using System.CommandLine;
using System.CommandLine.Parsing;
using AceStep.Cli.Options;

namespace AceStep.Cli.Serve;

/// <summary>Creates options for the server's commands.</summary>
internal static class ServeOption
{
    public static Option<string?> Text(string name, string description, string helpName) => new(name) { Description = description, HelpName = helpName };

    public static Option<string[]> Texts(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };

    public static Option<double?> Number(string name, string description, string helpName) => new(name) { Description = description, HelpName = helpName, CustomParser = Values.Number };

    public static Option<Uri?> Address(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "URL",
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https")
            {
                return address;
            }

            result.AddError($"{name} takes an http or https address, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    public static Option<int?> Whole(string name, string description, int least, int greatest)
    {
        Option<int?> option = new(name) { Description = description, HelpName = "N", CustomParser = Values.WholeNumber };
        option.Validators.Add((OptionResult result) =>
        {
            if (result.GetValue(option) is { } value && (value < least || value > greatest))
            {
                result.AddError($"{name} must be {least} to {greatest}; it is {value}.");
            }
        });
        return option;
    }
}
