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
    private const string Config = "/etc/selinux/config", Mode = "SELINUX=";

    /// <param name="path">The new file or directory, as its place was found.</param>
    /// <param name="parents">Number of directories above it that are new too.</param>
    internal static void Add(string path, int parents = 0)
    {
        if (!IsWanted()) return;
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
    private static bool IsWanted()
    {
        try
        {
            if (StageFacts.TryReadText(Config, ReadLimit.SystemText) is not { } text) return false;
            foreach (var line in text.Split('\n'))
            {
                var setting = line.Trim();
                if (setting.StartsWith(Mode, StringComparison.OrdinalIgnoreCase))
                    return !setting.AsSpan(Mode.Length).Trim().Equals("disabled", StringComparison.OrdinalIgnoreCase);
            }
            return true;
        }
        catch (OperatorException) { return false; }
    }
}
