using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using NATS.Client.KeyValueStore;
using NATS.Client.ObjectStore;

namespace AceStep.Server.Queue.Nats;

/// <summary>What lies on the server: jobs, records, holds, workers, audio and its list, and the secret. Each is made where it is missing.</summary>
internal sealed class NatsStreams
{
    public const string Consumer = "workers";

    private const string SecretKey = "secret";
    private const int MaxAckPending = 1000;

    private static readonly TimeSpan Duplicates = TimeSpan.FromMinutes(10);

    private readonly NatsCalls _calls;
    private readonly INatsKVStore _secrets;

    private NatsStreams(INatsJSContext jetStream, NatsQueueOptions options, NatsCalls calls, INatsKVStore records, INatsKVStore holds, INatsKVStore workers, INatsKVStore secrets, INatsObjStore audio, INatsKVStore audioList)
    {
        (JetStream, Options, _calls, Records, Holds, Workers, _secrets, Audio, AudioList) = (jetStream, options, calls, records, holds, workers, secrets, audio, audioList);
    }

    public INatsJSContext JetStream { get; }

    public INatsConnection Connection => JetStream.Connection;

    public NatsQueueOptions Options { get; }

    public INatsKVStore Records { get; }

    public INatsKVStore Holds { get; }

    public INatsKVStore Workers { get; }

    public INatsObjStore Audio { get; }

    /// <summary>What <see cref="Audio"/> has. Its own list lies between its bytes, so that reading it reads all of them.</summary>
    public INatsKVStore AudioList { get; }

    /// <summary>The stream of jobs.</summary>
    public string Jobs => JobsOf(Options);

    /// <summary>The stream that the records are kept in.</summary>
    public string RecordStream => $"KV_{Options.Name}-records";

    public string JobSubject(string id) => $"{Options.Name}.jobs.{id}";

    public string ProgressSubject(string id) => $"{Options.Name}.progress.{id}";

    public string OfferSubject(string word) => $"{Options.Name}.offers.{word}";

    /// <summary>Where each write of a record is heard, also of one that is refused.</summary>
    public string RecordSubject(string id) => $"$KV.{Options.Name}-records.{id}";

    public static async Task<NatsStreams> OpenAsync(INatsJSContext jetStream, NatsQueueOptions options, NatsCalls calls, CancellationToken cancellationToken)
    {
        NatsKVContext buckets = new(jetStream);
        // Records are read from whoever leads, never from a copy that lags behind: a client may ask another front end at once.
        await StreamAsync(RecordsConfig(options));
        INatsKVStore records = await calls.RunAsync(token => buckets.GetStoreAsync($"{options.Name}-records", token), cancellationToken);
        INatsKVStore holds = await BucketAsync("holds", options.Lease);
        INatsKVStore workers = await BucketAsync("worker-list", options.Lease);
        INatsKVStore secrets = await BucketAsync("secret", TimeSpan.Zero);
        INatsObjStore audio = await AudioAsync(new NatsObjContext(jetStream), options, calls, cancellationToken);
        INatsKVStore audioList = await BucketAsync("audio-list", options.KeepFor);
        await StreamAsync(JobsConfig(options));
        await calls.RunAsync(token => jetStream.CreateOrUpdateConsumerAsync(JobsOf(options), WorkersConfig(options), token), cancellationToken);
        return new NatsStreams(jetStream, options, calls, records, holds, workers, secrets, audio, audioList);

        Task<INatsJSStream> StreamAsync(StreamConfig config) => calls.RunAsync(
            async token =>
            {
                try
                {
                    return options.IsWorker ? await jetStream.GetStreamAsync(config.Name!, cancellationToken: token) : await jetStream.CreateOrUpdateStreamAsync(config, token);
                }
                catch (NatsJSApiException error) when (options.IsWorker && error.Error.Code == 404)
                {
                    return await jetStream.CreateOrUpdateStreamAsync(config, token);
                }
            },
            cancellationToken);

        // On disk even where the content lives seconds: a bucket in memory is gone, itself, when the server starts again.
        Task<INatsKVStore> BucketAsync(string name, TimeSpan age) => calls.RunAsync(
            token => buckets.CreateOrUpdateStoreAsync(new NatsKVConfig($"{options.Name}-{name}") { MaxAge = age, Storage = NatsKVStorageType.File, NumberOfReplicas = options.Replicas }, token), cancellationToken);
    }

    /// <summary>The secret; whoever comes first makes it.</summary>
    public async Task<byte[]> SecretAsync(Func<byte[]> make, CancellationToken cancellationToken)
    {
        byte[] made = make();
        NatsResult<ulong> created = await _calls.RunAsync(async token => Passed(await _secrets.TryCreateAsync(SecretKey, made, cancellationToken: token)), cancellationToken);
        return created.Success ? made : (await _calls.RunAsync(token => _secrets.GetEntryAsync<byte[]>(SecretKey, cancellationToken: token), cancellationToken)).Value ?? [];
    }

    /// <summary>The entries of a bucket under a key, which may end in a wildcard; deleted ones have no value.</summary>
    public static async Task<List<NatsKVEntry<byte[]>>> EntriesAsync(INatsKVStore bucket, string key, CancellationToken cancellationToken)
    {
        List<NatsKVEntry<byte[]>> entries = [];
        NatsKVWatchOpts watch = new() { OnNoData = _ => ValueTask.FromResult(true) };
        await foreach (NatsKVEntry<byte[]> entry in bucket.WatchAsync<byte[]>(key, opts: watch, cancellationToken: cancellationToken))
        {
            entries.Add(entry);
            if (entry.Delta == 0)
            {
                break;
            }
        }

        return entries;
    }

    /// <summary>A result, unless it says that nothing answered.</summary>
    public static NatsResult<T> Passed<T>(NatsResult<T> result) => !result.Success && NatsCalls.IsPassing(result.Error) ? throw result.Error : result;

    private static string JobsOf(NatsQueueOptions options) => $"{options.Name}-jobs";

    /// <summary>Held back by the number that waits when one is added; the stream's own bound, which counts running jobs too, is the last resort.</summary>
    private static StreamConfig JobsConfig(NatsQueueOptions options) => new(JobsOf(options), [$"{options.Name}.jobs.*"])
    {
        Retention = StreamConfigRetention.Workqueue,
        Storage = StreamConfigStorage.File,
        Discard = StreamConfigDiscard.New,
        MaxMsgs = options.MaxQueued + MaxAckPending,
        DuplicateWindow = Duplicates,
        NumReplicas = options.Replicas,
    };

    /// <summary>A bound on deliveries would strand a job without a word: deaths are counted in its record. MaxAckPending is of all workers together.</summary>
    private static ConsumerConfig WorkersConfig(NatsQueueOptions options) => new(Consumer)
    {
        DurableName = Consumer,
        AckPolicy = ConsumerConfigAckPolicy.Explicit,
        AckWait = options.Lease,
        MaxDeliver = -1,
        MaxAckPending = MaxAckPending,
    };

    private static StreamConfig RecordsConfig(NatsQueueOptions options) => new($"KV_{options.Name}-records", [$"$KV.{options.Name}-records.>"])
    {
        Storage = StreamConfigStorage.File,
        Discard = StreamConfigDiscard.New,
        MaxMsgsPerSubject = 1,
        MaxAge = options.KeepFor,
        AllowRollupHdrs = true,
        DenyDelete = true,
        AllowDirect = false,
        DuplicateWindow = options.KeepFor < TimeSpan.FromMinutes(2) ? options.KeepFor : TimeSpan.FromMinutes(2),
        NumReplicas = options.Replicas,
    };

    private static async Task<INatsObjStore> AudioAsync(NatsObjContext context, NatsQueueOptions options, NatsCalls calls, CancellationToken cancellationToken)
    {
        string bucket = $"{options.Name}-audio";
        return await calls.RunAsync(
            async token =>
            {
                try
                {
                    return await context.GetObjectStoreAsync(bucket, token);
                }
                catch (NatsJSApiException error) when (error.Error.Code == 404)
                {
                    // The age takes what a broken upload leaves, too.
                    return await context.CreateObjectStoreAsync(new NatsObjConfig(bucket) { MaxAge = options.KeepFor, NumberOfReplicas = options.Replicas }, token);
                }
            },
            cancellationToken);
    }
}
