using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AceStep.Audio.Files.SoundFile;

/// <summary>libsndfile's functions and constants (sndfile.h, version 1.2), as far as they are used.</summary>
internal static unsafe partial class Native
{
    public const int ModeRead = 0x10;
    public const int ModeWrite = 0x20;

    public const int TypeMask = 0x0FFF0000;
    public const int SubtypeMask = 0x0000FFFF;

    public const int TypeWav = 0x010000;
    public const int TypeAiff = 0x020000;
    public const int TypeAu = 0x030000;
    public const int TypeWavExtensible = 0x130000;
    public const int TypeFlac = 0x170000;
    public const int TypeCaf = 0x180000;
    public const int TypeOgg = 0x200000;
    public const int TypeMpeg = 0x230000;

    public const int SubtypePcmS8 = 0x01;
    public const int SubtypePcm16 = 0x02;
    public const int SubtypePcm24 = 0x03;
    public const int SubtypePcm32 = 0x04;
    public const int SubtypePcmU8 = 0x05;
    public const int SubtypeFloat = 0x06;
    public const int SubtypeDouble = 0x07;
    public const int SubtypeVorbis = 0x60;
    public const int SubtypeOpus = 0x64;
    public const int SubtypeLayer1 = 0x80;
    public const int SubtypeLayer3 = 0x82;

    public const int StringTitle = 0x01;
    public const int StringComment = 0x05;

    public const int CommandSimpleFormatCount = 0x1020;
    public const int CommandSimpleFormat = 0x1021;
    public const int CommandCompressionLevel = 0x1301;
    public const int CommandBitRateMode = 0x1305;

    public const int BitRateConstant = 0;
    public const int BitRateVariable = 2;

    /// <summary>What libsndfile says where it cannot know a length.</summary>
    public const long UnknownLength = long.MaxValue;

    private const string Library = AudioLibrary.ImportName;

    [LibraryImport(Library, EntryPoint = "sf_open_virtual")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint OpenVirtual(VirtualFunctions* functions, int mode, Info* info, nint userData);

    [LibraryImport(Library, EntryPoint = "sf_close")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int Close(nint file);

    [LibraryImport(Library, EntryPoint = "sf_error")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int Error(nint file);

    [LibraryImport(Library, EntryPoint = "sf_strerror")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial byte* ErrorText(nint file);

    [LibraryImport(Library, EntryPoint = "sf_command")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int Command(nint file, int command, void* data, int size);

    [LibraryImport(Library, EntryPoint = "sf_readf_float")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial long Read(nint file, float* samples, long frames);

    [LibraryImport(Library, EntryPoint = "sf_writef_float")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial long Write(nint file, float* samples, long frames);

    [LibraryImport(Library, EntryPoint = "sf_writef_int")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial long Write(nint file, int* samples, long frames);

    [LibraryImport(Library, EntryPoint = "sf_set_string", StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int SetString(nint file, int kind, string text);

    [LibraryImport(Library, EntryPoint = "sf_get_string")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial byte* GetString(nint file, int kind);

    [LibraryImport(Library, EntryPoint = "sf_version_string")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial byte* Version();

    /// <summary>SF_INFO.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Info
    {
        public long Frames;
        public int SampleRate;
        public int Channels;
        public int Format;
        public int Sections;
        public int Seekable;
    }

    /// <summary>SF_FORMAT_INFO.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FormatInfo
    {
        public int Format;
        public byte* Name;
        public byte* Extension;
    }

    /// <summary>SF_VIRTUAL_IO.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct VirtualFunctions
    {
        public delegate* unmanaged[Cdecl]<nint, long> Length;
        public delegate* unmanaged[Cdecl]<long, int, nint, long> Seek;
        public delegate* unmanaged[Cdecl]<void*, long, nint, long> Read;
        public delegate* unmanaged[Cdecl]<void*, long, nint, long> Write;
        public delegate* unmanaged[Cdecl]<nint, long> Tell;
    }
}

/// <summary>Between our formats and encodings and libsndfile's numbers.</summary>
internal static class SoundFileFormat
{
    private static readonly (SampleEncoding Encoding, int Subtype)[] Subtypes =
    [
        (SampleEncoding.Pcm8, Native.SubtypePcmS8),
        (SampleEncoding.Pcm8, Native.SubtypePcmU8),
        (SampleEncoding.Pcm16, Native.SubtypePcm16),
        (SampleEncoding.Pcm24, Native.SubtypePcm24),
        (SampleEncoding.Pcm32, Native.SubtypePcm32),
        (SampleEncoding.Float32, Native.SubtypeFloat),
        (SampleEncoding.Float64, Native.SubtypeDouble),
    ];

    /// <summary>The format of a number, or null where it is none of ours.</summary>
    public static AudioFormat? FormatOf(int number) => (number & Native.TypeMask, number & Native.SubtypeMask) switch
    {
        (Native.TypeWav or Native.TypeWavExtensible, _) => AudioFormat.Wav,
        (Native.TypeAiff, _) => AudioFormat.Aiff,
        (Native.TypeAu, _) => AudioFormat.Au,
        (Native.TypeCaf, _) => AudioFormat.Caf,
        (Native.TypeFlac, _) => AudioFormat.Flac,
        (Native.TypeOgg, Native.SubtypeVorbis) => AudioFormat.Vorbis,
        (Native.TypeOgg, Native.SubtypeOpus) => AudioFormat.Opus,
        (Native.TypeMpeg, >= Native.SubtypeLayer1 and <= Native.SubtypeLayer3) => AudioFormat.Mp3,
        _ => null,
    };

    /// <summary>The encoding of a number, or null where samples are compressed with loss.</summary>
    public static SampleEncoding? EncodingOf(int number)
    {
        int index = Array.FindIndex(Subtypes, entry => entry.Subtype == (number & Native.SubtypeMask));
        return index < 0 ? null : Subtypes[index].Encoding;
    }

    /// <summary>The number to write a format with.</summary>
    public static int NumberOf(AudioFormat format, SampleEncoding? encoding) => format switch
    {
        AudioFormat.Aiff => Native.TypeAiff | SubtypeOf(encoding),
        AudioFormat.Au => Native.TypeAu | SubtypeOf(encoding),
        AudioFormat.Caf => Native.TypeCaf | SubtypeOf(encoding),
        AudioFormat.Flac => Native.TypeFlac | SubtypeOf(encoding),
        AudioFormat.Vorbis => Native.TypeOgg | Native.SubtypeVorbis,
        AudioFormat.Opus => Native.TypeOgg | Native.SubtypeOpus,
        _ => Native.TypeMpeg | Native.SubtypeLayer3,
    };

    private static int SubtypeOf(SampleEncoding? encoding) => Array.Find(Subtypes, entry => entry.Encoding == encoding).Subtype;
}
