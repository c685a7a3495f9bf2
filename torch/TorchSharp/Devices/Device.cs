using System.Globalization;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Where a tensor lives: a kind of device and an index, -1 for the current one.</summary>
    public class Device
    {
        /// <summary>Reads <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c> and so on; letter case does not matter.</summary>
        /// <exception cref="ArgumentException">There is no such kind of device.</exception>
        /// <exception cref="FormatException">The index is no number.</exception>
        public Device(string description)
        {
            string[] parts = description.Split(':');
            type = Enum.Parse<DeviceType>(parts[0], ignoreCase: true);
            index = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : -1;
        }

        public Device(string deviceType, int index = -1)
            : this(Enum.Parse<DeviceType>(deviceType, ignoreCase: true), index)
        {
        }

        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
        }

        /// <summary>A GPU.</summary>
        public Device(int index)
            : this(DeviceType.CUDA, index)
        {
        }

        public DeviceType type { get; }

        public int index { get; }

        public static implicit operator Device(string description) => new(description);

        public override string ToString()
        {
            string kind = type.ToString().ToLowerInvariant();
            return type == DeviceType.CPU || index == -1 ? kind : string.Create(CultureInfo.InvariantCulture, $"{kind}:{index}");
        }
    }
}
