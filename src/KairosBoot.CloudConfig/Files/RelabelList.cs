using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// New files that must get the label of the image's SELinux policy: no policy is loaded when kairos-boot creates them. A unit of the image
/// gives the list to restorecon(8).
/// </summary>
internal static class RelabelList
{
    internal const string ConfigName = "config";
    private const string Config = "/etc/selinux/" + ConfigName, Mode = "SELINUX=";

    /// <param name="path">The new file or directory, as its place was found.</param>
    /// <param name="parents">Number of directories above it that are new too.</param>
    /// <param name="memory">Keeps whether the image has SELinux; null: it is looked up.</param>
    internal static void Add(string path, int parents = 0, TreeMemory? memory = null)
    {
        if (!(memory?.IsRelabelling ?? IsWanted(memory))) return;
        var text = new StringBuilder();
        for (; parents >= 0; parents--, path = PathParts.ParentOf(path))
            if (!path.Contains('\n')) text.Append(SystemPaths.InNewRoot(path)).Append('\n');
        try
        {
            // Without the directory this is not the boot of a machine.
            using var list = Directories.Walker.TryPlace(SystemPaths.Relabel, followLast: false);
            if (list is null) return;
            using var file = Syscall.OpenAt(list.Directory, list.Name,
                OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Append | OpenFlags.NoFollow | OpenFlags.NonBlocking,
                FilePermissions.OwnerOnly);
            Syscall.WriteAll(file, FileName.Encode(text.ToString()).AsSpan()[..^1]);
        }
        // The file itself is complete; its label is that of its directory.
        catch (Exception e) when (e is SyscallException or OperatorException) { }
    }

    /// <summary>False: the image has no SELinux, or it is disabled.</summary>
    private static bool IsWanted(TreeMemory? memory)
    {
        try
        {
            var isWanted = StageFacts.TryReadText(Config, ReadLimit.SystemText) is { } text && !IsDisabled(text);
            // Only a file of that name can change the answer, unless a link leads to a file of another name.
            if (memory is not null && Syscall.TryLStat(Config) is null or { Type: FileType.Regular }) memory.IsRelabelling = isWanted;
            return isWanted;
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { return false; }
    }

    private static bool IsDisabled(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            var setting = line.Trim();
            if (setting.StartsWith(Mode, StringComparison.OrdinalIgnoreCase))
                return setting.AsSpan(Mode.Length).Trim().Equals("disabled", StringComparison.OrdinalIgnoreCase);
        }
        return false;
    }
}
