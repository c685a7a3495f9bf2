using System.Diagnostics;
using System.Globalization;

namespace AceStep.Benchmarks.Farm;

/// <summary>A process of the farm: a server that is killed and started again, and is gone with this program, however that ends.</summary>
internal sealed class FarmProcess : IDisposable
{
    /// <summary>Its input ends with whoever holds the other end: then the process goes too.</summary>
    private const string Guard = "\"$@\" < /dev/null & echo $!; cat > /dev/null; kill -9 $! 2> /dev/null";

    private readonly string[] _command;
    private readonly (string Name, string Value)[] _environment;
    private readonly string _log;
    private Process? _guard;
    private int _id;

    /// <param name="command">The program and its arguments.</param>
    /// <param name="environment">What it finds in its environment.</param>
    /// <param name="log">The file that gets what it says.</param>
    public FarmProcess(string[] command, (string Name, string Value)[] environment, string log) => (_command, _environment, _log) = (command, environment, log);

    /// <summary>What it has said by now.</summary>
    public string Output
    {
        get
        {
            using FileStream stream = new(_log, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);
            using StreamReader reader = new(stream);
            return reader.ReadToEnd();
        }
    }

    /// <summary>What it is, by its log's name.</summary>
    public string Name => Path.GetFileNameWithoutExtension(_log);

    /// <summary>Resident memory in bytes; 0 where it does not run.</summary>
    public long ResidentBytes
    {
        get
        {
            try
            {
                using Process process = Process.GetProcessById(_id);
                return process.WorkingSet64;
            }
            catch (ArgumentException)
            {
                return 0;
            }
        }
    }

    public void Start()
    {
        ProcessStartInfo start = new("sh", ["-c", Guard, "sh", "sh", "-c", $"exec \"$@\" >> '{_log}' 2>&1", "sh", .. _command]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach ((string name, string value) in _environment)
        {
            start.Environment[name] = value;
        }

        _guard = Process.Start(start)!;
        _id = int.Parse(_guard.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
    }

    /// <summary>Ends it as a power cut does, with what it has started.</summary>
    public void Kill()
    {
        if (_guard is null)
        {
            return;
        }

        try
        {
            using Process process = Process.GetProcessById(_id);
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
        catch (ArgumentException)
        {
            // It has ended by itself.
        }

        Dispose();
    }

    public void Dispose()
    {
        if (_guard is null)
        {
            return;
        }

        _guard.StandardInput.Close();
        _guard.WaitForExit();
        _guard.Dispose();
        _guard = null;
    }
}
