using System.CommandLine;
using System.CommandLine.Parsing;
using AceStep.Audio;
using AceStep.Cli.Songs;

namespace AceStep.Cli.Options;

/// <summary>The options for the files that are written.</summary>
internal sealed class OutputOptions : FieldOptions
{
    private const string DefaultName = "song";
    private const string OutputName = "--output";

    private static readonly (string Name, AudioFormat Format)[] Formats =
        [("wav", AudioFormat.Wav), ("mp3", AudioFormat.Mp3), ("ogg", AudioFormat.Vorbis), ("flac", AudioFormat.Flac), ("opus", AudioFormat.Opus), ("aiff", AudioFormat.Aiff), ("au", AudioFormat.Au), ("caf", AudioFormat.Caf)];

    private static readonly string[] FormatNames = [.. Formats.Select(format => format.Name)];

    private static readonly string[] SampleFormats = Values.NamesOf<SampleFormat>();

    private readonly Option<string?> _output;
    private readonly Option<string?> _format;
    private readonly Option<SampleFormat?> _sampleFormat;
    private readonly Option<double?> _normalize;
    private readonly Option<string?> _title;
    private readonly Option<string?> _saveLatents;

    public OutputOptions(RequestSchema schema)
        : base(RequestFieldAttribute.Output)
    {
        _output = Add(new Option<string?>(OutputName, "-o")
        {
            Description = $"The file to write; an existing file is replaced. - writes to standard output, and all messages to standard error. Several songs are numbered: song-1.wav, song-2.wav. Default {DefaultName}.wav, or with the extension of --format.",
            HelpName = "FILE",
        });
        _format = Add(new Option<string?>("--format")
        {
            Description = "The file's format. Default: the format of its extension.",
            HelpName = string.Join('|', FormatNames),
            CustomParser = result => Values.Word(result, FormatNames),
        });
        AddFields(schema);
        _sampleFormat = Add(new Option<SampleFormat?>("--sample-format")
        {
            Description = "How samples are stored in WAV, AIFF, AU, CAF and FLAC. Default: float32, which is lossless; pcm24 in FLAC.",
            HelpName = string.Join('|', SampleFormats),
            CustomParser = result => Values.Choice<SampleFormat>(result, SampleFormats),
        });
        _normalize = Add(new Option<double?>("--normalize")
        {
            Description = "Normalize songs to this integrated loudness, with a true-peak limit; -14 suits streaming. Default: samples stay as the model makes them.",
            HelpName = "LUFS",
            CustomParser = Values.Number,
        });
        _title = Add(new Option<string?>("--title")
        {
            Description = "The title that players show. Default: none; players then show the file's name.",
            HelpName = "TEXT",
        });
        _saveLatents = Add(new Option<string?>("--save-latents")
        {
            Description = $"Also save the song's latents and settings. As a --source they need not be encoded again. The usual extension is {MusicSource.LatentsExtension}.",
            HelpName = "FILE",
        });
        Add(ReportOptions.Json);
        Add(ReportOptions.Quiet);
    }

    /// <summary>Whether the song is written to standard output.</summary>
    public static bool IsStandardOutput(ParseResult result) =>
        result.CommandResult.Children.OfType<OptionResult>().Any(option => option.Option.Name == OutputName && option.Tokens is [{ Value: SongFiles.StandardOutput }]);

    private enum SampleFormat
    {
        Pcm16,
        Pcm24,
        Float32,
    }

    /// <summary>The files to write.</summary>
    /// <exception cref="UsageException">A name or format is invalid, or they contradict each other.</exception>
    public SongFiles Files(ParseResult result, int songs)
    {
        AudioFormat? asked = result.GetValue(_format) is { } name ? Formats.Single(format => format.Name == name).Format : null;
        string path = result.GetValue(_output) ?? $"{DefaultName}.{Formats.Single(format => format.Format == (asked ?? AudioFormat.Wav)).Name}";
        if (path.Length == 0)
        {
            throw new UsageException("--output must name a file; it is empty.");
        }

        if (path == SongFiles.StandardOutput && songs > 1)
        {
            throw new UsageException($"--output - writes one song to standard output; these are {songs}.");
        }

        string? latents = result.GetValue(_saveLatents);
        if (latents is { Length: 0 })
        {
            throw new UsageException("--save-latents must name a file; it is empty.");
        }

        AudioFormat format = asked ?? (path == SongFiles.StandardOutput ? AudioFormat.Wav : FormatOf(path));
        SampleEncoding? encoding = result.GetValue(_sampleFormat) switch
        {
            SampleFormat.Pcm16 => SampleEncoding.Pcm16,
            SampleFormat.Pcm24 => SampleEncoding.Pcm24,
            SampleFormat.Float32 => SampleEncoding.Float32,
            _ => null,
        };
        if (encoding is not null && format is AudioFormat.Vorbis or AudioFormat.Opus or AudioFormat.Mp3)
        {
            throw new UsageException($"--sample-format is for WAV, AIFF, AU, CAF and FLAC; {path} is compressed with loss and stores no samples.");
        }

        return new SongFiles(path, latents, songs, format, encoding, result.GetValue(_title));
    }

    /// <summary>The loudness in LUFS to which songs are normalized; null if they are not.</summary>
    /// <exception cref="UsageException">It is out of range.</exception>
    public double? Loudness(ParseResult result)
    {
        return result.GetValue(_normalize) switch
        {
            null => null,
            >= LoudnessNormalizer.LowestTarget and <= LoudnessNormalizer.HighestTarget and var target => target,
            var wrong => throw new UsageException($"--normalize must be {LoudnessNormalizer.LowestTarget} to {LoudnessNormalizer.HighestTarget} LUFS; it is {wrong}."),
        };
    }

    private static AudioFormat FormatOf(string path)
    {
        try
        {
            return AudioFile.FormatOf(path);
        }
        catch (ArgumentException)
        {
            throw new UsageException($"--output must end in .{string.Join(", .", FormatNames)}, or --format must say what to write; it is {path}.");
        }
    }
}
