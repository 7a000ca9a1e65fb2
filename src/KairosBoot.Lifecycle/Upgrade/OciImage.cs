using KairosBoot.Image;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Gets a container image with skopeo and unpacks it with umoci.</summary>
internal static class OciImage
{
    private const string Policy = "/etc/containers/policy.json";

    // containers-transports(5). A reference without a transport is a directory, or a name in a registry.
    private static readonly string[] Transports =
        ["docker://", "docker-archive:", "docker-daemon:", "oci:", "oci-archive:", "dir:", "containers-storage:"];

    /// <returns>The tree, in the scratch directory.</returns>
    /// <exception cref="OperatorException">The image does not exist or is damaged.</exception>
    internal static SourceTree Unpack(string reference, TemporaryDirectory scratch)
    {
        var (layout, root) = (scratch.File("oci"), scratch.File("root"));
        var image = Array.Exists(Transports, reference.StartsWith) ? reference
            : File.Exists(Path.Combine(reference.Split(':')[0], "oci-layout")) ? "oci:" + reference : "docker://" + reference;
        // Without a policy file, skopeo refuses every image.
        var copy = new ToolArguments().Options(Syscall.Access(Policy) ? [] : ["--insecure-policy"]).Options("copy", "--quiet")
            .Value(image, "an image's name").Value($"oci:{layout}:image", "an OCI layout");
        Tool.Skopeo.Run(copy, scratch.Interrupt, ("TMPDIR", scratch.Path));
        Tool.Umoci.Run(new ToolArguments().Options("raw", "unpack").Option("--image", $"{layout}:image").Path(root), scratch.Interrupt);
        // The layers are not needed any more, and the new image needs the space.
        FileTree.Delete(layout);
        return new SourceTree(root, [], Disposable: true);
    }
}
