using AceStep.Hub;
using AceStep.Loras;
using AceStep.Models;
using TorchSharp.Modules;

namespace AceStep;

public sealed partial class MusicPipeline
{
    /// <summary>The LoRAs that are part of the weights, in the order of loading.</summary>
    public IReadOnlyList<Lora> Loras => [.. _loras.Active.Select(active => active.Lora)];

    /// <summary>
    /// Merges a LoRA into the transformer's weights; it costs nothing per step. Several add up, in any order. Waits for a
    /// request in progress.
    /// </summary>
    /// <param name="path">
    /// A safetensors file in the published, PEFT's, kohya's or ComfyUI's naming, or a folder with one: the published one,
    /// PEFT's (<c>adapter_model.safetensors</c>), a repository in a hub's cache, or any folder with a single such file.
    /// </param>
    /// <param name="weight">Its factor. 1 by default; 0 to 2 is usual, more is warned of in <see cref="Lora.Warnings"/>.</param>
    /// <param name="useStoredAlpha">
    /// Whether the alpha in the file's header, or in <c>adapter_config.json</c> or <c>config.json</c> beside it, counts
    /// (alpha / rank, or alpha / sqrt(rank) for rank-stabilised LoRA). By default it does not, as in the original. Alpha
    /// tensors, as kohya and ComfyUI store them, always count. <see cref="Lora.Warnings"/> says when it changes nothing, or would.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no such file, or no file in the folder.</exception>
    /// <exception cref="CheckpointFormatException">
    /// The file is malformed (a factor without its partner, rank 0, values that are not finite) or something else: a
    /// checkpoint, a DoRA, a LoKr, a LoRA of version 1.5; says which.
    /// </exception>
    /// <exception cref="CheckpointMismatchException">It names modules that the model lacks, or its shapes do not fit; no weight has changed.</exception>
    /// <exception cref="InvalidOperationException">Called from a progress callback of this pipeline, which would wait for itself.</exception>
    public Lora LoadLora(string path, double weight = 1, bool useStoredAlpha = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RequireFinite(weight);
        return RunAsync(() => MergeLora(path, weight, useStoredAlpha), CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>
    /// Merges a LoRA into the transformer's weights, as <see cref="LoadLora"/> does, without keeping the caller waiting. It may be
    /// named by its name on the hub or an https address, too: then it is fetched where no cache has it.
    /// </summary>
    /// <param name="name">A folder, a file, <c>owner/name</c>, <c>owner/name@revision</c> or an https address of a safetensors file.</param>
    /// <param name="weight">As in <see cref="LoadLora"/>.</param>
    /// <param name="useStoredAlpha">As in <see cref="LoadLora"/>.</param>
    /// <param name="cancellationToken">Stops the download and the waiting for a request in progress; once the weights change, it is too late.</param>
    /// <exception cref="DownloadException">It is in no cache, and not to be had.</exception>
    /// <inheritdoc cref="LoadLora" path="/exception" />
    public async Task<Lora> LoadLoraAsync(string name, double weight = 1, bool useStoredAlpha = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        RequireFinite(weight);
        string path = await new ModelStore(_options.Download, _options.DownloadProgress).GetLoraAsync(name, cancellationToken).ConfigureAwait(false);
        return await RunAsync(() => MergeLora(path, weight, useStoredAlpha), cancellationToken).ConfigureAwait(false);
    }

    private Lora MergeLora(string path, double weight, bool useStoredAlpha)
    {
        LoraFile file = LoraFile.Open(path, useStoredAlpha, LoraTargets(), UnusedModules());
        try
        {
            Lora lora = new(path, file, weight);
            ChangeLoras([.. _loras.Active, new ActiveLora(lora, weight)], lora);
            return lora;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Changes a LoRA's factor; the file is not read from disk again. Waits for a request in progress.</summary>
    /// <exception cref="ArgumentException">The LoRA is not loaded in this pipeline, or the weight is not finite.</exception>
    /// <exception cref="InvalidOperationException">Called from a progress callback of this pipeline, which would wait for itself.</exception>
    public void SetLoraWeight(Lora lora, double weight) => SetLoraWeightAsync(lora, weight).GetAwaiter().GetResult();

    /// <inheritdoc cref="SetLoraWeight" />
    /// <param name="lora">The LoRA.</param>
    /// <param name="weight">Its new factor.</param>
    /// <param name="cancellationToken">Ends the waiting for a request in progress; what has begun is finished.</param>
    /// <exception cref="OperationCanceledException">It was cancelled before it began; nothing has changed.</exception>
    public Task SetLoraWeightAsync(Lora lora, double weight, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(lora);
        RequireFinite(weight);
        return RunAsync(
            () =>
            {
                RequireLoaded(lora);
                ChangeLoras([.. _loras.Active.Select(active => active.Lora == lora ? active with { Weight = weight } : active)], lora);
                return 0;
            },
            cancellationToken);
    }

    /// <summary>Takes a LoRA away. Without any, the weights are the checkpoint's again, bit for bit. Waits for a request in progress.</summary>
    /// <exception cref="ArgumentException">The LoRA is not loaded in this pipeline.</exception>
    /// <exception cref="InvalidOperationException">Called from a progress callback of this pipeline, which would wait for itself.</exception>
    public void UnloadLora(Lora lora) => UnloadLoraAsync(lora).GetAwaiter().GetResult();

    /// <inheritdoc cref="UnloadLora" />
    /// <param name="lora">The LoRA.</param>
    /// <param name="cancellationToken">Ends the waiting for a request in progress; what has begun is finished.</param>
    /// <exception cref="OperationCanceledException">It was cancelled before it began; nothing has changed.</exception>
    public Task UnloadLoraAsync(Lora lora, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(lora);
        return RunAsync(
            () =>
            {
                RequireLoaded(lora);
                ChangeLoras([.. _loras.Active.Where(active => active.Lora != lora)], lora);
                lora.File.Dispose();
                return 0;
            },
            cancellationToken);
    }

    /// <summary>Puts all LoRAs into a transformer fresh from the checkpoint.</summary>
    private void MergeLoras(AceStepTransformer transformer) => LoraStack.Merge(_loras.Active, WeightsOf(transformer), _checkpoint.Transformer);

    /// <summary>
    /// Puts other LoRAs or weights into effect; where that fails, those before it stay. While the transformer is dropped,
    /// there is nothing to merge.
    /// </summary>
    /// <param name="next">All LoRAs with their weights, as they are to be.</param>
    /// <param name="changed">The one that is changed: its modules are computed anew.</param>
    private void ChangeLoras(IReadOnlyList<ActiveLora> next, Lora changed)
    {
        if (_parts.Transformer.Resident is { } transformer)
        {
            try
            {
                LoraStack.Merge(next, WeightsOf(transformer), _checkpoint.Transformer, changed.Modules);
            }
            catch
            {
                // Half merged: the weights come from the checkpoint again for the next request.
                _parts.Transformer.Drop();
                throw;
            }
        }

        _loras.Set(next);
    }

    private static Dictionary<string, Parameter> WeightsOf(AceStepTransformer transformer) =>
        transformer.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);

    /// <summary>The shape of every weight that a LoRA may touch, by module: those that multiply, not the norms'.</summary>
    private Dictionary<string, long[]> LoraTargets() =>
        ModulesWhere(name => !AceStepTransformer.IsUnused(name))
            .Select(module => (module, shape: _checkpoint.Transformer.Shape(module + ".weight").ToArray()))
            .Where(target => target.shape.Length >= 2)
            .ToDictionary(target => target.module, target => target.shape);

    private string[] UnusedModules() => [.. ModulesWhere(AceStepTransformer.IsUnused)];

    private IEnumerable<string> ModulesWhere(Func<string, bool> condition) =>
        _checkpoint.Transformer.Names
            .Where(name => name.EndsWith(".weight", StringComparison.Ordinal) && condition(name))
            .Select(name => name[..^".weight".Length]);

    private void RequireLoaded(Lora lora)
    {
        if (!_loras.Active.Any(active => active.Lora == lora))
        {
            throw new ArgumentException($"The LoRA {lora.Path} is not loaded in this pipeline.", nameof(lora));
        }
    }

    private static void RequireFinite(double weight)
    {
        if (!double.IsFinite(weight))
        {
            throw new ArgumentException($"A LoRA's weight must be a finite number; it is {FieldText.Of(weight)}.", nameof(weight));
        }
    }
}
