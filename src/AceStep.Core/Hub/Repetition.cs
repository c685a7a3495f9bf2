using Polly;
using Polly.Retry;

namespace AceStep.Hub;

/// <summary>Does things again that failed for the moment: after pauses that grow, with chance in them, or as long as the server asks.</summary>
internal static class Repetition
{
    /// <param name="timing">The pauses and their number.</param>
    /// <param name="onPause">Told why and for how long before each pause.</param>
    public static ResiliencePipeline Create(HubTiming timing, Action<string>? onPause = null) =>
        new ResiliencePipelineBuilder { TimeProvider = timing.Clock }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<TransientFailure>(),
                MaxRetryAttempts = timing.Repetitions,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = timing.FirstPause,
                MaxDelay = timing.LongestPause,
                DelayGenerator = arguments => new ValueTask<TimeSpan?>((arguments.Outcome.Exception as TransientFailure)?.RetryAfter),
                OnRetry = arguments =>
                {
                    onPause?.Invoke($"{arguments.Outcome.Exception?.Message} Going on in {Math.Max(1, arguments.RetryDelay.TotalSeconds):0} s.");
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
}
