using KairosBoot.Linux;

namespace KairosBoot.CloudConfig.Booted;

/// <summary><c>packages</c>: refresh, upgrade, install and remove, in this order, with the package manager of the image. Stops at the first failure.</summary>
internal static class PackagesKey
{
    internal static readonly StageKey Definition = new("packages", Schema.Record(
        ("refresh", Schema.Boolean), ("upgrade", Schema.Boolean), ("install", Schema.Texts), ("remove", Schema.Texts)), Apply, KeyPlace.Booted);

    private static void Apply(YamlNode value, EntryRun run)
    {
        var wanted = (YamlMapping)value;
        string[] install = Names(wanted, "install", run), remove = Names(wanted, "remove", run);
        bool refresh = wanted.Boolean("refresh") is true, upgrade = wanted.Boolean("upgrade") is true;
        if (!refresh && !upgrade && install.Length == 0 && remove.Length == 0) return;
        run.Attempt(value.Line, "packages", () =>
        {
            var (manager, path) = PackageManager.Find();
            bool Do(bool isWanted, string what, string[] arguments) => !isWanted || Run(manager, path, what, arguments, value.Line, run);
            _ = Do(refresh, "refresh", manager.Refresh) && Do(upgrade, "upgrade", manager.Upgrade)
                && Do(install.Length > 0, "install", [.. manager.Install, .. install]) && Do(remove.Length > 0, "remove", [.. manager.Remove, .. remove]);
        });
    }

    /// <summary>An item may contain several names, separated by blanks.</summary>
    private static string[] Names(YamlMapping wanted, string field, EntryRun run) =>
        [.. wanted.Texts(field).SelectMany(item => run.Render(item.Text, item.Line, "packages." + field).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))];

    private static bool Run(PackageManager manager, string path, string what, string[] arguments, int line, EntryRun run)
    {
        var call = new ProgramCall(path, arguments) { Variables = PackageManager.Variables, Limit = BootedKeys.ProgramLimit };
        if (run.Run(call, line, "packages") is not { } result) return false;
        if (manager.IsSuccess(result.ExitCode)) return true;
        run.Fail(line, "packages", $"{what}: {manager.Program}: exit code {result.ExitCode}{(Syscall.IsReadOnly("/usr") ? "; /usr is read-only; to fix: add the packages to the image" : "")}");
        return false;
    }
}
