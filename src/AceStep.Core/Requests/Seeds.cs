using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace AceStep;

/// <summary>
/// The seeds of a generation's random numbers, one for each item of the batch. Immutable.
/// </summary>
/// <remarks>
/// With no seeds, each item draws its own, which the result reports. A single seed is used for every item. If there are
/// fewer than items, the last one is repeated. A number converts implicitly (<c>Seed = 42</c>); several are written <c>Seed
/// = [1, 2, 3]</c>.
/// Can one song of a batch be made again alone from its seed? Yes, up to rounding, with two exceptions, both as in the
/// original: omega takes its mean over the batch (unless <see cref="GenerationSettings.OmegaScale"/> is 0), and pingpong
/// draws the noise of its steps for the whole batch from the first seed. In these cases repeat the whole batch.
/// </remarks>
[JsonConverter(typeof(SeedsJsonConverter))]
[CollectionBuilder(typeof(Seeds), nameof(Create))]
public sealed class Seeds : IReadOnlyList<long>, IEquatable<Seeds>
{
    /// <summary>What a seed is, for messages.</summary>
    internal static readonly string Rule = $"a whole number from 0 to {long.MaxValue}, which is what 63 bits hold";

    private readonly long[] _values;

    private Seeds(long[] values) => _values = values;

    /// <summary>No seeds; each item draws its own.</summary>
    public static Seeds Random { get; } = new([]);

    /// <inheritdoc />
    public int Count => _values.Length;

    /// <inheritdoc />
    public long this[int index] => _values[index];

    /// <summary>The given seeds, in the order of the batch's items.</summary>
    public static Seeds Create(ReadOnlySpan<long> values) => values.IsEmpty ? Random : new Seeds(values.ToArray());

    /// <summary>One seed for every item.</summary>
    public static implicit operator Seeds(long seed) => new([seed]);

    /// <summary>One seed for every item.</summary>
    public static Seeds FromInt64(long seed) => seed;

    /// <inheritdoc />
    public IEnumerator<long> GetEnumerator() => ((IEnumerable<long>)_values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _values.GetEnumerator();

    /// <inheritdoc />
    public bool Equals(Seeds? other) => other is not null && _values.AsSpan().SequenceEqual(other._values);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as Seeds);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (long value in _values)
        {
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc />
    public override string ToString() => Count == 0 ? "random" : string.Join(", ", _values.Select(value => value.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Reads seeds from text: numbers separated by commas, with or without blanks.</summary>
    /// <param name="text">The text.</param>
    /// <param name="seeds">The seeds; null if the text is something else.</param>
    /// <param name="rule">What the text must be, if it is something else.</param>
    internal static bool TryParse(string text, out Seeds? seeds, out string rule)
    {
        (seeds, rule) = (null, "");
        List<long> values = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!long.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seed))
            {
                bool isTooLarge = part.Length > 0 && part.TrimStart('+', '-').All(char.IsAsciiDigit);
                rule = isTooLarge ? $"seeds, each {Rule}" : "whole numbers separated by commas, such as 1,2,3";
                return false;
            }

            values.Add(seed);
        }

        seeds = [.. values];
        return true;
    }

    /// <summary>One seed for each item: drawn if there are none, the last one repeated if there are too few.</summary>
    internal long[] Resolve(int batchSize)
    {
        var resolved = new long[batchSize];
        for (int item = 0; item < batchSize; item++)
        {
            resolved[item] = Count == 0 ? System.Random.Shared.NextInt64(1L << 32) : _values[Math.Min(item, Count - 1)];
        }

        return resolved;
    }
}
