using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// The kernel command line of this boot, and what it asks for. It is read once: a fallback to another slot does not change it.
/// </summary>
internal sealed class CommandLine
{
    private readonly MessageLog logger;

    /// <param name="log">Becomes verbose where the command line asks for that.</param>
    /// <param name="record">For options that have a bad value.</param>
    public CommandLine(BootLog log, BootRecord record)
    {
        logger = log;
        Text = FileText.Read("/proc/cmdline");
        Request = BootRequestParser.Parse(KernelCommandLine.Parse(Text));
        log.Verbose = Request.Debug;
        foreach (var warning in Request.Warnings) record.Note(StepClass.Optional, "command line: " + warning);
    }

    public string Text { get; }

    /// <summary>The slot that the loader started, and how.</summary>
    public BootRequest Request { get; }

    /// <exception cref="OperatorException">The command line asks for a kind of boot that kairos-boot does not have.</exception>
    public void Start(BootRequest request)
    {
        if (request.Unsupported is { } problem) throw problem;
        Booting(request.Slot.Name(), request.ImagePath, Syscall.KernelRelease());
    }

    private void Booting(string slot, string image, string kernel) =>
        logger.Write(LogLevel.Information, $"booting {slot} from {image}, kernel {kernel}");
}
