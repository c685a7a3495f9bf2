using System.Globalization;
using AceStep.Lyrics;
using AceStep.Models;
using AceStep.Schedulers;

namespace AceStep.Generation;

/// <summary>The warnings that come with a result.</summary>
internal static class ResultWarnings
{
    // -60 dBFS: the codec's output for silence is below this, the quietest music far above.
    private const float SilentPeak = 1e-3f;

    private const int LongestQuote = 40;

    /// <summary>Warnings about prompts that are too long to be read whole, and about lines of the lyrics.</summary>
    /// <param name="request">The request.</param>
    /// <param name="lyrics">The encoded lyrics of each of its <see cref="MusicRequest.Words"/>.</param>
    /// <param name="tokenizer">The tokenizer of prompts.</param>
    public static IEnumerable<MusicWarning> OfWords(MusicRequest request, IReadOnlyList<LyricEncoding> lyrics, Umt5Tokenizer tokenizer)
    {
        foreach (string prompt in request.Words.Select(words => words.Prompt).Distinct())
        {
            if (tokenizer.FindCut(prompt) is { } cut)
            {
                string kept = prompt[..cut.Characters].TrimEnd();
                string end = kept.Length <= LongestQuote ? kept : "…" + kept[^LongestQuote..];
                yield return new MusicWarning(
                    MusicWarningKind.Prompt,
                    Text($"the prompt has {cut.Tokens} tokens, but the model reads at most {Umt5Tokenizer.DefaultMaximumLength - 1}: it is cut after \"{end}\", and {prompt.Length - cut.Characters} of its {prompt.Length} characters are not read"));
            }
        }

        string[] fields = [.. request.Words.Select(words => words.LyricsField)];
        foreach ((LyricEncoding encoding, int index) in lyrics.Select((encoding, index) => (encoding, index)).DistinctBy(entry => entry.encoding))
        {
            string where = fields[index] == nameof(MusicRequest.Lyrics) ? "the lyrics" : "the target lyrics";
            foreach (LyricLine line in encoding.Lines)
            {
                foreach (LyricWarning warning in line.Warnings)
                {
                    yield return new MusicWarning(MusicWarningKind.Lyrics, Text($"line {line.Number} of {where}: {warning.Message}"));
                }
            }
        }
    }

    /// <summary>Warnings about songs of one batch that are equal because all their noise is.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="frames">The latent frames of the source, or of the songs where there is no source.</param>
    public static IEnumerable<MusicWarning> OfSeeds(GenerationPlan plan, int frames)
    {
        // Pingpong draws noise for the whole batch, so songs with equal seeds differ.
        if (plan.Request.Generation.Scheduler == SchedulerKind.PingPong && plan.Request.UsesScheduler(frames))
        {
            return [];
        }

        bool usesBase = plan.Request.UsesBaseNoise;
        return Enumerable.Range(0, plan.Seeds.Length)
            .GroupBy(item => (Base: usesBase ? plan.Seeds[item] : 0, Variation: plan.VariationSeeds?[item]))
            .Where(group => group.Count() > 1)
            .Select(group => new MusicWarning(
                MusicWarningKind.Seeds,
                Text($"songs {string.Join(", ", group.Select(item => item + 1))} have the same seed, {(usesBase ? group.Key.Base : group.Key.Variation)}, and are identical; give each song its own seed, or none")));
    }

    /// <summary>Warnings about silent songs.</summary>
    public static IEnumerable<MusicWarning> OfSilence(IReadOnlyList<Song> songs)
    {
        foreach ((Song song, int index) in songs.Select((song, index) => (song, index)))
        {
            bool isSilent = Enumerable.Range(0, song.Audio.Channels).All(channel => !song.Audio.Channel(channel).ContainsAnyExceptInRange(-SilentPeak, SilentPeak));
            if (isSilent)
            {
                yield return new MusicWarning(MusicWarningKind.Silence, Text($"{(songs.Count > 1 ? $"song {index + 1}" : "the song")} is silent: no sample is above -60 dBFS"));
            }
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
