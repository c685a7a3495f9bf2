using System.Threading.RateLimiting;
using AceStep.Server.Queue;
using AceStep.Server.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace AceStep.Server.Http;

/// <summary>Stands before every route: who may, how much, and what becomes of errors.</summary>
internal sealed partial class RequestGuard(
    AceStepServerOptions options, TokenCheck tokens, HostCheck hosts, BaseUrls baseUrls, ILogger<RequestGuard> logger) : IDisposable
{
    private static readonly object PrincipalKey = new();

    /// <summary>The headers that a refusal keeps of the answer that it takes the place of.</summary>
    private static readonly string[] Lasting = [HeaderNames.XContentTypeOptions, HeaderNames.Vary, HeaderNames.AccessControlAllowOrigin];

    private readonly ConcurrencyLimiter _requests = new(new ConcurrencyLimiterOptions { PermitLimit = options.MaxRequests, QueueLimit = 0 });

    /// <summary>Events are read for as long as anybody likes: half of the requests are left to others.</summary>
    private readonly ConcurrencyLimiter _streams = new(new ConcurrencyLimiterOptions { PermitLimit = MaxStreams(options), QueueLimit = 0 });
    private readonly PartitionedRateLimiter<string> _creations = PartitionedRateLimiter.Create<string, string>(caller => options.CreationsPerMinute > 0
        ? RateLimitPartition.GetTokenBucketLimiter(caller, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.CreationsPerMinute,
            TokensPerPeriod = Math.Max(1, options.CreationsPerMinute / 60),
            ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Max(1, 60.0 / options.CreationsPerMinute)),
            QueueLimit = 0,
        })
        : RateLimitPartition.GetNoLimiter(caller));

    /// <summary>Who makes a request: a token's hash, or "" where none is asked for.</summary>
    public static string PrincipalOf(HttpContext context) => context.Items[PrincipalKey] as string ?? "";

    /// <summary>Whether tokens are asked for.</summary>
    public bool AsksForTokens => tokens.IsRequired;

    /// <summary>Puts the guard before an endpoint.</summary>
    public void Protect(EndpointBuilder endpoint)
    {
        RequestDelegate handler = endpoint.RequestDelegate!;
        EndpointAccess access = endpoint.Metadata.OfType<EndpointAccess>().LastOrDefault() ?? new EndpointAccess();
        endpoint.RequestDelegate = context => RunAsync(context, handler, access);
    }

    /// <summary>Counts a creation or an upload.</summary>
    /// <exception cref="Problem">There were too many in the last minute.</exception>
    public void CountCreation(HttpContext context)
    {
        string caller = tokens.IsRequired ? PrincipalOf(context) : context.Connection.RemoteIpAddress?.ToString() ?? "";
        using RateLimitLease lease = _creations.AttemptAcquire(caller);
        if (!lease.IsAcquired)
        {
            int seconds = lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan after) ? (int)Math.Ceiling(after.TotalSeconds) : 1;
            throw new Problem(StatusCodes.Status429TooManyRequests, $"Request was throttled. Your rate limit resets in ~{seconds}s.") { RetryAfter = seconds };
        }
    }

    public void Dispose()
    {
        _requests.Dispose();
        _streams.Dispose();
        _creations.Dispose();
    }

    /// <summary>Runs a handler, if its request may.</summary>
    public async Task RunAsync(HttpContext context, RequestDelegate handler, EndpointAccess access)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        // What an answer says is true now, and for whoever asked; what may be kept says so itself.
        context.Response.Headers.CacheControl = "no-store";
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = options.SlowestReader;
        }

        // Whoever watches over the server is answered however many others it has: it would be taken for dead.
        using RateLimitLease? permit = access.AnyHost ? null : _requests.AttemptAcquire();
        using RateLimitLease? stream = access.IsStream && permit is { IsAcquired: true } ? _streams.AttemptAcquire() : null;
        try
        {
            if (permit is { IsAcquired: false })
            {
                throw new Problem(StatusCodes.Status503ServiceUnavailable, $"The server has {options.MaxRequests} requests in progress already.") { RetryAfter = 1 };
            }

            if (stream is { IsAcquired: false })
            {
                throw new Problem(StatusCodes.Status503ServiceUnavailable, $"The server has {MaxStreams(options)} readers of events already.") { RetryAfter = 5 };
            }

            if (!access.HasOwnSecret && !access.AnyHost)
            {
                hosts.Require(context, baseUrls.Of(context.Request));
                if (HostCheck.AnswerPreflight(context))
                {
                    return;
                }
            }

            if (tokens.Identify(context.Request) is { } principal)
            {
                context.Items[PrincipalKey] = principal;
            }
            else if (!access.IsOpen && !access.HasOwnSecret)
            {
                throw Problem.Unauthenticated();
            }

            await handler(context);
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            if (context.RequestAborted.IsCancellationRequested && error is OperationCanceledException or IOException and not StorageFullException)
            {
                // The client has gone; there is nobody to tell.
                context.Abort();
                return;
            }

            await AnswerAsync(context, ToProblem(error), access.IsCog);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // Half an answer is sent, and the client or the server has gone: the connection's end says it.
            context.Abort();
        }
    }

    private static int MaxStreams(AceStepServerOptions options) => Math.Max(1, options.MaxRequests / 2);

    private Problem ToProblem(Exception error)
    {
        switch (error)
        {
            case Problem problem:
                return problem;
            case QueueFullException:
                return new Problem(StatusCodes.Status429TooManyRequests, error.Message) { RetryAfter = 5 };
            case QueueUnavailableException:
                return new Problem(StatusCodes.Status503ServiceUnavailable, error.Message) { RetryAfter = 2 };
            case StorageFullException:
                return new Problem(StatusCodes.Status507InsufficientStorage, error.Message);
            case BadHttpRequestException bad:
                return new Problem(bad.StatusCode, bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? "The request's body is too large." : bad.Message);
            case IOException { InnerException: OverflowException }:
                // So Kestrel says that a chunk's length is no number.
                return new Problem(StatusCodes.Status400BadRequest, "The body's chunks cannot be read.");
            default:
                LogFault(error);
                return new Problem(StatusCodes.Status500InternalServerError, "The server failed; its log has the details.");
        }
    }

    private static async Task AnswerAsync(HttpContext context, Problem problem, bool isCog)
    {
        // A page that may use the server may read why it was refused, too.
        StringValues[] kept = [.. Lasting.Select(name => context.Response.Headers[name])];
        context.Response.Clear();
        foreach ((string name, StringValues value) in Lasting.Zip(kept))
        {
            context.Response.Headers[name] = value;
        }

        context.Response.Headers.CacheControl = "no-store";
        context.Response.StatusCode = problem.Status;
        if (problem.RetryAfter is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        // What is left of a refused body is not read: it may be endless.
        if (problem.Status is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status408RequestTimeout && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is not null)
        {
            context.Response.Headers.Connection = "close";
        }

        if (isCog)
        {
            await CogProblems.WriteAsync(context.Response, problem);
            return;
        }

        await context.Response.WriteAsJsonAsync(problem.ToDetails(), ProblemJson.Default.ProblemDetails, "application/problem+json");
    }

    [LoggerMessage(LogLevel.Error, "A request failed")]
    private partial void LogFault(Exception error);
}

/// <summary>Who may use an endpoint.</summary>
internal sealed record EndpointAccess
{
    /// <summary>Anybody: it says nothing that is not public.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Whoever has the address, from wherever: it carries a secret of its own.</summary>
    public bool HasOwnSecret { get; init; }

    /// <summary>Whatever host the request names, and however many others there are, as probes do.</summary>
    public bool AnyHost { get; init; }

    /// <summary>Answers for as long as the client reads.</summary>
    public bool IsStream { get; init; }

    /// <summary>Errors have Cog's form.</summary>
    public bool IsCog { get; init; }
}
