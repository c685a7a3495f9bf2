using AceStep.Models;
using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>
/// The transformer with fixed conditions: computes the guided velocity from latents and the index of an evaluation. The
/// conditional, unconditional and text-only passes of an evaluation run as one batch; an unguided evaluation runs the
/// conditional rows only.
/// </summary>
internal sealed class GuidedModel : IDisposable
{
    private readonly AceStepTransformer _transformer;
    private readonly DecodeContext _context;
    private readonly DecodeContext _conditional;
    private readonly GuidanceSettings _guidance;
    private readonly GuidanceWindow _window;
    private readonly EncoderRows _rows;

    /// <param name="transformer">The transformer; must outlive this.</param>
    /// <param name="rows">The encoder's rows for one song.</param>
    /// <param name="schedule">The schedule whose evaluations are computed.</param>
    /// <param name="batchSize">The number of songs; the rows are repeated for each.</param>
    /// <param name="frames">Latent frames.</param>
    /// <param name="guidance">Kind and scales.</param>
    /// <param name="window">The evaluations that are guided.</param>
    public GuidedModel(AceStepTransformer transformer, EncoderRows rows, Schedule schedule, int batchSize, int frames, GuidanceSettings guidance, GuidanceWindow window)
    {
        _transformer = transformer;
        _guidance = guidance;
        _window = window;
        _rows = rows;
        using var scope = NewDisposeScope();
        Tensor hiddenStates = rows.HiddenStates.repeat_interleave(batchSize, 0); // [rows * B, T, W]
        Tensor mask = rows.Mask.repeat_interleave(batchSize, 0);
        bool[] weakened = [.. rows.WeakenedRows.SelectMany(row => Enumerable.Repeat(row, batchSize))];
        _context = transformer.Prepare(hiddenStates, mask, frames, tensor(schedule.Timesteps.ToArray(), float32, hiddenStates.device), weakened);
        _conditional = rows.WeakenedRows.Length == 1 ? _context : _context.SelectRows(0, batchSize);
    }

    /// <summary>APG's momentum, carried from one guided evaluation to the next; null for none.</summary>
    public MomentumBuffer? Momentum { get; set; }

    /// <summary>The transformer's passes in an evaluation, for each song: what it costs. More than one if it is guided.</summary>
    public int Passes(int evaluation) => _rows.Passes(_window, evaluation);

    /// <summary>The velocity [B, 8, 16, F] at an evaluation of the schedule.</summary>
    public Tensor Predict(int evaluation, Tensor latents)
    {
        int passes = Passes(evaluation);
        if (passes == 1)
        {
            return _transformer.Decode(latents, evaluation, _conditional);
        }

        using var scope = NewDisposeScope();
        Tensor predictions = _transformer.Decode(latents.repeat(passes, 1, 1, 1), evaluation, _context);
        Tensor[] parts = predictions.chunk(passes, 0);
        double scale = _window.Scale(evaluation, _guidance.Scale, _guidance.IntervalDecay, _guidance.MinScale);
        Tensor guided = (passes, _guidance.Kind) switch
        {
            (3, _) => Guider.DoubleCondition(parts[0], parts[1], parts[2], _guidance.TextScale, _guidance.LyricScale),
            (_, GuidanceKind.Cfg) => Guider.Cfg(parts[0], parts[1], scale),
            (_, GuidanceKind.CfgStar) => Guider.CfgStar(parts[0], parts[1], scale, evaluation),
            _ => Guider.Apg(parts[0], parts[1], scale, Momentum),
        };
        return guided.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        if (!ReferenceEquals(_conditional, _context))
        {
            _conditional.Dispose();
        }

        _context.Dispose();
        Momentum?.Dispose();
    }
}
