using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace KairosBoot.Linux;

/// <summary>
/// The consoles that show the kernel's messages, as sources of keys. They are only read, never waited for: a console that cannot be opened,
/// or that ends, is left out. A line is raw meanwhile: no echo, no signals. Structures and constants: asm/termbits.h, asm/ioctls.h.
/// </summary>
public sealed unsafe class ConsoleKeys : IDisposable
{
    internal const uint TCGETS = 0x5401, TCSETS = 0x5402, TCFLSH = 0x540B;
    internal const uint IGNBRK = 1, ISIG = 1, ICANON = 2, ECHO = 8, ECHONL = 0x40, IEXTEN = 0x8000, CREAD = 0x80, CLOCAL = 0x800;
    internal const int VTIME = 5, VMIN = 6, TCIFLUSH = 0;

    private const string Active = "/sys/class/tty/console/active";
    private const int MaxConsoles = 8;

    private readonly FileHandle?[] files;
    private readonly Terminal[] before;

    private ConsoleKeys(ImmutableArray<string> names, bool areOpened)
    {
        Names = names;
        files = new FileHandle?[names.Length];
        before = new Terminal[names.Length];
        if (areOpened) Reopen();
    }

    /// <summary>struct termios.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Terminal
    {
        public uint Input, Output, Control, Local;
        public byte Line;
        public fixed byte Characters[19];
    }

    /// <summary>Their names below /dev. The last one is /dev/console.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>A console can be read.</summary>
    public bool CanRead
    {
        get
        {
            foreach (var file in files)
                if (file is not null) return true;
            return false;
        }
    }

    /// <summary>Opens the consoles, and forgets what was typed before.</summary>
    /// <param name="areOpened">False: only their names are read, and no key arrives.</param>
    public static ConsoleKeys Open(bool areOpened)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var name in (FileText.TryReadAttribute(Active) ?? "").Split(' '))
            if (name.Length > 0 && names.Count < MaxConsoles) names.Add(name);
        return new(names.ToImmutable(), areOpened);
    }

    /// <summary>
    /// Opens the consoles again after <see cref="Dispose"/>, and forgets what was typed before. When the process ends whose terminal a
    /// console was, the kernel disconnects it from all who have it open.
    /// </summary>
    public void Reopen()
    {
        for (var i = 0; i < files.Length; i++) files[i] = TryOpen(Names[i], out before[i]);
    }

    private static FileHandle? TryOpen(string name, out Terminal before)
    {
        before = default;
        try
        {
            var file = Syscall.TryOpen("/dev/" + name, OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal);
            if (file is null) return null;
            fixed (Terminal* found = &before)
                if (LibC.ioctl(file.Descriptor, (int)TCGETS, found) == 0 && MakeRaw(file, before)) return file;
            file.Dispose();
        }
        catch (SyscallException) { } // no such device
        return null;
    }

    private static bool MakeRaw(FileHandle file, Terminal settings)
    {
        settings.Input = IGNBRK;
        settings.Local &= ~(ISIG | ICANON | ECHO | ECHONL | IEXTEN);
        settings.Control |= CREAD | CLOCAL;
        settings.Characters[VMIN] = 1;
        settings.Characters[VTIME] = 0;
        LibC.ioctl(file.Descriptor, (int)TCFLSH, (void*)TCIFLUSH);
        return LibC.ioctl(file.Descriptor, (int)TCSETS, &settings) == 0;
    }

    /// <summary>Waits until a console has bytes, at most for this time.</summary>
    public void Wait(int milliseconds)
    {
        var events = stackalloc pollfd[MaxConsoles];
        for (var i = 0; i < files.Length; i++) events[i] = new pollfd { fd = files[i]?.Descriptor ?? -1, events = LibC.POLLIN };
        LibC.poll(events, (uint)files.Length, milliseconds);
    }

    /// <summary>Reads what a console has. 0: nothing.</summary>
    public int Read(int console, Span<byte> buffer)
    {
        if (files[console] is not { } file) return 0;
        fixed (byte* p = buffer)
        {
            var n = (int)LibC.read(file.Descriptor, p, (uint)buffer.Length);
            if (n > 0 || n < 0 && LibC.errno is Linux.Errno.EAGAIN or Linux.Errno.EINTR) return Math.Max(n, 0);
        }
        // The other end hung up, or there is no hardware: poll(2) would return at once from now on.
        file.Dispose();
        files[console] = null;
        return 0;
    }

    /// <summary>Restores and closes the consoles.</summary>
    public void Dispose()
    {
        for (var i = 0; i < files.Length; i++)
        {
            if (files[i] is not { } file) continue;
            fixed (Terminal* found = &before[i]) LibC.ioctl(file.Descriptor, (int)TCSETS, found);
            file.Dispose();
            files[i] = null;
        }
    }
}
