using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// Loads the driver of pstore in every boot and before the drivers of disks: the kernel keeps the end of its log at a panic only if the
/// driver was loaded before. It does not wait for anything.
/// </summary>
internal sealed class PstoreStart(KernelModules modules, CommandLine commandLine)
{
    public void Load()
    {
        var options = KernelCommandLine.Parse(commandLine.Text);
        var reserved = PstoreDrivers.Parameters(options, PstoreDrivers.Reserved);
        if (reserved.Contains(PstoreDrivers.Size, StringComparison.Ordinal)) modules.Load(PstoreDrivers.Reserved, reserved);
        if (Syscall.TryStat("/sys/firmware/efi") is not null)
            modules.Load(PstoreDrivers.Efi, PstoreDrivers.Parameters(options, PstoreDrivers.Efi));
    }
}
