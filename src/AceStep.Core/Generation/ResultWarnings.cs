using System.Globalization;
using AceStep.Lyrics;
using AceStep.Models;
using AceStep.Schedulers;

namespace AceStep.Generation;

/// <summary>What a user should know of a result beside its songs.</summary>
internal static class ResultWarnings
{
    // -60 dB below full scale: what the codec makes of nothing is below, the quietest music far above.
    private const float SilentPeak = 1e-3f;

    private const int LongestQuote = 40;

    /// <summary>Of prompts that the model reads in part, and of the lyrics' lines.</summary>
    /// <param name="request">The request.</param>
    /// <param name="lyrics">What became of the lyrics of each of its <see cref="MusicRequest.Words"/>.</param>
    /// <param name="tokenizer">What cuts prompts.</param>
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
                    Text($"the prompt has {cut.Tokens} tokens and the model reads {Umt5Tokenizer.DefaultMaximumLength - 1}: it is cut behind \"{end}\", and {prompt.Length - cut.Characters} of its {prompt.Length} characters are not read"));
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

    /// <summary>Of songs of one batch that all their noise makes equal.</summary>
    public static IEnumerable<MusicWarning> OfSeeds(GenerationPlan plan)
    {
        // Pingpong draws noise for the batch as a whole, so that its songs differ all the same; inpainting and continuation do not use it.
        if (plan.Request.Generation.Scheduler == SchedulerKind.PingPong && plan.Request is not (InpaintingRequest or ContinuationRequest))
        {
            return [];
        }

        // A style transfer's only noise is the second one.
        bool usesBase = plan.Request is not StyleTransferRequest;
        return Enumerable.Range(0, plan.Seeds.Length)
            .GroupBy(item => (Base: usesBase ? plan.Seeds[item] : 0, Variation: plan.VariationSeeds?[item]))
            .Where(group => group.Count() > 1)
            .Select(group => new MusicWarning(
                MusicWarningKind.Seeds,
                Text($"songs {string.Join(", ", group.Select(item => item + 1))} have the same seed, {(usesBase ? group.Key.Base : group.Key.Variation)}, and are equal; give each its own, or none")));
    }

    /// <summary>Of songs in which nothing is heard.</summary>
    public static IEnumerable<MusicWarning> OfSilence(IReadOnlyList<Song> songs)
    {
        foreach ((Song song, int index) in songs.Select((song, index) => (song, index)))
        {
            bool isSilent = Enumerable.Range(0, song.Audio.Channels).All(channel => !song.Audio.Channel(channel).ContainsAnyExceptInRange(-SilentPeak, SilentPeak));
            if (isSilent)
            {
                yield return new MusicWarning(MusicWarningKind.Silence, Text($"{(songs.Count > 1 ? $"song {index + 1}" : "the song")} is silence: no sample is above -60 dBFS"));
            }
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
