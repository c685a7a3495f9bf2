using static TorchSharp.torch;

namespace TorchSharp.Native;

/// <summary>
/// An operator of libtorch, called by name through its dispatcher. Arguments come in the order of the operator's schema; those left out
/// at the end, and <see cref="Argument.Default"/>, take the schema's defaults. Looked up at its first call; safe to share between threads.
/// </summary>
internal sealed unsafe class Operator(string name, string overload = "")
{
    private const int DirectResults = 8;
    private const int DirectWords = 64;

    private nint _handle;

    /// <summary>Whether this libtorch knows the operator.</summary>
    public bool Exists => _handle != 0 || (_handle = Bridge.bridge_find_operator($"aten::{name}", overload)) != 0;

    private nint Handle => Exists
        ? _handle
        : throw new NotSupportedException($"libtorch {NativeLibraries.Version} does not know the operator aten::{name}{(overload.Length > 0 ? "." : string.Empty)}{overload}.");

    /// <summary>Calls an operator that returns one tensor.</summary>
    public Tensor Call(params ReadOnlySpan<Argument> arguments)
    {
        long result;
        Invoke(arguments, &result, 1);
        return new Tensor((nint)result);
    }

    /// <summary>Calls an operator that changes its first argument, and returns that argument.</summary>
    public Tensor CallInPlace(Tensor self, params ReadOnlySpan<Argument> others)
    {
        Span<Argument> arguments = [default, default, default, default, default, default, default, default];
        arguments[0] = self;
        others.CopyTo(arguments[1..]);
        Invoke(arguments[..(others.Length + 1)], null, 0);
        return self;
    }

    /// <summary>Calls an operator that returns a number or a truth value: its bits.</summary>
    public long CallForValue(params ReadOnlySpan<Argument> arguments)
    {
        long result;
        Invoke(arguments, &result, 1);
        return result;
    }

    /// <summary>Calls an operator that returns two tensors.</summary>
    public (Tensor First, Tensor Second) CallForTwo(params ReadOnlySpan<Argument> arguments)
    {
        Tensor[] results = CallForMany(arguments);
        return (results[0], results[1]);
    }

    /// <summary>Calls an operator that returns any number of tensors.</summary>
    public Tensor[] CallForMany(params ReadOnlySpan<Argument> arguments)
    {
        long* direct = stackalloc long[DirectResults];
        long count = Invoke(arguments, direct, DirectResults);
        var handles = new long[count];
        new ReadOnlySpan<long>(direct, (int)Math.Min(count, DirectResults)).CopyTo(handles);
        if (count > DirectResults)
        {
            fixed (long* rest = &handles[DirectResults])
            {
                Bridge.bridge_take_results(rest);
            }
        }

        return Array.ConvertAll(handles, handle => new Tensor((nint)handle));
    }

    private long Invoke(ReadOnlySpan<Argument> arguments, long* results, long capacity)
    {
        int words = 0;
        foreach (ref readonly Argument argument in arguments)
        {
            words += WordsOf(argument);
        }

        NativeArgument* native = stackalloc NativeArgument[arguments.Length];
        long* direct = stackalloc long[DirectWords];
        long answer;
        if (words <= DirectWords)
        {
            Marshal(arguments, native, direct);
            answer = Bridge.bridge_call(Handle, native, arguments.Length, results, capacity);
        }
        else
        {
            fixed (long* rented = new long[words])
            {
                Marshal(arguments, native, rented);
                answer = Bridge.bridge_call(Handle, native, arguments.Length, results, capacity);
            }
        }

        // The bridge holds references of its own while it works; until then the wrappers must not be finalised.
        foreach (ref readonly Argument argument in arguments)
        {
            GC.KeepAlive(argument.Reference);
        }

        NativeError.ThrowIfFailed(answer);
        return answer;
    }

    // How many 8-byte words an argument needs beside its own slot.
    private static int WordsOf(in Argument argument) => argument.Kind switch
    {
        ArgumentKind.IntList or ArgumentKind.DoubleList or ArgumentKind.TensorList or ArgumentKind.OptionalTensorList => argument.Length,
        ArgumentKind.String => (argument.Length + sizeof(long) - 1) / sizeof(long),
        _ => 0,
    };

    private static void Marshal(ReadOnlySpan<Argument> arguments, NativeArgument* native, long* words)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            ref readonly Argument argument = ref arguments[i];
            native[i] = new NativeArgument { Kind = argument.Kind, Length = argument.Length, Value = argument.Value };
            switch (argument.Kind)
            {
                case ArgumentKind.Tensor:
                    native[i].Value = ((Tensor)argument.Reference!).Handle;
                    break;
                case ArgumentKind.Generator:
                    native[i].Value = ((Generator)argument.Reference!).Handle;
                    break;
                case ArgumentKind.IntList:
                    native[i].Value = (nint)words;
                    ((long[])argument.Reference!).CopyTo(new Span<long>(words, argument.Length));
                    break;
                case ArgumentKind.DoubleList:
                    native[i].Value = (nint)words;
                    ((double[])argument.Reference!).CopyTo(new Span<double>(words, argument.Length));
                    break;
                case ArgumentKind.TensorList or ArgumentKind.OptionalTensorList:
                    native[i].Value = (nint)words;
                    var tensors = (Tensor?[])argument.Reference!;
                    for (int j = 0; j < tensors.Length; j++)
                    {
                        words[j] = tensors[j]?.Handle ?? 0;
                    }

                    break;
                case ArgumentKind.String:
                    native[i].Value = (nint)words;
                    System.Text.Encoding.ASCII.GetBytes((string)argument.Reference!, new Span<byte>(words, argument.Length));
                    break;
            }

            words += WordsOf(argument);
        }
    }
}
