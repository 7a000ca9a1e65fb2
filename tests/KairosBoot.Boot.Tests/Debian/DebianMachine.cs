namespace KairosBoot.Boot.Tests;

/// <summary>
/// The demo Debian, booted once for a class of tests, with a root shell. Its disk is made by kboot disk build:
/// <code>| BIOS boot | COS_GRUB | COS_OEM: demo.yaml | COS_RECOVERY: recovery.squashfs | COS_STATE: active.img passive.img | COS_PERSISTENT
/// |</code>
/// </summary>
public abstract class DebianMachine : IDisposable
{
    private readonly QemuMachine _machine;

    protected DebianMachine(MachineSpec spec)
    {
        DateTime started = DateTime.UtcNow;
        _machine = QemuMachine.Start(spec with { Disks = [Assets.DebianDisk], MemoryMiB = 1024 });
        try
        {
            Shell = GuestShell.LogIn(_machine);
            Figures.Add($"{spec.Name}: power on to login", $"{(DateTime.UtcNow - started).TotalSeconds:F1} s");
            // A test asserts this final state; all other tests start after systemd has reached it.
            SystemState = Shell.Try("timeout 100 systemctl is-system-running --wait").Output;
        }
        catch
        {
            _machine.Dispose();
            throw;
        }
    }

    public GuestShell Shell { get; }

    public string SystemState { get; }

    public void Dispose() => _machine.Dispose();
}

public sealed class BiosGrub() : DebianMachine(new MachineSpec { Name = "debian-bios-grub" });

public sealed class UefiGrub() : DebianMachine(new MachineSpec { Name = "debian-uefi-grub", Firmware = Firmware.Uefi });

public sealed class DirectKernel() : DebianMachine(new MachineSpec
{
    Name = "debian-direct-kernel",
    // Neither the kernel nor another program uses the last word: the init gets it.
    CommandLine = "cos-img/filename=/cOS/active.img root=LABEL=COS_ACTIVE panic=5 oneword",
});
