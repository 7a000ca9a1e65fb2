using System.Text;
using KairosBoot.Plan;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>A kernel event.</summary>
/// <param name="action"><c>add</c>, <c>change</c>, <c>bind</c>, <c>remove</c>...</param>
/// <param name="subsystem"><c>block</c>, <c>pci</c>, <c>virtio</c>...</param>
/// <param name="modalias">The text that the patterns of modules are matched with; null: the device has none.</param>
/// <param name="name">The device's name in sysfs.</param>
public sealed class Uevent(string action, string subsystem, string? modalias, string name)
{
    public string Action => action;
    public string Name => name;
    public string Subsystem => subsystem;
    public string? Modalias => modalias;
}

/// <summary>The kernel's own device events, NETLINK_KOBJECT_UEVENT. Open it before scanning sysfs; then no device is missed.</summary>
public sealed unsafe class Uevents : IDisposable
{
    private const int AF_NETLINK = 16, NETLINK_KOBJECT_UEVENT = 15, KernelGroup = 1, SOL_SOCKET = 1, SO_RCVBUFFORCE = 33, SOCK_RAW = 3;
    private readonly FileHandle socket;
    private readonly byte[] buffer = new byte[8192]; // UEVENT_BUFFER_SIZE is 2048, plus the header

    public Uevents()
    {
        var fd = LibC.socket(AF_NETLINK, SOCK_RAW | LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
        if (fd < 0) throw Syscall.Failed("socket", "NETLINK_KOBJECT_UEVENT");
        socket = new FileHandle(fd, "uevents");
        // A machine with hundreds of disks announces them in one burst. If the kernel refuses the size, an overflow is detected below.
        var size = 16 * 1024 * 1024;
        LibC.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(int));
        var address = new NetlinkAddress { Family = AF_NETLINK, Groups = KernelGroup };
        if (LibC.bind(fd, (sockaddr*)&address, sizeof(NetlinkAddress)) < 0)
            throw Syscall.Failed("bind", "NETLINK_KOBJECT_UEVENT");
    }

    /// <summary>The next pending event; null: there is none.</summary>
    /// <param name="overflowed">True: events were lost, so sysfs must be scanned again.</param>
    public Uevent? TryRead(out bool overflowed)
    {
        overflowed = false;
        while (true)
        {
            long n;
            fixed (byte* p = buffer) n = LibC.recv(socket.Descriptor, p, buffer.Length, 0);
            if (n >= 0)
            {
                if (Parse(buffer.AsSpan(0, (int)n)) is { } uevent) return uevent;
                continue;
            }
            switch (LibC.errno)
            {
                case Errno.EAGAIN: return null;
                case Errno.EINTR: continue;
                case Errno.ENOBUFS: overflowed = true; return null;
                case var errno: throw Syscall.Failed("recv", socket.Path, errno);
            }
        }
    }

    /// <summary>Waits for an event. False: <paramref name="milliseconds"/> have passed without one.</summary>
    public bool Wait(int milliseconds)
    {
        var poll = new pollfd { fd = socket.Descriptor, events = LibC.POLLIN };
        return LibC.poll(&poll, 1, milliseconds) > 0;
    }

    // "add@/devices/..." NUL, then KEY=VALUE NUL each.
    private static Uevent? Parse(ReadOnlySpan<byte> message)
    {
        string? action = null, subsystem = null, modalias = null, path = null;
        while (message.Length > 0)
        {
            var end = message.IndexOf((byte)0);
            var line = end < 0 ? message : message[..end];
            if (line.StartsWith("ACTION="u8)) action = Encoding.UTF8.GetString(line[7..]);
            else if (line.StartsWith("SUBSYSTEM="u8)) subsystem = Encoding.UTF8.GetString(line[10..]);
            else if (line.StartsWith("MODALIAS="u8)) modalias = Encoding.UTF8.GetString(line[9..]);
            else if (line.StartsWith("DEVPATH="u8)) path = Encoding.UTF8.GetString(line[8..]);
            message = end < 0 ? default : message[(end + 1)..];
        }
        return action is null || subsystem is null || path is null ? null : new Uevent(action, subsystem, modalias, PathParts.NameOf(path));
    }

    public void Dispose() => socket.Dispose();
}
