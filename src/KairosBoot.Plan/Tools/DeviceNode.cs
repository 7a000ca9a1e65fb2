namespace KairosBoot.Plan;

/// <summary>Path of a block device: <c>/dev/</c> and letters, digits and <c>. _ + - : ! @ = % # /</c>, without empty, <c>.</c> and
/// <c>..</c> parts.</summary>
public sealed record DeviceNode
{
    private const string Directory = "/dev/";

    private DeviceNode(string path) => Path = path;

    public string Path { get; }

    /// <summary>Null: not the path of a block device.</summary>
    public static DeviceNode? TryParse(string path)
    {
        if (!path.StartsWith(Directory, StringComparison.Ordinal)) return null;
        if (!PathParts.IsPlainMember(path[Directory.Length..])) return null;
        foreach (var c in path)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('/' or '.' or '_' or '+' or '-' or ':' or '!' or '@' or '=' or '%' or '#'))
                return null;
        }
        return new DeviceNode(path);
    }

    /// <exception cref="OperatorException">Not the path of a block device.</exception>
    public static DeviceNode Parse(string path) => TryParse(path) ?? throw new OperatorException(
        $"'{ToolText.Show(path)}' is not the path of a block device", "use a path below /dev, as printed by lsblk -p");

    public override string ToString() => Path;
}
