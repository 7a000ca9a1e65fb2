using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// Waits for a time, and for keys on all consoles that show the kernel's messages. <see cref="KeyReader"/> says what a key is,
/// <see cref="KeyWait"/> how long the wait is, <see cref="KeyMenu"/> what a key does. Feeds the watchdog.
/// </summary>
internal sealed class KeyScreen(KernelModules modules, BootClock clock, Watchdog watchdog, OperatorShell shell)
{
    // While bytes wait for the silence after them, and otherwise.
    private const int ShortPoll = 50, LongPoll = 1000;

    private long waited;
    private LogPages? pages;

    /// <summary>Where the last key was pressed.</summary>
    public string Console { get; private set; } = "";

    /// <summary>Returns the key that ends the wait; None: the time is over.</summary>
    /// <param name="request">Whether keys are taken, and which shell may open.</param>
    /// <param name="menu">What the keys do here.</param>
    /// <param name="seconds">The time without a key.</param>
    /// <param name="log">Shows what happens.</param>
    public ScreenKey Wait(BootRequest request, KeyMenu menu, int seconds, KernelLog log)
    {
        pages = null;
        var start = Syscall.BootTimeMicroseconds();
        var wait = new KeyWait(start, seconds * 1_000_000L, waited);
        var shells = shell.Used;
        try
        {
            using var consoles = ConsoleKeys.Open(request.TakesKeys && seconds > 0);
            if (consoles.CanRead) LoadKeyboards(consoles);
            return Wait(request, menu, wait, consoles, log);
        }
        finally
        {
            var time = Syscall.BootTimeMicroseconds() - start;
            waited += time - (shell.Used - shells);
            clock.Hold(time);
        }
    }

    private ScreenKey Wait(BootRequest request, KeyMenu menu, KeyWait wait, ConsoleKeys consoles, KernelLog log)
    {
        var readers = new KeyReader[consoles.Names.Length];
        for (var i = 0; i < readers.Length; i++) readers[i] = new();
        var buffer = new byte[256];
        while (true)
        {
            watchdog.Feed();
            var now = Syscall.BootTimeMicroseconds();
            if (now >= wait.End) return ScreenKey.None;
            var isPending = false;
            foreach (var reader in readers) isPending |= reader.IsPending;
            consoles.Wait((int)Math.Min(isPending ? ShortPoll : LongPoll, (wait.End - now) / 1000 + 1));
            now = Syscall.BootTimeMicroseconds();
            for (var i = 0; i < readers.Length; i++)
            {
                var length = consoles.Read(i, buffer);
                for (var at = 0; at <= length; at++)
                {
                    var found = at < length ? readers[i].Add(buffer[at], now) : readers[i].Settle(now);
                    if (found == KeyEvent.None) continue;
                    if (Act(found, readers[i].Key, request, menu, wait, consoles, i, log)) return readers[i].Key;
                }
            }
        }
    }

    /// <summary>True: the wait ends with this key.</summary>
    private bool Act(KeyEvent found, ScreenKey key, BootRequest request, KeyMenu menu, KeyWait wait, ConsoleKeys consoles, int console,
        KernelLog log)
    {
        Console = consoles.Names[console];
        if (found == KeyEvent.Closed)
        {
            log.Write(2, KeyTexts.Closed);
            return false;
        }
        wait.Extend(Syscall.BootTimeMicroseconds());
        if (found == KeyEvent.Opened) Show(menu.Lines(), log);
        else if (menu.Refusal(key) is { } refusal) log.Write(2, key.Letter() + ": not possible: " + refusal);
        else if (key == ScreenKey.Log) Show((pages ??= new(FailureKeeping.BootLog())).Next(), log);
        else if (key == ScreenKey.Shell) RunShell(request, wait, consoles, console, log);
        else return true;
        return false;
    }

    private void RunShell(BootRequest request, KeyWait wait, ConsoleKeys consoles, int console, KernelLog log)
    {
        var before = shell.Used;
        consoles.Dispose();
        var end = shell.Run(shell.Decide(request), request.Shell, consoles.Names[console], log);
        consoles.Reopen();
        log.Write(2, end);
        wait.Shift(shell.Used - before);
        wait.Extend(Syscall.BootTimeMicroseconds());
    }

    /// <summary>Opens a shell without a key, on /dev/console, and returns when it has ended. False: the machine has no console.</summary>
    /// <param name="request">Why it may open.</param>
    /// <param name="decision">A shell that is not refused.</param>
    /// <param name="log">Shows what happens.</param>
    public bool TryOpenShell(BootRequest request, ShellDecision decision, KernelLog log)
    {
        using var consoles = ConsoleKeys.Open(areOpened: false);
        if (consoles.Names.IsEmpty) return false;
        var before = shell.Used;
        LoadKeyboards(consoles);
        log.Write(2, shell.Run(decision, request.Shell, consoles.Names[^1], log));
        clock.Hold(shell.Used - before);
        return true;
    }

    // Only a screen has a keyboard: tty0, tty1.
    private void LoadKeyboards(ConsoleKeys consoles)
    {
        foreach (var name in consoles.Names)
            if (name is ['t', 't', 'y', >= '0' and <= '9', ..]) modules.LoadKeyboards();
    }

    private static void Show(List<string> lines, KernelLog log)
    {
        foreach (var line in lines) log.Write(6, line);
    }
}
