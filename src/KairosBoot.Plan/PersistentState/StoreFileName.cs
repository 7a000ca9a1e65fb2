using System.Text;

namespace KairosBoot.Plan;

/// <summary>Names of the stores under the state directory and of the overlays' upper directories.</summary>
public static class StoreFileName
{
    /// <summary>
    /// <c>/etc/ssh</c> is <c>etc-ssh</c>, as Kairos has always named it. A dash in the path itself is written <c>\x2d</c>, so that
    /// <c>/etc/foo-bar</c> and <c>/etc/foo/bar</c> never share a store; a backslash is <c>\x5c</c>.
    /// </summary>
    public static string Of(string path)
    {
        var name = new StringBuilder(path.Length);
        foreach (var c in path.AsSpan(1))
            name.Append(c switch { '/' => "-", '-' => @"\x2d", '\\' => @"\x5c", _ => null } ?? c.ToString());
        return name.ToString();
    }

    /// <summary>The name Kairos gives: every slash a dash, and dashes left as they are.</summary>
    public static string KairosName(string path) => path[1..].Replace('/', '-');
}
