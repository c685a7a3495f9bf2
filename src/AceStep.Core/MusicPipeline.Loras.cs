using AceStep.Loras;
using AceStep.Models;
using TorchSharp.Modules;

namespace AceStep;

public sealed partial class MusicPipeline
{
    /// <summary>The LoRAs that are part of the weights, in the order of loading.</summary>
    public IReadOnlyList<Lora> Loras => [.. _loras.Active.Select(active => active.Lora)];

    /// <summary>
    /// Merges a LoRA into the transformer's weights, so that it does not slow down generation. Several LoRAs add up, in any
    /// order. Waits for a request in progress.
    /// </summary>
    /// <param name="path">
    /// A safetensors file in the published, PEFT's, kohya's or ComfyUI's naming, or a folder with one: the published one,
    /// PEFT's (<c>adapter_model.safetensors</c>), a repository in a hub's cache, or any folder with a single such file.
    /// </param>
    /// <param name="weight">The factor by which it is multiplied. Default 1; usually 0 to 2. Other values give a warning in <see cref="Lora.Warnings"/>.</param>
    /// <param name="useStoredAlpha">
    /// Whether the LoRA is scaled by the alpha in the file's header, or in <c>adapter_config.json</c> or <c>config.json</c>
    /// beside it (alpha / rank, or alpha / sqrt(rank) for rank-stabilised LoRA). By default it is not, as in the original.
    /// Alpha tensors, as kohya and ComfyUI store them, are always used. <see cref="Lora.Warnings"/> says if a stored alpha
    /// is ignored, or missing.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no such file, or no file in the folder.</exception>
    /// <exception cref="CheckpointFormatException">
    /// The file is malformed (a factor without its partner, rank 0, values that are not finite) or something else: a
    /// checkpoint, a DoRA, a LoKr, a LoRA of version 1.5; the message says which.
    /// </exception>
    /// <exception cref="CheckpointMismatchException">It has modules that the model lacks, or its shapes do not fit. No weight has changed.</exception>
    /// <exception cref="InvalidOperationException">Called from a progress callback of this pipeline, where it would wait forever.</exception>
    public Lora LoadLora(string path, double weight = 1, bool useStoredAlpha = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RequireFinite(weight);
        return RunAsync(() => MergeLora(path, weight, useStoredAlpha), CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>
    /// Merges a LoRA into the transformer's weights, as <see cref="LoadLora"/> does, without blocking the caller. The LoRA
    /// may also be given by its name on the hub or an https address; if it is in no cache, it is downloaded.
    /// </summary>
    /// <param name="name">A folder, a file, <c>owner/name</c>, <c>owner/name@revision</c> or an https address of a safetensors file.</param>
    /// <param name="weight">As in <see cref="LoadLora"/>.</param>
    /// <param name="useStoredAlpha">As in <see cref="LoadLora"/>.</param>
    /// <param name="cancellationToken">Stops the download, or the waiting for a request in progress. It has no effect once the weights are being changed.</param>
    /// <exception cref="DownloadException">It is in no cache, and cannot be downloaded.</exception>
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

    /// <summary>Changes a LoRA's weight without reading its file again. Waits for a request in progress.</summary>
    /// <exception cref="ArgumentException">The LoRA is not loaded in this pipeline, or the weight is not finite.</exception>
    /// <exception cref="InvalidOperationException">Called from a progress callback of this pipeline, where it would wait forever.</exception>
    public void SetLoraWeight(Lora lora, double weight) => SetLoraWeightAsync(lora, weight).GetAwaiter().GetResult();

    /// <inheritdoc cref="SetLoraWeight" />
    /// <param name="lora">The LoRA.</param>
    /// <param name="weight">Its new weight.</param>
    /// <param name="cancellationToken">Stops the waiting for a request in progress. It has no effect once the change has begun.</param>
    /// <exception cref="OperationCanceledException">It was cancelled before the change began.</exception>
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

    /// <summary>Removes a LoRA. Without LoRAs, the weights are exactly the checkpoint's again. Waits for a request in progress.</summary>
    /// <exception cref="ArgumentException">The LoRA is not loaded in this pipeline.</exception>
    /// <exception cref="InvalidOperationException">Called from a progress callback of this pipeline, where it would wait forever.</exception>
    public void UnloadLora(Lora lora) => UnloadLoraAsync(lora).GetAwaiter().GetResult();

    /// <inheritdoc cref="UnloadLora" />
    /// <param name="lora">The LoRA.</param>
    /// <param name="cancellationToken">Stops the waiting for a request in progress. It has no effect once the change has begun.</param>
    /// <exception cref="OperationCanceledException">It was cancelled before the change began.</exception>
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

    /// <summary>Merges all LoRAs into a transformer that has just been read from the checkpoint.</summary>
    private void MergeLoras(AceStepTransformer transformer) => LoraStack.Merge(_loras.Active, WeightsOf(transformer), _checkpoint.Transformer);

    /// <summary>
    /// Changes the LoRAs or their weights. If that fails, the previous ones stay in effect. While the transformer is
    /// dropped, they are merged when it is read again.
    /// </summary>
    /// <param name="next">All LoRAs and weights after the change.</param>
    /// <param name="changed">The LoRA that is added, changed or removed; the weights of its modules are computed again.</param>
    private void ChangeLoras(IReadOnlyList<ActiveLora> next, Lora changed)
    {
        _stage = MusicStage.Loading;
        if (_parts.Transformer.Resident is { } transformer)
        {
            try
            {
                LoraStack.Merge(next, WeightsOf(transformer), _checkpoint.Transformer, changed.Modules);
            }
            catch
            {
                // The weights are half merged: drop them, so that the next request reads the checkpoint again.
                _parts.Transformer.Drop();
                throw;
            }
        }

        _loras.Set(next);
    }

    private static Dictionary<string, Parameter> WeightsOf(AceStepTransformer transformer) =>
        transformer.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);

    /// <summary>The shape of every weight that a LoRA may change, by module: matrices and convolutions, not norms.</summary>
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
