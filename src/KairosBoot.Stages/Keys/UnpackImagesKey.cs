using KairosBoot.CloudConfig;
using KairosBoot.Linux;

namespace KairosBoot.Stages;

/// <summary>
/// <c>unpack_images</c>: the files of container images, got by the image's skopeo and unpacked by its umoci beside the target: a target that is new has
/// all of it or is not there; to one that is there the files are added.
/// </summary>
internal static class UnpackImagesKey
{
    private const string Policy = "/etc/containers/policy.json";

    // containers-transports(5). A source without one is a name in a registry.
    private static readonly string[] Transports = ["docker://", "docker-archive:", "docker-daemon:", "oci:", "oci-archive:", "dir:", "containers-storage:"];

    internal static readonly StageKey Row = new("unpack_images", Shape.ListOf(Shape.Record(
        ("source", Shape.Text), ("target", Shape.Text), ("platform", Shape.Text))), (value, run) =>
    {
        foreach (var item in YamlMapping.MappingsOf(value)) run.Attempt(item.Line, "unpack_images", () => Unpack(item, run));
    });

    private static void Unpack(YamlMapping item, EntryRun run)
    {
        if (item.Text("source") is not { Length: > 0 } source) throw new FormatException("source is missing");
        var target = Directories.Normalize(item.Text("target"));
        if (Syscall.TryStat(target) is { Type: not FileType.Directory }) throw new FormatException($"{target} is not a directory");
        string skopeo = Find("skopeo"), umoci = Find("umoci");
        var scratch = target == "/" ? "/.kairosboot-image" : $"{target[..target.LastIndexOf('/')]}/.{target[(target.LastIndexOf('/') + 1)..]}.kairosboot";
        Directories.MakeParents(target, FilePermissions.Directory, uid: 0, gid: 0);
        Remove(scratch);
        Syscall.MkDir(scratch, 0b111_000_000);
        try
        {
            var image = source.Contains("://", StringComparison.Ordinal) || Array.Exists(Transports, source.StartsWith) ? source : "docker://" + source;
            List<string> get = [.. Platform(item.Text("platform")), "copy", "--quiet", image, $"oci:{scratch}/oci:image"];
            // Without a policy skopeo takes nothing from anywhere.
            if (!Syscall.Access(Policy)) get.Insert(0, "--insecure-policy");
            if (!Run(skopeo, get, $"get {source}", item, run) || !Run(umoci, ["raw", "unpack", "--image", $"{scratch}/oci:image", scratch + "/root"], $"unpack {source}", item, run)) return;
            if (Syscall.TryStat(target) is null) Syscall.Rename(scratch + "/root", target);
            else if (!Run(Find("cp"), ["-a", "--", scratch + "/root/.", target], $"copy to {target}", item, run)) return;
            run.Executed($"unpacked {source} to {target}");
        }
        finally { Remove(scratch); }
    }

    private static string Find(string tool) => StageFacts.FindProgram(tool) ?? throw new FormatException($"this root has no {tool}: install the package {tool} in the image");

    /// <summary>linux/amd64, linux/arm64/v8; none: that of this machine.</summary>
    private static string[] Platform(string? platform) => (platform ?? "").Split('/') switch
    {
        [""] => [],
        [{ Length: > 0 } os, { Length: > 0 } architecture] => ["--override-os", os, "--override-arch", architecture],
        [{ Length: > 0 } os, { Length: > 0 } architecture, { Length: > 0 } variant] => ["--override-os", os, "--override-arch", architecture, "--override-variant", variant],
        _ => throw new FormatException($"platform: '{platform}' is not of the form linux/amd64"),
    };

    private static bool Run(string program, List<string> arguments, string what, YamlMapping item, EntryRun run)
    {
        var call = new ProgramCall(program, arguments) { Variables = ["HOME=/root"], Limit = BootedKeys.Limit };
        if (run.Run(call, item.Line, "unpack_images") is not { } result) return false;
        if (result.ExitCode != 0) run.Fail(item.Line, "unpack_images", $"{what}: {program[(program.LastIndexOf('/') + 1)..]}: exit code {result.ExitCode}");
        return result.ExitCode == 0;
    }

    private static void Remove(string directory)
    {
        if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
    }
}
