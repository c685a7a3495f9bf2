using AceStep.Models;

namespace AceStep.Server.Work;

/// <summary>The LoRAs of the server's model: one in effect at most, a few more kept open for the next prediction that names them.</summary>
/// <remarks>Used by the one worker, between predictions. A LoRA without weight leaves the checkpoint's bits as they are.</remarks>
internal sealed class LoraCache(MusicPipeline pipeline, LoraPlaces places, int size)
{
    /// <summary>The least recently used first.</summary>
    private readonly List<Lora> _loras = [];

    /// <summary>What clients call them, by path.</summary>
    private readonly Dictionary<string, string> _names = [];

    /// <summary>The names of those that are in memory.</summary>
    public IReadOnlyList<string> Names => [.. _loras.Select(lora => _names[lora.Path])];

    /// <summary>Puts one LoRA into effect, or none.</summary>
    /// <param name="name">A LoRA that clients may name; null for none.</param>
    /// <param name="weight">Its factor.</param>
    /// <param name="log">Told of a download.</param>
    /// <param name="cancellationToken">Stops a download; once weights change, it is too late.</param>
    /// <returns>What a user should know.</returns>
    /// <exception cref="InvalidRequestException">It may not be named here.</exception>
    /// <exception cref="LoraException">It is not to be had, or does not fit the model.</exception>
    public async Task<IReadOnlyList<string>> UseAsync(string? name, double weight, PredictionLog log, CancellationToken cancellationToken)
    {
        string? path = name is null ? null : await places.FindAsync(name, log, cancellationToken);
        return await Task.Run(() => Use(name, path, weight), CancellationToken.None);
    }

    private IReadOnlyList<string> Use(string? name, string? path, double weight)
    {
        Lora? wanted = _loras.Find(lora => lora.Path == path);
        foreach (Lora other in _loras.Where(lora => lora != wanted && lora.Weight != 0))
        {
            pipeline.SetLoraWeight(other, 0);
        }

        if (path is null)
        {
            return [];
        }

        if (wanted is null)
        {
            while (_loras.Count >= Math.Max(1, size))
            {
                _names.Remove(_loras[0].Path);
                pipeline.UnloadLora(_loras[0]);
                _loras.RemoveAt(0);
            }

            wanted = Load(name!, path, weight);
            places.Trim([path, .. _loras.Select(lora => lora.Path)]);
        }
        else
        {
            _loras.Remove(wanted);
            if (wanted.Weight != weight)
            {
                pipeline.SetLoraWeight(wanted, weight);
            }
        }

        _loras.Add(wanted);
        _names[path] = name!;
        return wanted.Warnings;
    }

    private Lora Load(string name, string path, double weight)
    {
        try
        {
            return pipeline.LoadLora(path, weight);
        }
        catch (Exception error) when (error is CheckpointFormatException or CheckpointMismatchException or FileNotFoundException)
        {
            // Where it lies on the server is nobody's business.
            throw new LoraException($"The LoRA {name} cannot be used: {error.Message.Replace(path, name, StringComparison.Ordinal)}", error);
        }
    }
}
