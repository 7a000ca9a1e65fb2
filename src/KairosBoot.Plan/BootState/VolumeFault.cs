using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// A required volume that failed the same way in a row of boots: stored in the block as <c>vol_fail=3:unusable:LABEL=DATA</c>. The images
/// are not the cause, so no try is spent on it; recovery takes over instead.
/// </summary>
/// <param name="Boots">How many boots in a row, up to <see cref="MaxBoots"/>.</param>
/// <param name="Cause">One of the words below, or another word of lower-case letters and dashes.</param>
/// <param name="Volume">The device, or the path of a store: printable and without spaces.</param>
public sealed record VolumeFault(int Boots, string Cause, string Volume)
{
    public const int MaxBoots = 99;

    /// <summary>The volume does not exist or is not a file system; it cannot be mounted; a store on it cannot be used.</summary>
    public const string Unusable = "unusable", Mount = "mount", Store = "store";

    private const int MaxVolume = 48, MaxCause = 12;

    // The first wait of recovery doubles with each boot that fails again.
    private const int FirstWaitMinutes = 60, MaxWaitMinutes = 24 * 60;

    /// <param name="cause">One of the words above.</param>
    /// <param name="volume">A device or a path, in any characters.</param>
    public static VolumeFault Of(string cause, string volume)
    {
        var text = new StringBuilder();
        foreach (var c in volume)
            if (text.Length < MaxVolume) text.Append(c is > ' ' and <= '~' and not '\\' ? c : '?');
        return new(1, cause, text.ToString());
    }

    /// <summary>The fault after one more boot that failed like this one.</summary>
    /// <param name="before">What the boots before failed of; null: they did not fail because of a volume.</param>
    public VolumeFault After(VolumeFault? before) => before is not null && (before.Cause, before.Volume) == (Cause, Volume)
        ? this with { Boots = Math.Min(MaxBoots, before.Boots + 1) } : this;

    /// <summary>Null: the text is not a fault.</summary>
    public static VolumeFault? TryParse(string text)
    {
        var first = text.IndexOf(':');
        var second = text.IndexOf(':', first + 1);
        if (first is < 1 or > 2 || second < 0 || second - first - 1 is < 1 or > MaxCause) return null;
        if (text.Length - second - 1 is < 1 or > MaxVolume) return null;
        var boots = 0;
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            var isValid = at < first ? char.IsAsciiDigit(c)
                : at > first && at < second ? char.IsAsciiLetterLower(c) || c == '-' : c is > ' ' and <= '~';
            if (!isValid) return null;
            if (at < first) boots = boots * 10 + c - '0';
        }
        return boots == 0 ? null : new(boots, text[(first + 1)..second], text[(second + 1)..]);
    }

    public override string ToString() => Boots.ToString() + ":" + Cause + ":" + Volume;

    /// <summary>For messages: <c>LABEL=DATA is missing, in the last 3 boots</c>.</summary>
    public string Sentence => Volume + (Cause switch
    {
        Unusable => " cannot be used",
        Mount => " cannot be mounted",
        Store => " has no usable store",
        _ => " failed (" + Cause + ")",
    }) + (Boots == 1 ? ", in the last boot" : ", in the last " + Boots.ToString() + " boots");

    /// <summary>Recovery has taken over because of this fault, or takes over at the next one.</summary>
    /// <param name="retries">The value of <c>kairosboot.volume-retries=</c>; 0: never.</param>
    public bool IsForRecovery(int retries) => retries > 0 && Boots >= retries;

    /// <summary>How long recovery waits before it tries the normal order again.</summary>
    /// <param name="retries">As above.</param>
    public int WaitMinutes(int retries)
    {
        var minutes = FirstWaitMinutes;
        for (var boot = retries; boot < Boots && minutes < MaxWaitMinutes; boot++) minutes *= 2;
        return Math.Min(minutes, MaxWaitMinutes);
    }
}
