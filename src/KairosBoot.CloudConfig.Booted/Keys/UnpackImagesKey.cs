using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>
/// <c>unpack_images</c>: fetches container images with skopeo and unpacks them with umoci, next to the target. A new target appears
/// complete. The files are added to an existing target. No link below the target is followed.
/// </summary>
internal static class UnpackImagesKey
{
    private const string Policy = "/etc/containers/policy.json", Root = "root";
    private const int Private = Octal.O700;

    // containers-transports(5). A source without a transport is a name in a registry.
    private static readonly string[] Transports =
        ["docker://", "docker-archive:", "docker-daemon:", "oci:", "oci-archive:", "dir:", "containers-storage:"];

    internal static readonly StageKey Definition = new("unpack_images", Schema.ListOf(Schema.Record(
        ("source", Schema.Text), ("target", Schema.Text), ("platform", Schema.Text))), (value, run) =>
    {
        foreach (var item in YamlMapping.MappingsOf(value)) run.Attempt(item.Line, "unpack_images", () => Unpack(item, run));
    }, KeyPlace.Booted);

    private static void Unpack(YamlMapping item, EntryRun run)
    {
        var source = SourceOf(item);
        var path = Directories.Normalize(item.Text("target"));
        var walker = new PathWalker();
        using (var there = walker.TryOpen(path))
        {
            if (there is not null && Syscall.FStat(there).Type != FileType.Directory)
                throw new FormatException($"{path} is not a directory");
        }
        string skopeo = Find("skopeo"), umoci = Find("umoci");
        using var place = walker.Place(path, new NewDirectories(FilePermissions.Directory));
        // The tools take path names, so they work where no other user can replace a directory.
        using var top = walker.Open(RootOwnedPlace.Within(place.Directory.Path));
        var name = $".{(place.Name == "." ? "image" : place.Name)}.kairosboot";
        FileTree.Delete(top, name);
        Syscall.MkDirAt(top, name, Private);
        try
        {
            var scratch = PathParts.Below(top.Path, name);
            var image = source.Contains("://", StringComparison.Ordinal) || Array.Exists(Transports, source.StartsWith) ? source
                : "docker://" + source;
            List<string> get = [.. Platform(item.Text("platform")), "copy", "--quiet", image, $"oci:{scratch}/oci:image"];
            // Without a policy file, skopeo rejects every image.
            if (!Syscall.Access(Policy)) get.Insert(0, "--insecure-policy");
            List<string> unpack = ["raw", "unpack", "--image", $"{scratch}/oci:image", $"{scratch}/{Root}"];
            if (!Run(skopeo, get, $"get {source}", item, run) || !Run(umoci, unpack, $"unpack {source}", item, run)) return;
            using var unpacked = Syscall.OpenAt(top, name, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow);
            if (Put(unpacked, place, item, run)) run.Executed($"unpacked {source} to {path}");
        }
        finally { FileTree.Delete(top, name); }
    }

    /// <summary>False: some files are missing in the target, which is reported.</summary>
    private static bool Put(FileHandle unpacked, FilePlace place, YamlMapping item, EntryRun run)
    {
        if (place.Name != "." && place.Status is null)
        {
            try
            {
                Syscall.RenameAt(unpacked, Root, place.Directory, place.Name);
                return true;
            }
            // The target is on another file system.
            catch (SyscallException e) when (e.Errno == Errno.EXDEV)
            {
                Syscall.MkDirAt(place.Directory, place.Name,
                FilePermissions.Directory);
            }
        }
        using var from = Syscall.OpenAt(unpacked, Root, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        using var to = new PathWalker().Open(place.Path);
        var merge = new TreeMerge();
        merge.Run(from, to);
        const int MaxReported = 5;
        foreach (var failure in merge.Failures.Take(MaxReported)) run.Fail(item.Line, "unpack_images", $"copy to {place.Path}: {failure}");
        if (merge.Failures.Count > MaxReported)
            run.Fail(item.Line, "unpack_images", $"copy to {place.Path}: {merge.Failures.Count - MaxReported} more files failed");
        return merge.Failures.Count == 0;
    }

    private static string Find(string tool) =>
        StageFacts.FindProgram(tool)
            ?? throw new FormatException($"this root has no {tool}; to fix: install the package {tool} in the image");

    /// <summary>Throws <see cref="FormatException"/> for what can be wrong without the image.</summary>
    internal static void Check(YamlMapping item)
    {
        SourceOf(item);
        Directories.Normalize(item.Text("target"));
        Platform(item.Text("platform"));
    }

    private static string SourceOf(YamlMapping item) =>
        item.Text("source") is { Length: > 0 } source ? source : throw new FormatException("source is missing");

    /// <summary>linux/amd64, linux/arm64/v8; empty: the platform of this machine.</summary>
    private static string[] Platform(string? platform) => (platform ?? "").Split('/') switch
    {
        [""] => [],
        [{ Length: > 0 } os, { Length: > 0 } architecture] => ["--override-os", os, "--override-arch", architecture],
        [{ Length: > 0 } os, { Length: > 0 } architecture, { Length: > 0 } variant] =>
            ["--override-os", os, "--override-arch", architecture, "--override-variant", variant],
        _ => throw new FormatException($"platform: '{platform}' is not of the form linux/amd64"),
    };

    private static bool Run(string program, List<string> arguments, string what, YamlMapping item, EntryRun run)
    {
        var call = new ProgramCall(program, arguments) { Variables = ["HOME=/root"], Limit = BootedKeys.ProgramLimit };
        if (run.Run(call, item.Line, "unpack_images") is not { } result) return false;
        if (result.ExitCode != 0) run.Fail(item.Line, "unpack_images", $"{what}: {PathParts.NameOf(program)}: exit code {result.ExitCode}");
        return result.ExitCode == 0;
    }
}
