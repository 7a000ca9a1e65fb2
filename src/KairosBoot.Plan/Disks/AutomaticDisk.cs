namespace KairosBoot.Plan;

/// <summary>Chooses the disk of <c>--device auto</c>. Only a blank disk is chosen, and only if no other one could be meant.</summary>
public static class AutomaticDisk
{
    /// <param name="disks">The unused disks: how a message names each one, and what is on it.</param>
    /// <returns>Index of the disk.</returns>
    /// <exception cref="OperatorException">No disk is blank, or more than one.</exception>
    public static int Choose(IReadOnlyList<(string Name, IReadOnlyList<string> Contents)> disks)
    {
        var blank = disks.Index().Where(row => row.Item.Contents.Count == 0).Select(row => row.Index).ToList();
        if (blank.Count == 1) return blank[0];
        if (disks.Count == 0)
        {
            throw new OperatorException("this machine has no unused disk that is large enough",
                "list the disks with lsblk and choose one with --device");
        }

        throw blank.Count > 1
            ? new OperatorException($"--device auto: more than one disk is empty:\n  {Lines(blank.Select(index => disks[index]))}",
                "choose one of them: --device /dev/...")
            : new OperatorException($"--device auto: no unused disk is empty:\n  {Lines(disks)}",
                "name the disk to erase: --device /dev/... --force");
    }

    private static string Lines(IEnumerable<(string Name, IReadOnlyList<string> Contents)> disks) =>
        string.Join("\n  ", disks.Select(disk =>
            disk.Contents.Count == 0 ? disk.Name : $"{disk.Name}: {string.Join(", ", disk.Contents)}"));
}
