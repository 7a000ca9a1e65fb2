using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// The machine's watchdog: a timer that resets the machine unless it is fed in time. Does nothing without a device. Interface: the kernel's
/// Documentation/watchdog/watchdog-api.rst.
/// </summary>
public sealed unsafe class Watchdog : IDisposable
{
    internal const uint WDIOC_GETSUPPORT = 0x80285700, WDIOC_KEEPALIVE = 0x80045705, WDIOC_SETTIMEOUT = 0xC0045706,
        WDIOC_GETTIMEOUT = 0x80045707;
    internal const int WDIOF_MAGICCLOSE = 0x0100;

    private static readonly string[] Devices = ["/dev/watchdog0", "/dev/watchdog"];
    private FileHandle? device;

    /// <summary><c>struct watchdog_info</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Info
    {
        public int Options;
        public int FirmwareVersion;
        public fixed byte Identity[32];
    }

    /// <summary>True after <see cref="TryArm"/>: the machine resets if it is not fed for <see cref="Seconds"/>.</summary>
    public bool IsArmed => device is not null;

    /// <summary>Its name according to the driver: <c>i6300ESB timer</c>, <c>Software Watchdog</c>.</summary>
    public string Identity { get; private set; } = "";

    /// <summary>The time that the driver uses, which may differ from the requested one.</summary>
    public int Seconds { get; private set; }

    /// <summary>True: the timer continues after the device is closed. False: the driver stops it then.</summary>
    public bool OutlivesHandOver { get; private set; }

    /// <summary>Starts the timer. False: the machine has no watchdog, or its driver is not loaded.</summary>
    /// <exception cref="SyscallException">The watchdog exists but cannot be opened.</exception>
    public bool TryArm(int seconds)
    {
        foreach (var path in Devices)
        {
            if (Syscall.TryStat(path) is not null)
            {
                // Opening the device starts the timer.
                device = Syscall.Open(path, OpenFlags.WriteOnly);
                Info info;
                if (Control(WDIOC_GETSUPPORT, &info))
                {
                    Identity = Encoding.ASCII.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(info.Identity)).Trim();
                    OutlivesHandOver = (info.Options & WDIOF_MAGICCLOSE) != 0;
                }
                // A driver that does not support this time keeps its own.
                Control(WDIOC_SETTIMEOUT, &seconds);
                int actual;
                Seconds = Control(WDIOC_GETTIMEOUT, &actual) ? actual : 0;
                return true;
            }
        }

        return false;
    }

    /// <summary>Restarts the timer.</summary>
    public void Feed()
    {
        var nothing = 0;
        if (device is not null) Control(WDIOC_KEEPALIVE, &nothing);
    }

    /// <summary>
    /// Closes the device and leaves the timer running for the next process that opens it. Only the letter V written before would stop it.
    /// </summary>
    public void Dispose()
    {
        Feed();
        device?.Dispose();
        device = null;
    }

    private bool Control(uint request, void* argument) => LibC.ioctl(device!.Descriptor, (int)request, argument) == 0;
}
