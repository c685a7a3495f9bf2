using System.Globalization;
using TorchSharp;

namespace AceStep.Generation;

/// <summary>Reads the names of devices: "cpu", "cuda", "cuda:1".</summary>
internal static class ComputeDevices
{
    /// <summary>The device of a name. For null: the first CUDA device, or the CPU if there is none.</summary>
    /// <exception cref="ArgumentException">The name is unknown, or this machine has no such device.</exception>
    public static torch.Device Parse(string? name)
    {
        if (name is null)
        {
            return torch.cuda.is_available() ? torch.device("cuda:0") : torch.CPU;
        }

        if (name.Equals("cpu", StringComparison.OrdinalIgnoreCase))
        {
            return torch.CPU;
        }

        string[] parts = name.ToLowerInvariant().Split(':');
        int index = 0;
        bool isCuda = parts[0] == "cuda" && (parts.Length == 1 || (parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index)));
        if (!isCuda)
        {
            throw new ArgumentException($"The device must be cpu, cuda or cuda:N; it is {name}.", nameof(name));
        }

        int count = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        return index < count
            ? torch.device($"cuda:{index}")
            : throw new ArgumentException($"The device {name} does not exist: libtorch finds {count} CUDA devices.", nameof(name));
    }
}
