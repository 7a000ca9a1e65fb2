using System.Text;
using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary><c>systemctl</c>: enables, disables, masks and starts units with systemctl of the image, and writes drop-ins.</summary>
internal static class SystemctlKey
{
    private static readonly string[] UnitTypes =
        [".service", ".socket", ".timer", ".path", ".mount", ".automount", ".swap", ".target", ".slice", ".scope", ".device"];
    private static readonly string[] Verbs = ["enable", "disable", "mask", "start"];

    internal static readonly StageKey Definition = new("systemctl", Schema.Record(
        ("enable", Schema.Texts), ("disable", Schema.Texts), ("mask", Schema.Texts), ("start", Schema.Texts),
        ("overrides", Schema.ListOf(Schema.Record(("service", Schema.Text), ("content", Schema.Text), ("name", Schema.Text))))), Apply);

    private static void Apply(YamlNode value, EntryRun run)
    {
        var units = (YamlMapping)value;
        foreach (var verb in Verbs)
            foreach (var unit in units.Texts(verb)) run.RunTool("systemctl", [verb, unit.Text], unit.Line, "systemctl." + verb);
        foreach (var item in YamlMapping.MappingsOf(units.Find("overrides")))
            run.Attempt(item.Line, "systemctl.overrides", () => WriteDropIn(item, run));
    }

    private static void WriteDropIn(YamlMapping item, EntryRun run)
    {
        if (!IsComplete(item, run.Report)) return;
        var (service, content) = (item.Text("service")!, item.Text("content")!);
        var directory = $"/etc/systemd/system/{UnitName(service)}.d";
        var name = item.Text("name") is { Length: > 0 } given ? given : "override-yip.conf";
        if (!name.EndsWith(".conf", StringComparison.Ordinal)) name += ".conf";
        AtomicFile.Write($"{directory}/{name}", Encoding.UTF8.GetBytes(content), FilePermissions.File, uid: 0, gid: 0,
            new NewDirectories(FilePermissions.Directory));
        run.Executed($"drop-in {directory}/{name}");
    }

    /// <summary>False: service or content is missing, which is reported.</summary>
    internal static bool IsComplete(YamlMapping item, Finding report)
    {
        if (item.Text("service") is { Length: > 0 } && item.Text("content") is { Length: > 0 }) return true;
        report(item.Line, "systemctl.overrides", "ignored: an override needs service and content", isWarning: true);
        return false;
    }

    /// <summary>
    /// A name without a unit type is a service. (Upstream turns foo.socket into foo.socket.service, a drop-in without effect.)
    /// </summary>
    internal static string UnitName(string name)
    {
        foreach (var type in UnitTypes)
            if (name.EndsWith(type, StringComparison.Ordinal)) return name;
        return name + ".service";
    }
}
