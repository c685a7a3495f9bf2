using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace AceStep.Server.Queue.Sqlite;

/// <summary>Rows to records, and the commands that find them.</summary>
internal static class SqliteRecords
{
    private const string Columns = "ticket, status, attempt, worker, started, finished, job, logs, output, error, data_removed, undelivered";

    public static PredictionRecord? Find(SqliteConnection connection, string id) =>
        Select(connection, "WHERE id = $id", ("$id", id)).FirstOrDefault();

    /// <param name="connection">Where to look.</param>
    /// <param name="rest">What comes after the table's name.</param>
    /// <param name="parameters">The values of its parameters.</param>
    public static List<PredictionRecord> Select(SqliteConnection connection, string rest, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using SqliteCommand command = Command(connection, $"SELECT {Columns} FROM predictions {rest}", parameters);
        using SqliteDataReader reader = command.ExecuteReader();
        List<PredictionRecord> records = [];
        while (reader.Read())
        {
            records.Add(Read(reader));
        }

        return records;
    }

    /// <summary>Runs a command and returns the number of rows that it changed.</summary>
    public static int Execute(SqliteConnection connection, string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using SqliteCommand command = Command(connection, text, parameters);
        return command.ExecuteNonQuery();
    }

    /// <summary>Runs a query that gives one number.</summary>
    public static long Count(SqliteConnection connection, string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using SqliteCommand command = Command(connection, text, parameters);
        return Convert.ToInt64(command.ExecuteScalar() ?? 0L, CultureInfo.InvariantCulture);
    }

    public static SqliteCommand Command(SqliteConnection connection, string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        foreach ((string name, object? value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }

    public static string ToJson(PredictionJob job) => JsonSerializer.Serialize(job, QueueJson.Default.PredictionJob);

    public static string? ToJson(PredictionOutput? output) => output is null ? null : JsonSerializer.Serialize(output, QueueJson.Default.PredictionOutput);

    private static PredictionRecord Read(SqliteDataReader reader) => new()
    {
        Ticket = reader.GetInt64(0),
        Status = (PredictionStatus)reader.GetInt32(1),
        Attempt = reader.GetInt32(2),
        Worker = reader.IsDBNull(3) ? null : reader.GetString(3),
        Started = Time(reader, 4),
        Finished = Time(reader, 5),
        Job = JsonSerializer.Deserialize(reader.GetString(6), QueueJson.Default.PredictionJob)!,
        Logs = reader.GetString(7),
        Output = reader.IsDBNull(8) ? null : JsonSerializer.Deserialize(reader.GetString(8), QueueJson.Default.PredictionOutput),
        Error = reader.IsDBNull(9) ? null : reader.GetString(9),
        IsDataRemoved = reader.GetInt32(10) != 0,
        IsUndelivered = reader.GetInt32(11) != 0,
    };

    private static DateTimeOffset? Time(SqliteDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : new DateTimeOffset(reader.GetInt64(column), TimeSpan.Zero);
}
