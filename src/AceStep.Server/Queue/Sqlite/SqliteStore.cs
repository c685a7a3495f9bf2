using System.Collections.Concurrent;
using AceStep.Server.Storage;
using Microsoft.Data.Sqlite;

namespace AceStep.Server.Queue.Sqlite;

/// <summary>The database: one connection that writes, one writer at a time, and a few that read beside it (WAL).</summary>
internal sealed class SqliteStore : IDisposable
{
    private const int Version = 1;
    private const int DiskFull = 13;
    private const int InputOutput = 10;

    private const string Schema = """
        CREATE TABLE predictions (
            ticket INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            status INTEGER NOT NULL,
            attempt INTEGER NOT NULL DEFAULT 0,
            deaths INTEGER NOT NULL DEFAULT 0,
            worker TEXT,
            lease_until INTEGER NOT NULL DEFAULT 0,
            cost REAL NOT NULL,
            source TEXT NOT NULL,
            created INTEGER NOT NULL,
            started INTEGER,
            finished INTEGER,
            job TEXT NOT NULL,
            logs TEXT NOT NULL DEFAULT '',
            output TEXT,
            error TEXT,
            undelivered INTEGER NOT NULL DEFAULT 0,
            data_removed INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX open_predictions ON predictions (status, ticket) WHERE status < 2;
        CREATE INDEX undelivered_predictions ON predictions (ticket) WHERE undelivered = 1;
        CREATE INDEX kept_predictions ON predictions (finished) WHERE status >= 2 AND data_removed = 0;
        PRAGMA user_version = 1;
        """;

    private readonly SqliteConnection _writer;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly string _connection;
    private bool _disposed;

    /// <exception cref="IOException">The file is no database of this program's, or a newer program's.</exception>
    public SqliteStore(string path)
    {
        _connection = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 }.ToString();
        _writer = new SqliteConnection(_connection);
        try
        {
            _writer.Open();
            // FULL: what was accepted survives a power cut; each commit waits for the disk.
            Execute(_writer, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
            Prepare(path);
        }
        catch (SqliteException error)
        {
            _writer.Dispose();
            throw new IOException($"{path} cannot be used as the database of predictions: {error.Message}", error);
        }
        catch
        {
            _writer.Dispose();
            throw;
        }
    }

    /// <summary>Does work in one transaction; nothing of it stays where it throws.</summary>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            using SqliteTransaction transaction = _writer.BeginTransaction(deferred: false);
            T result = work(_writer);
            transaction.Commit();
            return result;
        }
        catch (SqliteException error) when (error.SqliteErrorCode is DiskFull or InputOutput)
        {
            throw new StorageFullException("There is no room on the disk for the queue; nothing was changed.", error);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Reads beside whoever writes.</summary>
    public T Read<T>(Func<SqliteConnection, T> work)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_readers.TryTake(out SqliteConnection? connection))
        {
            connection = new SqliteConnection(_connection);
            connection.Open();
        }

        try
        {
            return work(connection);
        }
        finally
        {
            _readers.Add(connection);
        }
    }

    public void Dispose()
    {
        _turn.Wait();
        _disposed = true;
        _turn.Release();
        foreach (SqliteConnection reader in _readers)
        {
            reader.Dispose();
        }

        _writer.Dispose();
    }

    private void Prepare(string path)
    {
        using SqliteCommand command = _writer.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        switch ((long)command.ExecuteScalar()!)
        {
            case 0:
                using (SqliteTransaction transaction = _writer.BeginTransaction())
                {
                    Execute(_writer, Schema);
                    transaction.Commit();
                }

                break;
            case Version:
                break;
            case var found:
                throw new IOException($"{path} was made by a newer version of this program: its schema version is {found}; this program knows {Version}.");
        }
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
