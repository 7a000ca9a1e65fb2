namespace KairosBoot.Plan;

/// <summary>What <see cref="KeyReader"/> makes of the bytes of a console.</summary>
public enum KeyEvent
{
    None,
    /// <summary>ESC was pressed twice: from now on keys count.</summary>
    Opened,
    /// <summary>A key was pressed: <see cref="KeyReader.Key"/>.</summary>
    Pressed,
    /// <summary>Something else arrived: keys count only after ESC ESC again.</summary>
    Closed,
}

/// <summary>
/// Finds the keys in the bytes of one console. Noise on a serial line must not act: ESC counts twice or more often without another byte
/// between, each at most a second after the one before; then one letter. Both count only when <see cref="QuietMicroseconds"/> without a
/// byte follow; a program may send them together. So neither a cursor key (ESC [ A), nor a key that is stuck, nor a burst of other bytes
/// is a key, and any byte that is none closes the reader again.
/// </summary>
public sealed class KeyReader
{
    public const long QuietMicroseconds = 200_000, PairMicroseconds = 1_000_000;

    private const byte Escape = 0x1B;

    private Burst burst;
    private byte single;
    private int escapes;
    private long last;

    // The bytes since the last silence.
    private enum Burst { None, Escapes, EscapesAndKey, Single, Noise }

    /// <summary>Keys count.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The key of the last <see cref="KeyEvent.Pressed"/>.</summary>
    public ScreenKey Key { get; private set; }

    /// <summary>Bytes wait for the silence after them.</summary>
    public bool IsPending => burst != Burst.None;

    /// <summary>Takes a byte. Returns what the bytes before it were, if a silence lies between.</summary>
    /// <param name="value">The byte.</param>
    /// <param name="now">When it was read, in microseconds of any clock that only grows.</param>
    public KeyEvent Add(byte value, long now)
    {
        var before = Settle(now);
        // Some terminals need it after each key.
        if (value is (byte)'\r' or (byte)'\n' && (IsOpen ? burst != Burst.Escapes : burst == Burst.EscapesAndKey)) return before;
        if (value != Escape)
        {
            single = value;
            burst = burst == Burst.None ? Burst.Single
                : burst == Burst.Escapes && escapes == 2 && ScreenKeys.Of(value) != ScreenKey.None ? Burst.EscapesAndKey : Burst.Noise;
        }
        else if (burst is Burst.None or Burst.Escapes)
        {
            if (now - last > PairMicroseconds) escapes = 0;
            burst = Burst.Escapes;
            escapes = Math.Min(escapes + 1, 2);
        }
        else
        {
            burst = Burst.Noise;
        }
        last = now;
        return before;
    }

    /// <summary>Returns what the bytes so far were, if they are followed by a silence.</summary>
    /// <param name="now">As above.</param>
    public KeyEvent Settle(long now)
    {
        if (burst == Burst.None || now - last < QuietMicroseconds) return KeyEvent.None;
        var ended = burst;
        burst = Burst.None;
        if (ended == Burst.Escapes && escapes < 2) return KeyEvent.None;
        escapes = 0;
        if (ended is Burst.Escapes or Burst.EscapesAndKey) IsOpen = true;
        if (ended == Burst.Escapes) return KeyEvent.Opened;
        if (!IsOpen) return KeyEvent.None;
        Key = ended is Burst.Single or Burst.EscapesAndKey ? ScreenKeys.Of(single) : ScreenKey.None;
        IsOpen = Key != ScreenKey.None;
        return IsOpen ? KeyEvent.Pressed : KeyEvent.Closed;
    }
}
