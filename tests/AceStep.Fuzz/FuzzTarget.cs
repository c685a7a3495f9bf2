namespace AceStep.Fuzz;

/// <summary>
/// One door through which bytes from outside come in, and what it promises: it reads them or refuses them with the error that
/// it documents, and takes no more memory than their number allows.
/// </summary>
internal abstract class FuzzTarget
{
    /// <summary>What it is called, on the command line and as a folder of the corpus.</summary>
    public abstract string Name { get; }

    /// <summary>What reads the bytes, in one line.</summary>
    public abstract string Reads { get; }

    /// <summary>Words of the format, which no mutation of single bytes would find.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>Managed bytes that reading may allocate whatever the input is: buffers.</summary>
    public virtual long Buffers => 256 << 10;

    /// <summary>Managed bytes that reading may allocate for each byte of the input, all of them together, freed or not.</summary>
    public virtual int BytesPerByte => 10;

    /// <summary>Whether reading goes on on other threads, whose memory counts too.</summary>
    public virtual bool UsesOtherThreads => false;

    /// <summary>Reads an input, and checks what must hold of what was read.</summary>
    /// <exception cref="BrokenRuleException">It does not hold.</exception>
    public abstract void Read(byte[] input);

    /// <summary>Whether an error is the documented way to refuse an input.</summary>
    public abstract bool IsRefusal(Exception error);

    /// <summary>Fails unless a condition holds.</summary>
    /// <exception cref="BrokenRuleException">It does not.</exception>
    protected static void Require(bool condition, string rule)
    {
        if (!condition)
        {
            throw new BrokenRuleException(rule);
        }
    }
}

/// <summary>An input that was read and should not have been, or that was read wrongly, too slowly or with too much memory.</summary>
internal sealed class BrokenRuleException(string rule) : Exception(rule);
