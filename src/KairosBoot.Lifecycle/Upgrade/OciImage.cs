using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The files of a container image, got by skopeo and unpacked by umoci.</summary>
internal static class OciImage
{
    private const string Policy = "/etc/containers/policy.json";

    // containers-transports(5). A reference without one is a directory, or a name in a registry.
    private static readonly string[] Transports = ["docker://", "docker-archive:", "docker-daemon:", "oci:", "oci-archive:", "dir:", "containers-storage:"];

    /// <returns>The tree, in the scratch directory.</returns>
    /// <exception cref="OperatorException">It is not there, not an image, or damaged.</exception>
    internal static SourceTree Unpack(string reference, TemporaryDirectory scratch)
    {
        var (layout, root) = (scratch.File("oci"), scratch.File("root"));
        var image = Array.Exists(Transports, reference.StartsWith) ? reference : File.Exists(Path.Combine(reference.Split(':')[0], "oci-layout")) ? "oci:" + reference : "docker://" + reference;
        // Without a policy skopeo takes nothing from anywhere.
        var copy = new ToolArguments().Options(Syscall.Access(Policy) ? [] : ["--insecure-policy"]).Options("copy", "--quiet")
            .Value(image, "an image's name").Value($"oci:{layout}:image", "an OCI layout");
        Tool.Skopeo.Run(copy, scratch.Interrupt, ("TMPDIR", scratch.Path));
        Tool.Umoci.Run(new ToolArguments().Options("raw", "unpack").Option("--image", $"{layout}:image").Path(root), scratch.Interrupt);
        // Unpacked once, its layers would only take the room that the image needs.
        Directory.Delete(layout, recursive: true);
        return new SourceTree(root, [], Disposable: true);
    }
}
