using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>The architecture of a tree under the name that cloud-configs use.</summary>
internal static class ConfigArchitecture
{
    /// <summary>Null: its init does not say.</summary>
    internal static string? Of(string root) =>
        ProcessorArchitecture.OfProgram(UntrustedTree.Head(root, BootRequest.DefaultInit, ProcessorArchitecture.HeadBytes)) switch
        {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            var other => other,
        };
}
