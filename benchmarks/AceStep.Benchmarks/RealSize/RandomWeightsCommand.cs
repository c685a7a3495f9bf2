using System.CommandLine;

namespace AceStep.Benchmarks.RealSize;

/// <summary>Writes and removes the checkpoint of random weights.</summary>
internal sealed class RandomWeightsCommand : Command
{
    public RandomWeightsCommand()
        : base("random-weights", "A checkpoint of random weights in the released layout and size (8.3 GB).")
    {
        Argument<string> folder = new("folder") { Description = "Where the checkpoint is." };
        Command write = new("write", "Writes the checkpoint; goes on where it was interrupted.") { folder };
        write.SetAction(result => RandomCheckpoint.Write(result.GetRequiredValue(folder), Console.WriteLine));
        Command remove = new("remove", "Deletes the checkpoint.") { folder };
        remove.SetAction(result => RandomCheckpoint.Remove(result.GetRequiredValue(folder)));
        Add(write);
        Add(remove);
    }
}
