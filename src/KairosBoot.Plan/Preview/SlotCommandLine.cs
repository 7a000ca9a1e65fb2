namespace KairosBoot.Plan;

/// <summary>The kernel command line of the next boot of a slot, derived from that of a running kernel.</summary>
public static class SlotCommandLine
{
    /// <param name="running">Command line of the running kernel.</param>
    /// <param name="slot">The slot to boot.</param>
    /// <returns>The words about the slot are replaced; every other word is unchanged.</returns>
    public static string For(string running, Slot slot)
    {
        var request = BootRequestParser.Parse(KernelCommandLine.Parse(running));
        // No kernel starts it, but the loader.
        var text = KexecCommandLine.For(running, request.ForSlot(slot), request.Slot, triesLeft: null);
        var kexec = " kairosboot.kexec=" + request.Slot.Name();
        var at = text.IndexOf(kexec, StringComparison.Ordinal);
        return text.Remove(at, kexec.Length);
    }
}
