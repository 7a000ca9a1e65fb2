using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>The <c>permissions</c> field: a YAML number, or octal digits in quotes.</summary>
internal static class FilePermissions
{
    internal const int File = Octal.O644, Directory = Octal.O755;
    internal const int All = Octal.O7777;
    internal const int OwnerOnly = Octal.O600;

    /// <summary>Null: not a mode up to 07777.</summary>
    internal static int? Parse(YamlScalar scalar)
    {
        var value = scalar.IsPlain ? scalar.Integer() : YamlScalar.ParseInteger("0o" + Digits(scalar.Text));
        return value is >= 0 and <= All ? (int)value : null;
    }

    private static string Digits(string text) => text.StartsWith("0o", StringComparison.Ordinal) ? text[2..] : text;

    /// <summary>
    /// YAML reads 644 as a decimal number, which is mode 01204. If the digits are also a plausible octal mode (the owner has the rights of
    /// the group, the group those of others), the leading zero was probably forgotten.
    /// </summary>
    internal static bool LooksMistaken(YamlScalar scalar)
    {
        // Programs in Go print 0777 as 511.
        if (!scalar.IsPlain || scalar.Text.Length != 3 || scalar.Text[0] == '0' || scalar.Text == "511") return false;
        foreach (var digit in scalar.Text)
            if (digit is < '0' or > '7') return false;
        int owner = scalar.Text[0] - '0', group = scalar.Text[1] - '0', others = scalar.Text[2] - '0';
        return (owner & group) == group && (group & others) == others;
    }

    /// <summary>
    /// The mode of a directory that is created for a file: users who may read the file may enter the directory. At most 0755: write
    /// permission for the file must not allow to replace other files in the directory.
    /// </summary>
    internal static int ParentOf(int fileMode) => (fileMode & Octal.O055) | ((fileMode & Octal.O044) >> 2) | Octal.O700;
}
