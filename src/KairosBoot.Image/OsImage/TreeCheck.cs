using System.Text;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Finds what identifies a machine in a tree: all machines with its image would share it.</summary>
internal static class TreeCheck
{
    internal static IEnumerable<OperatorException> Problems(string root)
    {
        var machineId = MachineId(root, out var unreadable);
        if (unreadable is not null)
        {
            yield return unreadable;
        }
        else if (machineId.Length > 0 && machineId != "uninitialized")
        {
            yield return new OperatorException(
                "the tree has a machine-id: all machines with this image would have the same one",
                "empty it: truncate -s 0 ROOT/etc/machine-id");
        }

        var keys = UntrustedTree.Names(root, "/etc/ssh")
            .Where(name => name.StartsWith("ssh_host_", StringComparison.Ordinal) && name.EndsWith("_key", StringComparison.Ordinal))
                .ToList();
        if (keys.Count > 0)
        {
            yield return new OperatorException(
                $"the tree has SSH host keys ({string.Join(", ", keys.Select(ToolText.Show))}): all machines with this image would have " +
                "the same ones",
                "delete them: rm ROOT/etc/ssh/ssh_host_*; let the first boot create new ones (ssh-keygen -A)");
        }
    }

    // The first boot handles a missing file and a directory.
    private static string MachineId(string root, out OperatorException? unreadable)
    {
        unreadable = null;
        if (UntrustedTree.HasDirectory(root, "/etc/machine-id")) return "";
        try
        {
            return Encoding.UTF8.GetString(UntrustedTree.TryRead(root, "/etc/machine-id", ReadLimit.MachineId) ?? []).Trim();
        }
        catch (OperatorException problem)
        {
            unreadable = problem;
            return "";
        }
    }
}
