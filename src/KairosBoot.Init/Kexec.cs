using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// After a fallback the running kernel and its command line are those of another slot. The image's own kernel is started in its place: here
/// with kexec, or by the loader. Where neither works, the boot continues, and the system may not be able to load drivers, or its programs
/// take it for the other slot.
/// </summary>
internal sealed class Kexec(CommandLine commandLine, BootRecord record, SlotCounting counting, Fallback fallback,
    Watchdog watchdog, MessageLog logger)
{
    /// <summary>
    /// Starts the image's own kernel where the image has no modules for the running one, or contains Kairos' agent, which reads the booted
    /// slot from /proc/cmdline and would overwrite the running image. Returns where that is not needed or not possible.
    /// </summary>
    /// <exception cref="OperatorException">The loader starts the image's kernel after a reboot.</exception>
    public void StartOwnKernelIfNeeded(BootRequest request)
    {
        if (!fallback.HasFallenBack) return;
        if (ProblemWithKernel() is not { } reason) return;
        var problem = $"the image {request.ImagePath} {reason}, and its own cannot be started from here: {StartOwnKernel(request)}";
        var handed = FailurePolicy.HandToLoader(request, counting.Counters.Counters, isCounted: counting.Counted is not null);
        if (handed is not null && counting.Write(request, handed))
            throw new OperatorException(problem, $"nothing to do: the loader starts {request.Slot.Name()} with its own kernel");
        record.Note(StepClass.Degraded, problem);
    }

    // Null: the image can run with this kernel and its command line.
    private static string? ProblemWithKernel()
    {
        var modules = "/lib/modules/" + Syscall.KernelRelease();
        if (Syscall.TryStatInRoot(SystemPaths.Sysroot, modules) is null)
            return $"has no {modules}: it cannot load drivers for this kernel";
        return Syscall.TryStatInRoot(SystemPaths.Sysroot, SystemPaths.KairosAgent) is null ? null
            : "contains kairos-agent, which takes the slot on the command line of this kernel for the running one";
    }

    /// <summary>
    /// Ends this boot and starts the mounted image's own kernel and initrd. Before: the image is at /sysroot, its attempt is counted.
    /// After, in the next kernel: the state of a machine that was just switched on, and a command line that says how many tries are left.
    /// </summary>
    /// <returns>Why it is not possible; otherwise it does not return.</returns>
    private string StartOwnKernel(BootRequest request)
    {
        // Once in a boot: two kernels that start each other would never end.
        if (request.KexecFrom is { } from) return $"this one was started by that of {from.Name()}";
        try
        {
            using var kernel = OpenInImage("/boot/vmlinuz");
            using var initrd = OpenInImage("/boot/initrd");
            if (kernel is null || initrd is null) return "the image has no /boot/vmlinuz or no /boot/initrd";
            int? left = counting.Counted is null ? null : counting.Counters.Counters[request.Slot].Left;
            Syscall.KexecFileLoad(kernel, initrd, KexecCommandLine.For(commandLine.Text, request, commandLine.Request.Slot, left));
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { return e.Message; }
        StartingKernel(request.Slot.Name());
        using (var kernelLog = new KernelLog())
            if (fallback.LeftBecause is { } reason) FailureKeeping.Keep(reason, kernelLog, null);
        Processes.EndAllOthers();
        MountTable.UnmountBelow(Fallback.MountPoints);
        Syscall.Sync();
        // It stays armed while the next kernel starts, which takes it over.
        watchdog.Feed();
        Syscall.Reboot(RebootCommand.KExec);
        throw new InvalidOperationException("reboot returned");
    }

    // A FIFO in its place must not block the boot.
    private static FileHandle? OpenInImage(string path)
    {
        using var file = Syscall.TryOpenInRoot(SystemPaths.Sysroot, path, OpenFlags.Path);
        return file is not null && Syscall.FStat(file).Type == FileType.Regular ? BoundedFile.Open(file, ReadLimit.Image) : null;
    }

    private void StartingKernel(string slot) => logger.Write(LogLevel.Information, $"starting the kernel of {slot} with kexec");
}
