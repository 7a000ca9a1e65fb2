using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Refuses a tree that cannot boot, or whose copies would all claim to be the same machine.</summary>
internal static class TreeCheck
{
    internal static void Check(string root)
    {
        if (Problems(root).FirstOrDefault() is { } problem)
        {
            throw problem;
        }
    }

    internal static IEnumerable<OperatorException> Problems(string root)
    {
        if (RootedPath.Resolve(root, "/sbin/init") is null)
        {
            yield return new OperatorException("the tree has no /sbin/init to start", "install an init system in it (Debian: systemd-sysv)");
        }

        var machineId = RootedPath.Resolve(root, "/etc/machine-id") is { } file && Syscall.TryStat(file) is { Type: FileType.Regular }
            ? File.ReadAllText(file).Trim() : "";
        if (machineId.Length > 0 && machineId != "uninitialized")
        {
            yield return new OperatorException(
                "the tree has a machine-id: every machine started from the image would have the same one", "empty it: truncate -s 0 ROOT/etc/machine-id");
        }

        var keys = RootedPath.Resolve(root, "/etc/ssh") is { } ssh && Directory.Exists(ssh)
            ? Directory.GetFiles(ssh, "ssh_host_*_key").Order(StringComparer.Ordinal).ToList() : [];
        if (keys.Count > 0)
        {
            yield return new OperatorException(
                $"the tree has SSH host keys ({string.Join(", ", keys.Select(Path.GetFileName))}): every machine started from the image would have the same ones",
                "delete them: rm ROOT/etc/ssh/ssh_host_*; let the first boot make new ones (ssh-keygen -A)");
        }
    }
}
