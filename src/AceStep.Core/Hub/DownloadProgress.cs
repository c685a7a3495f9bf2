namespace AceStep;

/// <summary>
/// One report of a download. The first comes before anything is fetched, with nothing completed; the last when all is verified
/// and in its place. Reports come one after another, on threads of the pool, at most ten a second.
/// </summary>
/// <param name="Plan">What is fetched.</param>
/// <param name="Completed">Bytes that have arrived in this run.</param>
/// <param name="Total">Bytes of this run: those of the plan less those present; more where contents were wrong and come again.</param>
/// <param name="BytesPerSecond">The rate of the last seconds; null before it is known.</param>
/// <param name="Remaining">An estimate of the time left; null before it is known.</param>
/// <param name="Note">What keeps it waiting: a pause that the hub asked for, another process that fetches the same; null for nothing.</param>
public readonly record struct DownloadProgress(DownloadPlan Plan, long Completed, long Total, double? BytesPerSecond, TimeSpan? Remaining, string? Note);
