using KairosBoot.Linux;
using KairosBoot.Plan;
using Microsoft.Extensions.Logging;

namespace KairosBoot.Init;

internal sealed partial class Machine
{
    // Whose kernel runs, and why this boot left that slot; null where it did not, or by the counters' choice.
    private Slot kernelOf;
    private FailureRecord? leftBecause;

    /// <summary>
    /// Ends this boot in favour of the mounted image's own kernel and initrd. Before: the image is at /sysroot, its try is taken. After, in the next
    /// kernel: that of a machine which was just switched on, and its command line says how many tries are left.
    /// </summary>
    /// <returns>Why that cannot be; otherwise it does not return.</returns>
    private string StartOwnKernel()
    {
        // Once in a boot: two kernels that start each other would never end.
        if (Request.KexecFrom is { } from) return $"this one was started by that of {from.Name()}";
        try
        {
            using var kernel = OpenInImage("/boot/vmlinuz");
            using var initrd = OpenInImage("/boot/initrd");
            if (kernel is null || initrd is null) return "the image has no /boot/vmlinuz or no /boot/initrd";
            int? left = countedBy == CountedBy.None ? null : counters.Counters[Request.Slot].Left;
            Syscall.KexecFileLoad(kernel, initrd, KexecCommandLine.For(commandLine!, Request, kernelOf, left));
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { return e.Message; }
        StartingKernel(Request.Slot.Name());
        using (var kernelLog = new KernelLog())
            if (leftBecause is not null) FailureKeeping.Keep(leftBecause, kernelLog);
        Processes.EndAllOthers();
        MountTable.UnmountBelow(MadeByBoot);
        Syscall.Sync();
        // It goes on over the start of the next kernel, which takes it as it finds it.
        watchdog.Feed();
        Syscall.Reboot(RebootCommand.KExec);
        throw new InvalidOperationException("reboot returned");
    }

    // A pipe in its place must not hold the boot.
    private static FileHandle? OpenInImage(string path)
    {
        using var file = Syscall.TryOpenInRoot(SystemPaths.Sysroot, path, OpenFlags.Path);
        return file is not null && Syscall.FStat(file).Type == FileType.Regular ? BoundedFile.Open(file, ReadLimit.Image) : null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "starting the kernel of {Slot} with kexec")]
    private partial void StartingKernel(string slot);
}
