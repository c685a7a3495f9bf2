using System.Globalization;
using System.Numerics;
using System.Text.Json;
using AceStep.Lyrics.Chinese;
using AceStep.Lyrics.Numbers;

namespace AceStep.Lyrics.Tests.Reference;

[Category(ReferenceData.Category)]
internal sealed class NumberReferenceTests
{
    private static IEnumerable<TestCaseData> Numbers() =>
        CaseFile.Groups("numbers", item => $"{item.Text("lang")} {item.Text("fn")} {item.Text("currency")}".TrimEnd());

    [Test]
    public void Numbers_OfTheReferences_AreFound() => ReferenceData.RequireCases(Numbers(), "lyrics");

    [TestCaseSource(nameof(Numbers))]
    public void Words_OfRecordedNumbers_AreEqual(string group, JsonElement[] cases)
    {
        var tally = new Tally("numbers " + group);
        foreach (JsonElement item in cases)
        {
            tally.Compare(item.GetRawText(), Word(item), item.Text("output"));
        }

        tally.Demand();
    }

    [Test]
    public void Normalize_RecordedChinese_IsEqual()
    {
        var tally = new Tally("zh_numbers");
        foreach (JsonElement item in CaseFile.Read("zh_numbers"))
        {
            tally.Compare(item.GetRawText(), ChineseNumberNormalizer.Normalize(item.Text("text")!), item.Text("output"));
        }

        tally.Demand();
    }

    private static string? Word(JsonElement item)
    {
        string input = item.Text("input")!;
        string language = item.Text("lang")!;
        string function = item.Text("fn")!;
        if (function == "expand")
        {
            return NumberExpander.Expand(input, language);
        }

        NumberWords? words = NumberExpander.WordsOf(language);
        return function switch
        {
            "cardinal" => words?.Cardinal(BigInteger.Parse(input, CultureInfo.InvariantCulture)),
            "ordinal" => words?.Ordinal(BigInteger.Parse(input, CultureInfo.InvariantCulture)),
            "decimal" => words?.Decimal(double.Parse(input, CultureInfo.InvariantCulture)),
            "currency" => words?.Money(double.Parse(input, CultureInfo.InvariantCulture), item.Text("currency") switch
            {
                "USD" => Currency.Dollar,
                "EUR" => Currency.Euro,
                _ => Currency.Pound,
            }),
            _ => throw new InvalidDataException($"unknown function {function}"),
        };
    }
}
