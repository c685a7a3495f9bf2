using AceStep.Checkpoints;
using AceStep.Generation;
using AceStep.Loras;
using AceStep.Models;
using TorchSharp;
using TorchSharp.Modules;

namespace AceStep.Core.Tests;

/// <summary>Parts of the model that are moved between their uses, as on a device beside the host.</summary>
public sealed class ComponentTests
{
    private static string Tiny => Path.Combine(Testing.ReferenceData.RepositoryRoot, "tests", "data", "reference", "checkpoint-tiny");

    [Test]
    public void Borrow_WithinInferenceMode_LeavesWeightsThatALoraCanChange()
    {
        using MusicCheckpoint checkpoint = MusicCheckpoint.Open(Tiny, new MusicPipelineOptions());
        using Component<AceStepTransformer> component = new(
            Residence.Host, torch.CPU, 0,
            (device, bytesRead, token) => AceStepTransformer.Load(checkpoint.TransformerConfig, checkpoint.Transformer, torch.float32, device, bytesRead, token),
            MoveAway);
        component.Preload(new Progress<long>(), CancellationToken.None);
        using torch.Tensor before = WeightOf(component).detach().clone();

        using (torch.inference_mode())
        {
            using Component<AceStepTransformer>.Lease lease = component.Borrow(null, CancellationToken.None);
        }

        // libtorch refuses to change a weight that was made within inference mode.
        string module = Name[..^".weight".Length];
        Assert.That(
            () => LoraStack.Merge([], component.Resident!.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter), checkpoint.Transformer, [module]),
            Throws.Nothing);
        Testing.TensorAssert.Close(WeightOf(component), before, 0, Name);
    }

    private const string Name = "transformer_blocks.0.attn.to_q.weight";

    private static Parameter WeightOf(Component<AceStepTransformer> component) => component.Resident!.named_parameters().Single(entry => entry.name == Name).parameter;

    /// <summary>The CPU has no other memory to move to: a change of type and back makes every weight anew, as a move does, and no bit is another.</summary>
    private static void MoveAway(AceStepTransformer transformer, torch.Device device)
    {
        transformer.to(torch.float64);
        transformer.to(torch.float32);
    }
}
