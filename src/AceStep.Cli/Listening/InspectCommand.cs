using System.CommandLine;
using AceStep.Audio;
using AceStep.Cli.Options;
using AceStep.Cli.Terminal;
using AceStep.Pictures;

namespace AceStep.Cli.Listening;

/// <summary><c>acestep inspect FILE</c>: measures an audio file and draws it.</summary>
internal sealed class InspectCommand : CliCommand
{
    private const int WidthWithoutTerminal = 80;
    private const int NarrowestPicture = 16;
    private const int WidestPicture = 160;

    private readonly Argument<string> _file = new("FILE") { Description = "The audio file: WAV, AIFF, AU, CAF, FLAC, Ogg Vorbis, Opus or MP3; - reads standard input." };
    private readonly Option<string?> _png = new("--png") { Description = "Also draw the waveform and spectrogram into a PNG file.", HelpName = "FILE" };

    public InspectCommand()
        : base("inspect", "Measure and draw an audio file: length, levels, loudness, brightness, clipping, silence, waveform and spectrogram.")
    {
        Add(_file);
        AddGroup(new PictureGroup(_png));
        AddGroup(new ReportGroup());
    }

    public override IReadOnlyList<string> Examples => ["acestep inspect song.wav", "acestep inspect song.mp3 --png song.png"];

    protected override async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        string path = result.GetRequiredValue(_file);
        // As in the commands that make songs, so that a pipe from which nothing comes can be interrupted.
        (AudioBuffer audio, AudioFileInfo info, IReadOnlyList<AudioWarning> warnings) = await Task.Run(() => SourceFile.Load(path), CancellationToken.None).WaitAsync(cancellationToken);
        foreach (AudioWarning warning in warnings)
        {
            Screen.Warn(warning.Message);
        }

        SoundReport sound = SoundReport.Of(audio);
        string? png = result.GetValue(_png);
        if (png is not null)
        {
            SoundPicture.Save(audio, png, Path.GetFileName(path));
        }

        if (screen.IsJson)
        {
            screen.WriteJson(new
            {
                File = path == SourceFile.StandardInput ? path : Path.GetFullPath(path),
                Format = info.Format.ToString().ToLowerInvariant(),
                Encoding = info.Encoding?.ToString().ToLowerInvariant(),
                info.SampleRate,
                info.Channels,
                Samples = audio.Length,
                Seconds = Math.Round(audio.Duration.TotalSeconds, 3),
                info.Tags.Title,
                info.Tags.Comment,
                Sound = sound,
                Png = png is null ? null : Path.GetFullPath(png),
                Warnings = warnings.Select(warning => warning.Message),
            });
        }
        else
        {
            Show(screen, info, audio, sound);
        }

        return ExitCodes.Success;
    }

    private static void Show(Screen screen, AudioFileInfo info, AudioBuffer audio, SoundReport sound)
    {
        TextTable table = new();
        table.Add("Format", info.Encoding is { } encoding ? $"{info.Format}, {encoding}" : $"{info.Format}");
        table.Add("Length", $"{audio.Duration.TotalSeconds:0.000} s, {audio.Length} samples at {info.SampleRate} Hz in {info.Channels} channels");
        table.Add("Peak", $"{Decibels(sound.PeakDb)} dBFS, true peak {Decibels(sound.TruePeakDb)} dBTP");
        table.Add("Loudness", $"{Decibels(sound.LoudnessLufs)} LUFS integrated");
        table.Add("Brightness", $"{sound.CentroidHz} Hz spectral centroid");
        table.Add("Clipping", $"{sound.ClippedSamples} samples");
        table.Add("Silence", $"{100 * sound.SilentShare:0.#} %");
        if (sound.NonFiniteSamples > 0)
        {
            table.Add("Not finite", $"{sound.NonFiniteSamples} samples are NaN or infinite; they are measured as zero");
        }

        foreach ((string name, string? text) in new[] { ("Title", info.Tags.Title), ("Comment", info.Tags.Comment) })
        {
            if (text is not null)
            {
                table.Add(name, text);
            }
        }

        screen.Table(table);
        int width = screen.Rich is { } terminal ? Math.Clamp(terminal.Profile.Width - 1, NarrowestPicture, WidestPicture) : WidthWithoutTerminal;
        foreach (string line in TerminalPicture.Waveform(audio, width).Concat(TerminalPicture.Spectrogram(audio, width)))
        {
            screen.Line(line);
        }
    }

    private static string Decibels(double? value) => value is { } finite ? $"{finite:0.0}" : "-inf";

    private sealed class PictureGroup : OptionGroup
    {
        public PictureGroup(Option png)
            : base("Picture") => Add(png);
    }
}

/// <summary>Measurements of audio, for JSON: null in place of minus infinity for silence.</summary>
internal sealed record SoundReport
{
    public double? PeakDb { get; init; }

    public double? TruePeakDb { get; init; }

    public double? LoudnessLufs { get; init; }

    public required double CentroidHz { get; init; }

    public required long ClippedSamples { get; init; }

    public required double SilentShare { get; init; }

    /// <summary>The number of samples that are NaN or infinite; they are measured as zero.</summary>
    public required long NonFiniteSamples { get; init; }

    /// <summary>All measurements in one line.</summary>
    public required string Summary { get; init; }

    public static SoundReport Of(AudioBuffer audio)
    {
        AudioAnalysis analysis = AudioAnalysis.Of(audio);
        return new SoundReport
        {
            PeakDb = Finite(analysis.Peak),
            TruePeakDb = Finite(analysis.TruePeak),
            LoudnessLufs = Finite(analysis.IntegratedLoudness),
            CentroidHz = Math.Round(analysis.SpectralCentroid),
            ClippedSamples = analysis.ClippedSamples,
            SilentShare = Math.Round(analysis.SilentShare, 3),
            NonFiniteSamples = analysis.NonFiniteSamples,
            Summary = analysis.ToString(),
        };
    }

    private static double? Finite(double decibels) => double.IsFinite(decibels) ? Math.Round(decibels, 2) : null;
}
