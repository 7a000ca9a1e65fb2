using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>What GRUB did with a block.</summary>
/// <param name="End"><c>started</c>, <c>stopped</c>, <c>again</c> (it would have reset the machine).</param>
/// <param name="Words">The kernel's command line where a kernel was started.</param>
/// <param name="Block">The block afterwards.</param>
internal sealed record GrubEnd(string End, string[] Words, byte[] Block)
{
    /// <summary>How the menu waits for a key, and for how many seconds: <c>menu 60</c>. <c>ESC</c> in front: it waited before.</summary>
    internal string Menu { get; init; } = "";

    /// <summary>GRUB waited before the reset.</summary>
    internal bool Waits { get; init; }

    internal string? Word(string name) =>
        Words.SingleOrDefault(word => word.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
}

/// <summary>
/// The menu run by GRUB itself as a program of the host (grub-emu), from a GPT disk with COS_STATE and COS_RECOVERY. It reads and writes
/// the disk as it
/// does on a machine. It cannot start a kernel, so functions named linux and initrd print what would be started.
/// </summary>
internal sealed partial class GrubRun
{
    private const int StateStart = 1, RecoveryStart = 17, OemStart = 33, Size = 16;
    private const string Unreadable = "-cannot-be-read", Loaded = "loads a kernel";

    /// <summary>A shell command that makes the initrd of an image unreadable.</summary>
    internal const string BreakInitrd =
        $"printf 'cd /boot\\nwrite /etc/passwd initrd{Unreadable}\\n' | debugfs -w $image 2>/dev/null >/dev/null";

    // GRUB starts a loaded kernel at the end of an entry, and loading another one over it loses the command line.
    private const string StandIns = $$"""
        function linux {
          if [ -n "$kernel" ]; then echo "end overwritten"; exit; fi
          set kernel=-with-a-kernel
          echo "{{Loaded}}"
          for word in "$@"; do echo "word $word"; done
        }
        function initrd {
          if [ -s "$1{{Unreadable}}" ]; then return 1; fi
          echo "end started"
          exit
        }
        function multiboot { set kernel=; return 1; }

        """;

    private readonly string directory;
    private readonly long block;

    /// <param name="directory">An empty directory.</param>
    /// <param name="breakImage">A shell command that damages the image of each slot, run in its directory; empty: the image is not
    /// changed.</param>
    /// <param name="files">Size of the block file.</param>
    /// <param name="prepare">A shell command that is run in the directory with the trees of the partitions (state, recovery) and of the
    /// image.</param>
    /// <param name="canUnload">GRUB can unload a kernel.</param>
    internal GrubRun(string directory, IReadOnlyDictionary<Slot, string>? breakImage = null, int files = EnvironmentBlock.Bytes,
        string prepare = ":", bool canUnload = true)
    {
        this.directory = directory;
        foreach (var folder in (string[])["image/boot", "state/cOS", "state/grub", "recovery/cOS"]) Directory.CreateDirectory(At(folder));
        File.WriteAllText(At("image/boot/vmlinuz"), "kernel");
        File.WriteAllText(At("image/boot/initrd"), "initrd");
        HostTool.Shell($"cd {directory}; {prepare}");
        foreach (var slot in Enum.GetValues<Slot>())
        {
            var image = At($"{(slot == Slot.Recovery ? "recovery" : "state")}/cOS/{slot.Name()}.img");
            HostTool.Run("mke2fs", "-q", "-F", "-t", "ext4", "-d", At("image"), image, "1M");
            HostTool.Shell($"image={image}; {breakImage?.GetValueOrDefault(slot) ?? ":"}");
        }
        var menu = GrubMenu.Text(2, Architecture.Amd64)
            .Replace("if sleep --interruptible \"$seconds\"; then reboot; fi", "echo \"end stopped-$minutes-$seconds$kernel\"; exit")
            .Replace("if sleep --interruptible 1; then", "set asked=ESC\nif true; then")
            .Replace("sleep 60\n", "echo waits\n").Replace(" reboot; fi\n", "\nreboot\nfi\n");
        menu = Reboot().Replace(menu, "echo \"end again\"; exit");
        File.WriteAllText(At("state/grub/grub.cfg"), $"set kairosboot_unload={(canUnload ? 1 : 0)}\n" + StandIns + menu
            + "echo \"menu $asked$timeout_style $timeout.\"\nset timeout_style=hidden\nset timeout=0\n");
        File.WriteAllBytes(At("state/bootstate"), Enumerable.Repeat((byte)'9', files).ToArray());
        File.WriteAllText(At("device.map"), $"(hd0) {At("disk")}\n");
        // Without a tree oem, the disk has no COS_OEM.
        HostTool.Shell($"cd {directory}; truncate -s {OemStart + Size + 1}M disk; "
            + $"sgdisk --clear --new=1:{StateStart}M:+{Size}M --new=2:{RecoveryStart}M:+{Size}M --new=3:{OemStart}M:+{Size}M disk; "
            + $"if [ -d oem ]; then mke2fs -q -F -t ext4 -b 4096 -L COS_OEM -d oem -E offset={OemStart << 20} disk {Size}M; fi; "
            + $"mke2fs -q -F -t ext4 -b 4096 -d state -E offset={StateStart << 20} disk {Size}M; "
            + $"mke2fs -q -F -t ext4 -b 4096 -d recovery -E offset={RecoveryStart << 20} disk {Size}M");
        block = (StateStart << 20) + 4096 * long.Parse(HostTool.DebugFs($"{At("disk")}?offset={StateStart << 20}", "blocks /bootstate"),
            CultureInfo.InvariantCulture);
    }

    internal GrubEnd Run(byte[] before)
    {
        using (var disk = File.OpenWrite(At("disk")))
        {
            disk.Position = block;
            disk.Write(before);
        }
        var said = HostTool.Shell($"TERM=dumb timeout 60 grub-emu -m {At("device.map")} -d /grub -r hd0,gpt1 </dev/null 2>&1");
        var end = Ends().Matches(said);
        Assert.True(end.Count == 1, $"GRUB ended {end.Count} times:\n{said}");
        using var after = File.OpenRead(At("disk"));
        var bytes = new byte[before.Length];
        after.Position = block;
        after.ReadExactly(bytes);
        var started = end[0].Groups[1].Value == "started" ? said[said.LastIndexOf(Loaded, StringComparison.Ordinal)..] : "";
        return new(end[0].Groups[1].Value, [.. Words().Matches(started).Select(match => match.Groups[1].Value)], bytes)
        {
            Menu = Menus().Match(said).Groups[1].Value,
            Waits = said.Contains("waits", StringComparison.Ordinal),
        };
    }

    /// <summary>The file grubenv of COS_OEM as it is now on the disk.</summary>
    internal byte[] KairosEnvironment()
    {
        HostTool.DebugFs($"{At("disk")}?offset={OemStart << 20}", $"dump /grubenv {At("grubenv.read")}");
        return File.ReadAllBytes(At("grubenv.read"));
    }

    internal GrubEnd Run(BootCounters counters) => Run(BootBlock.Write(counters));

    /// <summary>Padded to the block's size as GRUB pads it.</summary>
    internal static byte[] Block(string content) =>
        Encoding.ASCII.GetBytes(("# GRUB Environment Block\n" + content).PadRight(EnvironmentBlock.Bytes, '#'));

    private string At(string path) => Path.Combine(directory, path);

    [GeneratedRegex(@"word (\S+)")]
    private static partial Regex Words();

    [GeneratedRegex(@"menu (\w+ \d+)\.")]
    private static partial Regex Menus();

    [GeneratedRegex(@"^ *reboot$", RegexOptions.Multiline)]
    private static partial Regex Reboot();

    [GeneratedRegex(@"end ([\w-]+)")]
    private static partial Regex Ends();
}
