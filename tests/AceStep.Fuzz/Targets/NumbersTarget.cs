using System.CommandLine;
using System.Text.Json;
using AceStep.Cli.Options;
using AceStep.Schedulers;

namespace AceStep.Fuzz.Targets;

/// <summary>One value, as the command line and JSON give numbers, times, seeds and choices.</summary>
internal sealed class NumbersTarget : FuzzTarget
{
    private static readonly Option<double?> Number = new("--number") { CustomParser = Values.Number };
    private static readonly Option<int?> Whole = new("--whole") { CustomParser = Values.WholeNumber };
    private static readonly Option<TimeSpan?> Time = new("--time") { CustomParser = Values.Seconds };
    private static readonly Option<Seeds?> Seed = new("--seed") { CustomParser = Values.Seeds };
    private static readonly Option<IReadOnlyList<int>?> Wholes = new("--wholes") { CustomParser = Values.WholeNumbers };
    private static readonly Option<object?> Choice = new("--choice")
    {
        CustomParser = result => Values.Choice(result, [.. Enum.GetValues<SchedulerKind>().Select(kind => KeyValuePair.Create(EnumNames.Of(kind), (object)kind))]),
    };

    private static readonly RootCommand Command = new() { Number, Whole, Time, Seed, Wholes, Choice };

    public override string Name => "numbers";

    public override string Reads => "the command line's Values and the converters of MusicJson";

    public override IReadOnlyList<string> Words => ["1,2,3", "-1", "9223372036854775807", "922337203685.4775", "1e300", "NaN", "Infinity", "-0", "12.5", "\"00:00:12.5\"", "pingpong", "ping-pong", "\"heun\"", "[1,2]", "+", "\u0660", "1e-320"];

    public override void Read(byte[] input)
    {
        string text = InputText.Of(input);
        foreach (Option option in (Option[])[Number, Whole, Time, Seed, Wholes, Choice])
        {
            ParseResult result = Command.Parse([$"{option.Name}={text}"]);
            if (result.Errors.Count > 0)
            {
                continue;
            }

            Require(result.GetValue(Seed) is not { } seeds || Again(Seed, string.Join(',', seeds)).Equals(seeds), "seeds come back");
            Require(result.GetValue(Whole) is not { } whole || Again(Whole, FieldText.Of(whole)) == whole, "whole numbers come back");
            Require(result.GetValue(Time) is not { } time || Math.Abs(time.TotalSeconds) < TimeSpan.MaxValue.TotalSeconds + 1, "times are times");
        }

        Json<Seeds>(input);
        Json<TimeSpan>(input);
        Json<SchedulerKind>(input);
        Require(!EnumNames.TryParse(text, out GuidanceKind kind) || (EnumNames.TryParse(EnumNames.Of(kind), out GuidanceKind known) && known == kind), "choices come back");
    }

    public override bool IsRefusal(Exception error) => false;

    private static T Again<T>(Option<T?> option, string text)
        where T : class => Command.Parse([$"{option.Name}={text}"]).GetValue(option)!;

    private static T Again<T>(Option<T?> option, string text)
        where T : struct => Command.Parse([$"{option.Name}={text}"]).GetValue(option)!.Value;

    private static void Json<T>(byte[] text)
    {
        T? value;
        try
        {
            value = JsonSerializer.Deserialize<T>(text, MusicJson.Options);
        }
        catch (JsonException)
        {
            return;
        }

        T? again = JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(value, MusicJson.Options), MusicJson.Options);
        Require(value is TimeSpan time ? (time - (TimeSpan)(object)again!).Duration() <= TimeSpan.FromMilliseconds(1) : Equals(again, value), $"a {typeof(T).Name} comes back");
    }
}
