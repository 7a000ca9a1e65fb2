using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// The machine's watchdog: a timer that resets it unless it is fed in time. Without a device it does nothing. Interface: the kernel's
/// Documentation/watchdog/watchdog-api.rst.
/// </summary>
public sealed unsafe class Watchdog : IDisposable
{
    internal const uint WDIOC_GETSUPPORT = 0x80285700, WDIOC_KEEPALIVE = 0x80045705, WDIOC_SETTIMEOUT = 0xC0045706, WDIOC_GETTIMEOUT = 0x80045707;
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

    /// <summary>True from <see cref="TryArm"/> on: the machine resets when it is not fed for <see cref="Seconds"/>.</summary>
    public bool IsArmed => device is not null;

    /// <summary>What the driver calls it: <c>i6300ESB timer</c>, <c>Software Watchdog</c>.</summary>
    public string Identity { get; private set; } = "";

    /// <summary>The time the driver took, which may not be the one it was asked for.</summary>
    public int Seconds { get; private set; }

    /// <summary>True: it goes on after it was closed. False: the driver stops it then.</summary>
    public bool OutlivesHandOver { get; private set; }

    /// <summary>Starts the timer. False where the machine has none, or none whose driver is loaded.</summary>
    /// <exception cref="SyscallException">There is one, and it cannot be had.</exception>
    public bool TryArm(int seconds)
    {
        foreach (var path in Devices)
        {
            if (Syscall.TryStat(path) is not null)
            {
                // Opening starts it.
                device = Syscall.Open(path, OpenFlags.WriteOnly);
                Info info;
                if (Control(WDIOC_GETSUPPORT, &info))
                {
                    Identity = Encoding.ASCII.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(info.Identity)).Trim();
                    OutlivesHandOver = (info.Options & WDIOF_MAGICCLOSE) != 0;
                }
                // A driver that has no such time keeps its own.
                Control(WDIOC_SETTIMEOUT, &seconds);
                int actual;
                Seconds = Control(WDIOC_GETTIMEOUT, &actual) ? actual : 0;
                return true;
            }
        }

        return false;
    }

    /// <summary>Starts the time anew.</summary>
    public void Feed()
    {
        var nothing = 0;
        if (device is not null) Control(WDIOC_KEEPALIVE, &nothing);
    }

    /// <summary>
    /// Leaves it running for whoever opens it next: only the letter V written before would tell the driver that closing it is meant to stop it.
    /// </summary>
    public void Dispose()
    {
        Feed();
        device?.Dispose();
        device = null;
    }

    private bool Control(uint request, void* argument) => LibC.ioctl(device!.Descriptor, (int)request, argument) == 0;
}
