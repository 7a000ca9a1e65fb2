using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>Finds files in a directory of cloud-configs that look like one and are not read.</summary>
internal static class UnreadFiles
{
    private static readonly ReadLimit Start = new(1 << 20, "a file that may be a cloud-config");

    internal static void Find(string directory, Action<StageProblem> report)
    {
        foreach (var name in Syscall.ReadDirectoryIfThere(directory))
        {
            var path = $"{directory.TrimEnd('/')}/{name}";
            var type = Syscall.TryLStat(path)?.Type;
            // The raw user-data of a datasource lies next to the config that was made of it.
            if (type == FileType.Directory && name != "95_userdata") Find(path, report);
            else if (type == FileType.Symlink && Syscall.TryStat(path)?.Type == FileType.Directory)
                Report(path, "not read: a link to a directory is not followed; to fix: make it a directory");
            else if (type == FileType.Regular && !ConfigFiles.IsConfig(name) && LooksLikeConfig(path, name))
                Report(path, "not read: its name does not end in .yaml or .yml; to fix: rename or remove it");
        }

        void Report(string path, string reason) => report(new StageProblem(path, 1, "", "", reason) { IsWarning = true });
    }

    private static bool LooksLikeConfig(string path, string name)
    {
        var lower = name.ToLowerInvariant();
        if (lower.EndsWith(".yaml", StringComparison.Ordinal) || lower.EndsWith(".yml", StringComparison.Ordinal)) return true;
        try
        {
            var text = ConfigEncoding.Decode(BoundedFile.TryRead(path, Start) ?? []);
            return CloudConfigHeader.IsIn(text) || ("\n" + text).Contains("\nstages:", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SyscallException or OperatorException) { return false; }
    }
}
