using System.Globalization;

namespace KairosBoot.Boot.Tests;

/// <summary>A root shell on the serial console of a machine.</summary>
public sealed class GuestShell
{
    private static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(120);
    private readonly SerialConsole _console;
    private int _commands;

    private GuestShell(SerialConsole console)
    {
        _console = console;
        // Without echo and prompt, the output is exactly what the command prints. A shell that reads from a pipe has no line editor; the
        // editor would echo the input in spite of stty.
        _console.Send("export PAGER=cat NO_COLOR=1; stty -echo cols 1000; dmesg -n 1; echo shell-$((40 + 2)); " +
            "while IFS= read -r l; do printf '%s\\n' \"$l\"; done | sh\n");
        // Wait for this before anything else is sent, or the line editor would consume the input.
        _console.Expect(CommandLimit, "shell-42\n");
    }

    /// <summary>Waits for the login prompt of the demo Debian and logs in as root.</summary>
    public static GuestShell LogIn(QemuMachine machine)
    {
        SerialConsole console = machine.Console;
        console.Expect(BootLimit, "login: ");
        console.Send("kairos\n");
        console.Expect(CommandLimit, "Password: ");
        console.Send("kairos\n");
        console.Expect(CommandLimit, "$ ");
        console.Send("sudo -i\n");
        console.Expect(CommandLimit, "# ");
        return new GuestShell(console);
    }

    /// <summary>Waits for the root shell that the busybox init starts on the console.</summary>
    public static GuestShell OfBusybox(QemuMachine machine)
    {
        machine.Console.Expect(BootLimit, BusyboxRoot.Ready);
        return OfReadyBusybox(machine);
    }

    /// <summary>The same when the line <see cref="BusyboxRoot.Ready"/> has already been read.</summary>
    public static GuestShell OfReadyBusybox(QemuMachine machine)
    {
        machine.Console.Expect(CommandLimit, "# ");
        return new GuestShell(machine.Console);
    }

    /// <summary>Runs a command line; returns its exit status and the output of both streams without the last newline.</summary>
    public (int Status, string Output) Try(string command)
    {
        string end = $"<<end {++_commands} ";
        _console.Send($"{{ {command}\n}} </dev/null 2>&1; echo \"<<\"\"end {_commands} $?>>\"\n");
        string output = _console.Expect(CommandLimit, end);
        string status = _console.Expect(CommandLimit, ">>\n");
        return (int.Parse(status, CultureInfo.InvariantCulture), output.TrimEnd('\n'));
    }

    /// <summary>Runs a command line that must succeed.</summary>
    public string Run(string command)
    {
        (int status, string output) = Try(command);
        Assert.True(status == 0, $"'{command}' failed with exit status {status}: {output}");
        return output;
    }

    /// <summary>Failed units of systemd, each with its messages; empty if all are well.</summary>
    public string FailedUnits() => Run(
        "systemctl --failed --plain --no-legend | while read -r unit rest; do echo $unit; journalctl -b -o cat -u $unit | cat; done");

    /// <summary>Runs a command line that ends the session: reboot, poweroff.</summary>
    public void Leave(string command) => _console.Send(command + "\n");
}
