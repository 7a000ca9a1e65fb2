using System.Text;

namespace KairosBoot.Plan;

/// <summary>Names of the stores in the state directory and of the overlays' directories.</summary>
public static class StoreFileName
{
    /// <summary>
    /// <c>/etc/ssh</c> is <c>etc-ssh</c>, as in Kairos. A dash in the path is written <c>\x2d</c>, so that <c>/etc/foo-bar</c> and
    /// <c>/etc/foo/bar</c>
    /// never share a store; a backslash is <c>\x5c</c>.
    /// </summary>
    public static string Of(string path)
    {
        if (path.AsSpan().IndexOfAny('-', '\\') < 0) return KairosName(path);
        var name = new StringBuilder(path.Length);
        foreach (var c in path.AsSpan(1))
            name.Append(c switch { '/' => "-", '-' => @"\x2d", '\\' => @"\x5c", _ => null } ?? c.ToString());
        return name.ToString();
    }

    /// <summary>The name in Kairos: each slash becomes a dash, and dashes stay.</summary>
    public static string KairosName(string path) => path[1..].Replace('/', '-');
}
