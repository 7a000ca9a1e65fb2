using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Names of members as paths in the new directory.</summary>
internal static class MemberPath
{
    internal const int Max = 4095; // PATH_MAX, with the NUL

    private const int MaxName = 255; // NAME_MAX
    private const string WhiteoutPrefix = ".wh."; // OCI image specification, "Whiteouts"

    /// <summary>Without a leading slash and <c>.</c>; empty: the top directory.</summary>
    /// <exception cref="TarProblem">The name points outside, or no file can have it.</exception>
    internal static string Parse(string name)
    {
        if (name.Length == 0) throw TarProblem.Damage("a member has no name");
        var parts = PathParts.NamesOf(name).Where(part => part != ".").ToList();
        if (parts.Contains("..")) throw Refused($"points outside the archive: {ToolText.Show(name)}");
        if (parts.Count > 0 && parts[^1].StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
            throw Refused("is the whiteout of a layer: this is a layer of a container and not its export");
        if (parts.Any(part => Bytes(part) > MaxName)) throw Refused($"has a name of more than {MaxName} bytes in its path");
        var path = string.Join('/', parts);
        return Bytes(path) <= Max ? path : throw Refused($"has a path of more than {Max} bytes");
    }

    internal static int Bytes(string text) => FileName.Encode(text).AsSpan().TrimEnd((byte)0).Length;

    internal static TarProblem Refused(string reason) =>
        TarProblem.Refusal(reason, "export the container again with podman export or docker export");
}
