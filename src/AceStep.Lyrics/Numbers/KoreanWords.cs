using System.Numerics;

namespace AceStep.Lyrics.Numbers;

internal sealed class KoreanWords : CardWords
{
    private const string Hundred = "백";
    private const string Ten = "십";

    private static readonly Dictionary<string, string> Native = new(StringComparer.Ordinal)
    {
        ["일"] = "한", ["이"] = "두", ["삼"] = "세", ["사"] = "네", ["오"] = "다섯", ["육"] = "여섯", ["칠"] = "일곱",
        ["팔"] = "여덟", ["구"] = "아홉", ["십"] = "열", ["이십"] = "스물", ["삼십"] = "서른", ["사십"] = "마흔",
        ["오십"] = "쉰", ["육십"] = "예순", ["칠십"] = "일흔", ["팔십"] = "여든", ["구십"] = "아흔",
    };

    public KoreanWords()
        : base(
        [
            .. Falling(10, 1, "십 구 팔 칠 육 오 사 삼 이 일 영"),
            new(Hundred, 100),
            new("천", 1000),
            .. Table("만 억 조 경 해 자 양 구 간 정 재 극 항하사 아승기 나유타 불가사의 무량대수")
                .Select((word, index) => new WordedNumber(word, BigInteger.Pow(10_000, index + 1))),
        ])
    {
    }

    protected override string Minus => "마이너스";

    protected override string Point => "점";

    protected override string MoneySeparator => "";

    public override string? Ordinal(BigInteger value)
    {
        if (value.IsOne)
        {
            return "첫 번째";
        }

        if (Cardinal(value) is not { } words)
        {
            return null;
        }

        int lastWord = words.LastIndexOf(' ') + 1;
        string[] parts = words[lastWord..].Split(Hundred);
        string last = parts[^1];
        if (last.Contains(Ten, StringComparison.Ordinal))
        {
            string[] tens = last.Split(Ten);
            if (!Native.TryGetValue(tens[0] + Ten, out string? ten))
            {
                return null;
            }

            parts[^1] = ten + Native.GetValueOrDefault(tens[1], tens[1]);
        }
        else if (Native.TryGetValue(last, out string? unit))
        {
            parts[^1] = unit;
        }
        else
        {
            return null;
        }

        return words[..lastWord] + string.Join(Hundred + " ", parts) + " 번째";
    }

    public override string? Money(double amount, Currency currency)
    {
        if (currency != Currency.Dollar || MoneyAmount.Of(amount) is not { } parts || Cardinal(parts.Whole) is not { } whole)
        {
            return null;
        }

        return $"{whole.Replace(" ", "", StringComparison.Ordinal)}달러 {Cardinal(parts.Hundredths)}센트";
    }

    protected override WordedNumber Join(WordedNumber left, WordedNumber right)
    {
        (string a, BigInteger x) = left;
        (string b, BigInteger y) = right;
        return x.IsOne && y <= 10_000 ? right
            : x > y ? new(x < 10_000 ? a + b : $"{a} {b}", x + y)
            : new(a + b, x * y);
    }

    protected override MoneyNames? Names(Currency currency) => null;
}
