namespace KairosBoot.Plan;

/// <summary>How the loader found the boot counters, from <c>kairosboot.env=</c>.</summary>
public enum CounterAccess
{
    /// <summary><c>ok</c>: it read and wrote them.</summary>
    Writable,
    /// <summary><c>ro</c>: it read them but could not write them.</summary>
    ReadOnly,
    /// <summary><c>bad</c>: they are missing or invalid.</summary>
    Unusable,
}
