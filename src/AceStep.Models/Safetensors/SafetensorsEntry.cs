using TorchSharp;

namespace AceStep.Models;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The element type that it is read as: the stored one, or for eight-bit floats bfloat16, which holds each of their values.</param>
/// <param name="Shape">Its shape; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin, counted from the start of the file.</param>
/// <param name="ByteCount">How many bytes it has.</param>
/// <param name="StoredType">The element type as the file names it: "BF16", "F8_E4M3".</param>
public sealed record SafetensorsEntry(string Name, torch.ScalarType Type, IReadOnlyList<long> Shape, long Offset, long ByteCount, string StoredType);
