namespace AceStep.Server.Work;

/// <summary>The LoRAs of the server's model: one in effect at most, a few more kept open for the next prediction that names them.</summary>
/// <remarks>Used by the one worker, between predictions. A LoRA without weight leaves the checkpoint's bits as they are.</remarks>
internal sealed class LoraCache(MusicPipeline pipeline, string? folder, int size)
{
    /// <summary>The least recently used first.</summary>
    private readonly List<Lora> _loras = [];

    /// <summary>Puts one LoRA into effect, or none.</summary>
    /// <param name="name">A file or folder below the server's folder of LoRAs; null for none.</param>
    /// <param name="weight">Its factor.</param>
    /// <returns>What a user should know.</returns>
    /// <exception cref="InvalidRequestException">There is no such LoRA here.</exception>
    public IReadOnlyList<string> Use(string? name, double weight)
    {
        string? path = name is null ? null : Resolve(folder, name);
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
                pipeline.UnloadLora(_loras[0]);
                _loras.RemoveAt(0);
            }

            wanted = pipeline.LoadLora(path, weight);
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
        return wanted.Warnings;
    }

    /// <summary>The path of a LoRA that a client names: it lies below the folder, links included, or it is refused.</summary>
    /// <exception cref="InvalidRequestException">There is no such LoRA here.</exception>
    public static string Resolve(string? folder, string name)
    {
        if (folder is null)
        {
            throw new InvalidRequestException("lora_name_or_path", "must be \"none\": this server has no folder of LoRAs (--lora-dir).");
        }

        bool isName = name.Length <= 200 && !Path.IsPathRooted(name) && name.Split('/', '\\').All(part => part.Length > 0 && part is not ("." or "..") && !part.Contains('\0'));
        string path = isName ? Path.Combine(Path.GetFullPath(folder), name) : "";
        return isName && (File.Exists(path) || Directory.Exists(path))
            ? path
            : throw new InvalidRequestException("lora_name_or_path", "must be \"none\" or the name of a file or folder in the server's folder of LoRAs; there is none of that name.");
    }
}
