using System.CommandLine;
using AceStep.Schedulers;

namespace AceStep.Cli.Options;

/// <summary>The guidance of the tasks that read all of it.</summary>
internal sealed class GuidanceOptions : FieldOptions
{
    private const string KindField = "Guidance.Kind";

    private readonly Option<GuidanceKind?> _kind;
    private readonly Option<double?> _scale;
    private readonly Option<double?> _textScale;
    private readonly Option<double?> _lyricScale;
    private readonly Option<double?> _interval;
    private readonly Option<double?> _decay;
    private readonly Option<double?> _minimum;
    private readonly Option<bool> _noErgTag;
    private readonly Option<bool> _noErgLyric;
    private readonly Option<bool> _noErgDiffusion;

    public GuidanceOptions(TaskCapability task)
        : base("Guidance", task)
    {
        _kind = Choice<GuidanceKind>("--guidance", KindField);
        _scale = Number("--guidance-scale", "Guidance.Scale");
        _textScale = Number("--guidance-scale-text", "Guidance.TextScale");
        _lyricScale = Number("--guidance-scale-lyric", "Guidance.LyricScale");
        _interval = Number("--guidance-interval", "Guidance.Interval");
        _decay = Number("--guidance-decay", "Guidance.IntervalDecay");
        _minimum = Number("--min-guidance-scale", "Guidance.MinScale");
        _noErgTag = Switch("--no-erg-tag", "Guidance.ErgTag");
        _noErgLyric = Switch("--no-erg-lyric", "Guidance.ErgLyric");
        _noErgDiffusion = Switch("--no-erg-diffusion", "Guidance.ErgDiffusion");
    }

    /// <summary>Whether a task reads them.</summary>
    public static bool AreReadBy(TaskCapability task) => task.Fields.Any(field => field.Name == KindField);

    /// <summary>The request with what the options say.</summary>
    public GuidedMusicRequest Apply(GuidedMusicRequest request, ParseResult result)
    {
        GuidanceSettings settings = request.Guidance;
        return request with
        {
            Guidance = settings with
            {
                Kind = result.GetValue(_kind) ?? settings.Kind,
                Scale = result.GetValue(_scale) ?? settings.Scale,
                TextScale = result.GetValue(_textScale) ?? settings.TextScale,
                LyricScale = result.GetValue(_lyricScale) ?? settings.LyricScale,
                Interval = result.GetValue(_interval) ?? settings.Interval,
                IntervalDecay = result.GetValue(_decay) ?? settings.IntervalDecay,
                MinScale = result.GetValue(_minimum) ?? settings.MinScale,
                ErgTag = settings.ErgTag && !result.GetValue(_noErgTag),
                ErgLyric = settings.ErgLyric && !result.GetValue(_noErgLyric),
                ErgDiffusion = settings.ErgDiffusion && !result.GetValue(_noErgDiffusion),
            },
        };
    }
}
