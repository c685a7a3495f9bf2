using System.Runtime.InteropServices;
using System.Text.Json;

namespace AceStep.Audio.Tests;

/// <summary>Reads float32 tensors of two axes from a safetensors file, as one array per row; needs no torch.</summary>
internal static class Tensors
{
    public static Dictionary<string, float[][]> Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int headerLength = (int)BitConverter.ToUInt64(bytes);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, headerLength));
        Dictionary<string, float[][]> tensors = [];
        foreach (JsonProperty entry in header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            int[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
            int start = 8 + headerLength + entry.Value.GetProperty("data_offsets")[0].GetInt32();
            ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(start, 4 * shape[0] * shape[1]));
            var rows = new float[shape[0]][];
            for (int row = 0; row < shape[0]; row++)
            {
                rows[row] = values.Slice(row * shape[1], shape[1]).ToArray();
            }

            tensors.Add(entry.Name, rows);
        }

        return tensors;
    }
}
