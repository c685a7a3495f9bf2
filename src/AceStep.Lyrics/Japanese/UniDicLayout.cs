using System.Text;

namespace AceStep.Lyrics.Japanese;

/// <summary>The positions of the fields in a UniDic entry. UniDic 2.1.2 has 26 fields, UniDic 3 has 29.</summary>
internal sealed record UniDicLayout(int Kana)
{
    private const int Class = 0;
    private const int Subclass = 1;
    private const int Lemma = 7;
    private const int Pronunciation = 9;

    /// <summary>A layout for examining a dictionary whose layout is not known yet.</summary>
    public static UniDicLayout Probe { get; } = new(Kana: 17);

    /// <summary>The layout of entries with the given number of fields, or null if it is not a UniDic dictionary.</summary>
    public static UniDicLayout? ForFieldCount(int fields) => fields switch
    {
        26 => new UniDicLayout(Kana: 17),
        29 => new UniDicLayout(Kana: 20),
        _ => null,
    };

    /// <summary>Splits an entry at its commas. A field may be quoted, with doubled quotes inside.</summary>
    public static List<string> Split(string feature)
    {
        if (!feature.Contains('"', StringComparison.Ordinal))
        {
            return [.. feature.Split(',')];
        }

        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false;
        for (int index = 0; index < feature.Length; index++)
        {
            char unit = feature[index];
            bool doubled = quoted && unit == '"' && index + 1 < feature.Length && feature[index + 1] == '"';
            if (doubled)
            {
                field.Append(unit);
                index++;
            }
            else if (unit == '"')
            {
                quoted = !quoted;
            }
            else if (unit == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(unit);
            }
        }

        fields.Add(field.ToString());
        return fields;
    }

    public JapaneseWord Read(string surface, string feature, CharacterKind kind, bool isUnknown, bool hasSpaceBefore)
    {
        List<string> fields = Split(feature);
        string Field(int index) => index < fields.Count && fields[index] != "*" ? fields[index] : "";
        return new JapaneseWord(surface, kind)
        {
            Class = fields[Class],
            Subclass = fields.Count > Subclass ? fields[Subclass] : "*",
            Lemma = Field(Lemma),
            Pronunciation = Field(Pronunciation),
            Kana = Field(Kana),
            IsUnknown = isUnknown,
            HasSpaceBefore = hasSpaceBefore,
        };
    }
}
